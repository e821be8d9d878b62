import { pipeline } from "@tidemark/engine";
import { Bid, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

/** The last bid of each bidder for each auction; of bids at the same time the one that comes later. */
export default pipeline("q18", (p) => {
  p.source("bids", Bid, SOURCE)
    .keyBy((bid): [number, number] => [bid.bidder, bid.auction])
    .reduce("last", (last, bid) => (bid.dateTime >= last.dateTime ? bid : last))
    .to(p.sink("result"));
});

export const answer: Answer = {
  kind: "changelog",
  sql: `
    SELECT auction, bidder, price, channel, url, dateTime, extra FROM bids
    QUALIFY row_number() OVER (PARTITION BY bidder, auction ORDER BY dateTime DESC, rowid DESC) = 1`,
};
