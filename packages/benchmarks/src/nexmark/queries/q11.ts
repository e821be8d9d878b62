import { count, pipeline, session, type Window } from "@tidemark/engine";
import { Bid, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

/** Bids of each bidder per session; ten seconds of silence end one, bids exactly that far apart are still one session. */
export default pipeline("q11", (p) => {
  p.source("bids", Bid, SOURCE)
    .keyBy((bid) => bid.bidder)
    .window(session("10s"))
    .aggregate("sessions", { n: count() })
    .to(p.sink("result"));
});

export const answer: Answer = {
  kind: "append",
  row: ({ key, n, window }: { key: number; n: number; window: Window }) => [key, n, window.start, window.end],
  sql: `
    SELECT bidder, count(*), min(dateTime), max(dateTime) + 10000 FROM (
      SELECT *, sum(isFirst) OVER (PARTITION BY bidder ORDER BY dateTime, rowid) AS session FROM (
        SELECT rowid, bidder, dateTime,
          CASE WHEN dateTime - lag(dateTime) OVER (PARTITION BY bidder ORDER BY dateTime, rowid) <= 10000 THEN 0 ELSE 1 END AS isFirst
        FROM bids
      )
    ) GROUP BY bidder, session`,
};
