import { pipeline, state } from "@tidemark/engine";
import { z } from "zod";
import { Bid, SOURCE, tenSecondsOf } from "../model.ts";
import type { Answer } from "../query.ts";

const WINDOW_MS = 10_000;
const Highest = Bid.pick({ auction: true, price: true, bidder: true, dateTime: true, extra: true });

/**
 * Highest bids of every ten seconds. The SQL joins the window's highest price back to bids from its begin to its end, both included, so
 * a bid exactly at the end is compared with the highest price of the window before, too, without counting for it.
 */
export default pipeline("q7", (p) => {
  p.source("bids", Bid, SOURCE)
    .flatMap(({ auction, price, bidder, dateTime, extra }) => {
      const bid = { auction, price, bidder, dateTime, extra };
      const begin = tenSecondsOf(dateTime);
      const own = { end: begin + WINDOW_MS, counts: true, ...bid };
      return dateTime === begin ? [{ end: begin, counts: false, ...bid }, own] : [own];
    })
    .keyBy((candidate) => candidate.end)
    .process("highest", {
      emits: Highest,
      // Candidates: bids at the highest price so far, or above it if they do not count.
      state: { price: state.value(z.int32()), candidates: state.list(Highest) },
      timers: ["close"],
      onRecord({ end: _end, counts, ...bid }, c) {
        const highest = c.state.price.get();
        if (highest === undefined) c.timer("close").at(c.key);
        if (highest !== undefined && bid.price < highest) return;
        if (counts && (highest === undefined || bid.price > highest)) {
          c.state.price.set(bid.price);
          c.state.candidates.set([...c.state.candidates.get().filter(({ price }) => price >= bid.price), bid]);
        } else {
          c.state.candidates.add(bid);
          if (highest === undefined) c.state.price.set(0);
        }
      },
      onTimer: {
        close(c) {
          const highest = c.state.price.get();
          for (const bid of c.state.candidates.get()) if (bid.price === highest) c.emit(bid);
          c.state.price.clear();
          c.state.candidates.clear();
        },
      },
    })
    .to(p.sink("result"));
});

export const answer: Answer = {
  kind: "append",
  sql: `
    WITH highest AS (SELECT (dateTime::BIGINT // 10000 + 1) * 10000 AS ends, max(price) AS price FROM bids GROUP BY ends)
    SELECT b.auction, b.price, b.bidder, b.dateTime, b.extra FROM bids b JOIN highest h ON b.price = h.price
    WHERE b.dateTime BETWEEN h.ends - 10000 AND h.ends`,
};
