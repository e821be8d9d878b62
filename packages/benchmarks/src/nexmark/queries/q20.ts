import { pipeline, state } from "@tidemark/engine";
import { z } from "zod";
import { Auction, Bid, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

const CATEGORY = 10;
const Details = Auction.omit({ id: true }).extend({ auctionTime: z.number(), auctionExtra: z.string() }).omit({
  dateTime: true,
  extra: true,
});
const Expanded = Bid.extend(Details.shape);

/** One side of the join; an auction of another category only says that nobody need wait for it. */
type Side =
  | { readonly kind: "auction"; readonly id: number; readonly details: z.infer<typeof Details> | null }
  | { readonly kind: "bid"; readonly id: number; readonly bid: Bid };

/** Bids with all that is known of their auction, of one category. No bound in time: auctions are kept for ever. */
export default pipeline("q20", (p) => {
  const auctions = p.source("auctions", Auction, SOURCE).map((auction): Side => {
    if (auction.category !== CATEGORY) return { kind: "auction", id: auction.id, details: null };
    const { id, dateTime, extra, ...rest } = auction;
    return { kind: "auction", id, details: { ...rest, auctionTime: dateTime, auctionExtra: extra } };
  });
  const bids = p.source("bids", Bid, SOURCE).map((bid): Side => ({ kind: "bid", id: bid.auction, bid: { ...bid } }));

  auctions
    .merge(bids)
    .keyBy((side) => side.id)
    .process("join", {
      emits: Expanded,
      state: { auction: state.value(Details.nullable()), waiting: state.list(Bid) },
      onRecord(side, c) {
        if (side.kind === "auction") {
          c.state.auction.set(side.details);
          if (side.details !== null) for (const bid of c.state.waiting.get()) c.emit({ ...bid, ...side.details });
          c.state.waiting.clear();
          return;
        }
        const details = c.state.auction.get();
        if (details === undefined) c.state.waiting.add(side.bid);
        else if (details !== null) c.emit({ ...side.bid, ...details });
      },
    })
    .to(p.sink("result"));
});

export const answer: Answer = {
  kind: "append",
  row: (r: z.infer<typeof Expanded>) => [
    ...[r.auction, r.bidder, r.price, r.channel, r.url, r.dateTime, r.extra],
    ...[r.name, r.description, r.initialBid, r.reserve, r.auctionTime, r.expires, r.seller, r.category, r.auctionExtra],
  ],
  sql: `
    SELECT b.*, a.name, a.description, a.initialBid, a.reserve, a.dateTime, a.expires, a.seller, a.category, a.extra
    FROM bids b JOIN auctions a ON b.auction = a.id WHERE a.category = ${CATEGORY}`,
};
