// Counts flights per airport in a state whose schema is COUNTER_VERSION's.
import { pipeline, state } from "tidemark";
import { z } from "zod";

const hasSince = process.env["COUNTER_VERSION"] === "2";
const Counter = z.object({ n: z.number(), ...(hasSince && { since: z.string() }) });

export default pipeline("counter", (p) => {
  p.source("flights", z.object({ date: z.string(), delay: z.number(), origin: z.string() }))
    .keyBy((flight) => flight.origin)
    .process("count", {
      emits: z.object({ airport: z.string(), n: z.number() }),
      state: { counter: state.value(Counter) },
      onRecord(flight, c) {
        const n = (c.state.counter.get()?.n ?? 0) + 1;
        c.state.counter.set(hasSince ? { n, since: flight.date } : { n });
        c.emit({ airport: c.key, n });
      },
    })
    .to(p.sink("counts"));
});
