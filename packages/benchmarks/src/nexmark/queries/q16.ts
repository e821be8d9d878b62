import { count, distinctCount, max, pipeline, sum } from "@tidemark/engine";
import { Bid, dayOf, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";
import { PRICE_TIERS, tierColumns, tierRow, type TierRow } from "./price-tiers.ts";

/** As q15, for each channel and day: ten thousand channels, four of which have half of the bids; and the day's last minute with a bid. */
export default pipeline("q16", (p) => {
  p.source("bids", Bid, SOURCE)
    .keyBy((bid): [string, number] => [bid.channel, dayOf(bid.dateTime)])
    .aggregate("statistics", {
      minute: max((bid) => Math.floor(bid.dateTime / 60_000)),
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
  row: (row: TierRow & { key: [string, number]; minute: number }) => [...row.key, row.minute, ...tierRow(row)],
  sql: `
    SELECT channel, dateTime::BIGINT // 86400000 AS day, max(dateTime::BIGINT // 60000), ${tierColumns}
    FROM bids GROUP BY channel, day`,
};
