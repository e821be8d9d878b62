import { count, custom, hopping, pipeline, tumbling } from "@tidemark/engine";
import { Bid, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

interface Count {
  readonly key: number;
  readonly n: number;
}

/** The auctions with the most bids; all of them where several have as many. */
const hottest = custom({
  create: (): { n: number; auctions: number[] } => ({ n: 0, auctions: [] }),
  add(top, { key, n }: Readonly<Count>) {
    if (n > top.n) return { n, auctions: [key] };
    if (n === top.n) top.auctions.push(key);
    return top;
  },
  merge(top, other) {
    if (other.n > top.n) return other;
    if (other.n === top.n) top.auctions.push(...other.auctions);
    return top;
  },
  result: (top) => top,
});

/**
 * Hot items: of the last ten seconds, every two seconds, the auctions with the most bids. The results of one hopping window all carry the
 * time of its end, so a tumbling window of the hop's length holds exactly those.
 */
export default pipeline("q5", (p) => {
  p.source("bids", Bid, SOURCE)
    .keyBy((bid) => bid.auction)
    .window(hopping("10s", "2s"))
    .aggregate("counts", { n: count() })
    .keyBy(() => 0)
    .window(tumbling("2s"))
    .aggregate("hottest", { top: hottest })
    .flatMap(({ top }) => top.auctions.map((auction) => ({ auction, n: top.n })))
    .to(p.sink("result"));
});

export const answer: Answer = {
  kind: "append",
  sql: `
    SELECT auction, n FROM (
      SELECT *, max(n) OVER (PARTITION BY begins) AS most FROM (
        SELECT auction, (dateTime::BIGINT // 2000 - hop) * 2000 AS begins, count(*) AS n
        FROM bids, range(5) AS hops(hop) GROUP BY ALL
      )
    ) WHERE n = most`,
};
