import { pipeline, state } from "@tidemark/engine";
import { z } from "zod";
import { Auction, Bid, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

const Offer = Bid.pick({ auction: true, bidder: true, price: true, dateTime: true, extra: true });
const Winner = Auction.extend({
  bidder: z.int32(),
  price: z.int32(),
  bidTime: z.number(),
  bidExtra: z.string(),
});

/** One side of the join. */
type Side =
  | { readonly kind: "auction"; readonly id: number; readonly auction: Auction }
  | { readonly kind: "bid"; readonly id: number; readonly bid: z.infer<typeof Offer> };

/**
 * Winning bids: of every auction the highest bid while it was open, both ends included; among equals the earliest, among those the first
 * to come. As written, auctions are kept for ever. Each new winner is emitted; the last one of an auction is the answer.
 */
export default pipeline("q9", (p) => {
  const auctions = p
    .source("auctions", Auction, SOURCE)
    .map((auction): Side => ({ kind: "auction", id: auction.id, auction: { ...auction } }));
  const bids = p.source("bids", Bid, SOURCE).map(({ auction, bidder, price, dateTime, extra }): Side => ({
    kind: "bid",
    id: auction,
    bid: { auction, bidder, price, dateTime, extra },
  }));

  auctions
    .merge(bids)
    .keyBy((side) => side.id)
    .process("winner", {
      emits: Winner,
      state: { auction: state.value(Auction), best: state.value(Offer), waiting: state.list(Offer) },
      onRecord(side, c) {
        let auction: Auction | undefined;
        let offers: readonly z.infer<typeof Offer>[];
        if (side.kind === "auction") {
          auction = { ...side.auction };
          c.state.auction.set(auction);
          offers = c.state.waiting.get();
          c.state.waiting.clear();
        } else {
          auction = c.state.auction.get();
          if (auction === undefined) {
            c.state.waiting.add({ ...side.bid });
            return;
          }
          offers = [side.bid];
        }
        const before = c.state.best.get();
        let best = before;
        for (const offer of offers) {
          if (offer.dateTime < auction.dateTime || offer.dateTime > auction.expires) continue;
          if (best === undefined || isBetter(offer, best)) best = offer;
        }
        if (best === undefined || best === before) return;
        c.state.best.set({ ...best });
        const { bidder, price, dateTime, extra } = best;
        c.emit({ ...auction, bidder, price, bidTime: dateTime, bidExtra: extra });
      },
    })
    .to(p.sink("result"));
});

function isBetter(offer: z.infer<typeof Offer>, than: z.infer<typeof Offer>): boolean {
  return offer.price > than.price || (offer.price === than.price && offer.dateTime < than.dateTime);
}

export const answer: Answer = {
  kind: "upsert",
  keyColumns: 1,
  sql: `
    SELECT a.*, b.bidder, b.price, b.dateTime, b.extra FROM auctions a JOIN bids b ON a.id = b.auction
    WHERE b.dateTime BETWEEN a.dateTime AND a.expires
    QUALIFY row_number() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.dateTime, b.rowid) = 1`,
};
