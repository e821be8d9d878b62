import { pipeline } from "@tidemark/engine";
import { Bid, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

/** Pass-through: what reading and writing cost. */
export default pipeline("q0", (p) => {
  p.source("bids", Bid, SOURCE)
    .map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price, dateTime, extra }))
    .to(p.sink("result"));
});

export const answer: Answer = { kind: "append", sql: "SELECT auction, bidder, price, dateTime, extra FROM bids" };
