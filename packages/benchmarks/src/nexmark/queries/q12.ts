import { pipeline, state } from "@tidemark/engine";
import { z } from "zod";
import { Bid, SOURCE } from "../model.ts";
import type { Answer } from "../query.ts";

const WINDOW_MS = 10_000;

/**
 * Bids of each bidder per ten seconds of the wall clock. Where windows fall differs from run to run; the counts of a bidder add up to the
 * same. A count that is still open when the input ends is given at the end, by the timer of event time.
 */
export default pipeline("q12", (p) => {
  p.source("bids", Bid, SOURCE)
    .keyBy((bid) => bid.bidder)
    .process("counts", {
      emits: z.object({ bidder: z.int32(), n: z.int32(), end: z.number() }),
      state: { open: state.value(z.object({ n: z.int32(), end: z.number() })) },
      timers: { close: "processingTime", inputEnds: "eventTime" },
      onRecord(_bid, c) {
        const open = c.state.open.get();
        if (open !== undefined) {
          c.state.open.set({ n: open.n + 1, end: open.end });
          return;
        }
        const end = Math.floor(c.now() / WINDOW_MS + 1) * WINDOW_MS;
        c.state.open.set({ n: 1, end });
        c.timer("close").at(end);
        c.timer("inputEnds").at(Number.MAX_SAFE_INTEGER);
      },
      onTimer: {
        close(c) {
          const open = c.state.open.get();
          if (open !== undefined) c.emit({ bidder: c.key, ...open });
          c.state.open.clear();
        },
        inputEnds(c) {
          const open = c.state.open.get();
          if (open !== undefined) c.emit({ bidder: c.key, ...open });
          c.state.open.clear();
        },
      },
    })
    .to(p.sink("result"));
});

export const answer: Answer = {
  kind: "sum",
  keyColumns: 1,
  row: ({ bidder, n }: { bidder: number; n: number }) => [bidder, n],
  sql: "SELECT bidder, count(*) FROM bids GROUP BY bidder",
};
