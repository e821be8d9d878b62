import { pipeline } from "@tidemark/engine";
import { Bid, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

/** Selection: bids for every 123rd auction, 0.9 % of them. */
export default pipeline("q2", (p) => {
  p.source("bids", Bid, SOURCE)
    .filter((bid) => bid.auction % 123 === 0)
    .map(({ auction, price }) => ({ auction, price }))
    .to(p.sink("result"));
});

export const answer: Answer = { kind: "append", sql: "SELECT auction, price FROM bids WHERE auction % 123 = 0" };
