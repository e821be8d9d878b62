import { pipeline, state, sum } from "@tidemark/engine";
import { z } from "zod";
import { Auction, Bid, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

const Terms = z.object({ category: z.int32(), begins: z.number(), expires: z.number() });
const Offer = z.object({ price: z.int32(), time: z.number() });

/** One side of the join. */
type Side =
  | ({ readonly kind: "auction"; readonly id: number } & z.infer<typeof Terms>)
  | ({ readonly kind: "bid"; readonly id: number } & z.infer<typeof Offer>);

/**
 * Average price of each category: of every auction the highest bid while it was open, both ends included, averaged. As written, auctions
 * are kept for ever. Each new highest bid changes its category's average by what it gained.
 */
export default pipeline("q4", (p) => {
  const auctions = p
    .source("auctions", Auction, SOURCE)
    .map(({ id, category, dateTime, expires }): Side => ({ kind: "auction", id, category, begins: dateTime, expires }));
  const bids = p
    .source("bids", Bid, SOURCE)
    .map(({ auction, price, dateTime }): Side => ({ kind: "bid", id: auction, price, time: dateTime }));

  auctions
    .merge(bids)
    .keyBy((side) => side.id)
    .process("highest", {
      emits: z.object({ category: z.int32(), gain: z.int32(), auctions: z.int32() }),
      state: { terms: state.value(Terms), highest: state.value(z.int32()), waiting: state.list(Offer) },
      onRecord(side, c) {
        if (side.kind === "auction") {
          const { category, begins, expires } = side;
          c.state.terms.set({ category, begins, expires });
          const offers = c.state.waiting.get().filter(({ time }) => time >= begins && time <= expires);
          c.state.waiting.clear();
          if (offers.length === 0) return;
          const price = Math.max(...offers.map((offer) => offer.price));
          c.state.highest.set(price);
          c.emit({ category, gain: price, auctions: 1 });
          return;
        }
        const { price, time } = side;
        const terms = c.state.terms.get();
        if (terms === undefined) {
          c.state.waiting.add({ price, time });
          return;
        }
        if (time < terms.begins || time > terms.expires) return;
        const before = c.state.highest.get();
        if (before !== undefined && before >= price) return;
        c.state.highest.set(price);
        c.emit({ category: terms.category, gain: price - (before ?? 0), auctions: before === undefined ? 1 : 0 });
      },
    })
    .keyBy((change) => change.category)
    .aggregate("average", { total: sum((change) => change.gain), auctions: sum((change) => change.auctions) })
    .to(p.sink("result")); // { key, total, auctions }; the average is total / auctions, cut to a whole number
});

export const answer: Answer = {
  kind: "changelog",
  row: ({ key, total, auctions }: { key: number; total: number; auctions: number }) => [
    key,
    Math.trunc(total / auctions),
  ],
  sql: `
    SELECT category, (sum(final) // count(*))::BIGINT FROM (
      SELECT a.id, a.category, max(b.price) AS final FROM auctions a JOIN bids b ON a.id = b.auction
      WHERE b.dateTime BETWEEN a.dateTime AND a.expires GROUP BY a.id, a.category
    ) GROUP BY category`,
};
