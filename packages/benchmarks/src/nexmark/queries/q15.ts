import { count, distinctCount, pipeline, sum } from "@tidemark/engine";
import { Bid, dayOf, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";
import { PRICE_TIERS, tierColumns, tierRow, type TierRow } from "./price-tiers.ts";

/**
 * Statistics of each day: bids, bidders and auctions, in all and of three tiers of price. One key a day. A tier's distinct values are
 * counted with one stand-in for all that are not of the tier, which the reader of the row takes off again.
 */
export default pipeline("q15", (p) => {
  p.source("bids", Bid, SOURCE)
    .keyBy((bid) => dayOf(bid.dateTime))
    .aggregate("statistics", {
      total: count(),
      total1: sum((bid) => (bid.price < PRICE_TIERS.low ? 1 : 0)),
      total2: sum((bid) => (bid.price >= PRICE_TIERS.low && bid.price < PRICE_TIERS.high ? 1 : 0)),
      total3: sum((bid) => (bid.price >= PRICE_TIERS.high ? 1 : 0)),
      bidders: distinctCount((bid) => bid.bidder),
      bidders1: distinctCount((bid) => (bid.price < PRICE_TIERS.low ? bid.bidder : -1)),
      bidders2: distinctCount((bid) =>
        bid.price >= PRICE_TIERS.low && bid.price < PRICE_TIERS.high ? bid.bidder : -1,
      ),
      bidders3: distinctCount((bid) => (bid.price >= PRICE_TIERS.high ? bid.bidder : -1)),
      auctions: distinctCount((bid) => bid.auction),
      auctions1: distinctCount((bid) => (bid.price < PRICE_TIERS.low ? bid.auction : -1)),
      auctions2: distinctCount((bid) =>
        bid.price >= PRICE_TIERS.low && bid.price < PRICE_TIERS.high ? bid.auction : -1,
      ),
      auctions3: distinctCount((bid) => (bid.price >= PRICE_TIERS.high ? bid.auction : -1)),
    })
    .to(p.sink("result"));
});

export const answer: Answer = {
  kind: "changelog",
  row: (row: TierRow & { key: number }) => [row.key, ...tierRow(row)],
  sql: `SELECT dateTime::BIGINT // 86400000 AS day, ${tierColumns} FROM bids GROUP BY day`,
};
