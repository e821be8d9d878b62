import { pipeline } from "@tidemark/engine";
import { Bid, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

/** Currency conversion: dollars to euros at 0.908. Exact: the price is in thousandths of a cent. */
export default pipeline("q1", (p) => {
  p.source("bids", Bid, SOURCE)
    .map(({ auction, bidder, price, dateTime, extra }) => ({ auction, bidder, price: price * 908, dateTime, extra }))
    .to(p.sink("result"));
});

export const answer: Answer = {
  kind: "append",
  sql: "SELECT auction, bidder, price::BIGINT * 908, dateTime, extra FROM bids",
};
