import { count, max, min, pipeline, sum } from "@tidemark/engine";
import { Bid, dayOf, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";
import { PRICE_TIERS } from "./price-tiers.ts";

/** Statistics of each auction and day; the average is sum / total, cut to a whole number. */
export default pipeline("q17", (p) => {
  p.source("bids", Bid, SOURCE)
    .keyBy((bid): [number, number] => [bid.auction, dayOf(bid.dateTime)])
    .aggregate("statistics", {
      total: count(),
      total1: sum((bid) => (bid.price < PRICE_TIERS.low ? 1 : 0)),
      total2: sum((bid) => (bid.price >= PRICE_TIERS.low && bid.price < PRICE_TIERS.high ? 1 : 0)),
      total3: sum((bid) => (bid.price >= PRICE_TIERS.high ? 1 : 0)),
      min: min((bid) => bid.price),
      max: max((bid) => bid.price),
      sum: sum((bid) => bid.price),
    })
    .to(p.sink("result"));
});

interface Row {
  readonly key: [number, number];
  readonly total: number;
  readonly total1: number;
  readonly total2: number;
  readonly total3: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

export const answer: Answer = {
  kind: "changelog",
  row: (row: Row) => [
    ...row.key,
    ...[row.total, row.total1, row.total2, row.total3, row.min, row.max, Math.trunc(row.sum / row.total), row.sum],
  ],
  sql: `
    SELECT auction, dateTime::BIGINT // 86400000 AS day, count(*), count(*) FILTER (WHERE price < ${PRICE_TIERS.low}),
      count(*) FILTER (WHERE price >= ${PRICE_TIERS.low} AND price < ${PRICE_TIERS.high}),
      count(*) FILTER (WHERE price >= ${PRICE_TIERS.high}),
      min(price), max(price), (sum(price) // count(*))::BIGINT, sum(price)::BIGINT
    FROM bids GROUP BY auction, day`,
};
