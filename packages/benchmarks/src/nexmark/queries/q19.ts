import { pipeline, state } from "@tidemark/engine";
import { z } from "zod";
import { Bid, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

const RANKS = 10;
const Ranked = Bid.extend({ rank: z.int32() });

/**
 * The ten highest bids of each auction with their rank; of equal ones the earlier to come is first. A new one is emitted with every one
 * below it, whose rank it changes; the last record of an auction and rank is the answer.
 */
export default pipeline("q19", (p) => {
  p.source("bids", Bid, SOURCE)
    .keyBy((bid) => bid.auction)
    .process("ranks", {
      emits: Ranked,
      state: { top: state.list(Bid) },
      onRecord(bid, c) {
        const top = [...c.state.top.get()];
        const below = top.findIndex((other) => other.price < bid.price);
        const at = below === -1 ? top.length : below;
        if (at >= RANKS) return;
        top.splice(at, 0, { ...bid });
        top.length = Math.min(top.length, RANKS);
        c.state.top.set(top);
        for (const [index, ranked] of top.entries()) if (index >= at) c.emit({ ...ranked, rank: index + 1 });
      },
    })
    .to(p.sink("result"));
});

export const answer: Answer = {
  kind: "upsert",
  keyColumns: 2,
  row: (ranked: z.infer<typeof Ranked>) => {
    const { auction, rank, bidder, price, channel, url, dateTime, extra } = ranked;
    return [auction, rank, bidder, price, channel, url, dateTime, extra];
  },
  sql: `
    SELECT auction, row_number() OVER (PARTITION BY auction ORDER BY price DESC, rowid) AS rank,
      bidder, price, channel, url, dateTime, extra
    FROM bids QUALIFY rank <= ${RANKS}`,
};
