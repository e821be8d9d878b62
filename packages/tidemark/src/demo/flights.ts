// Delays at US airports: statistics per hour, bursts of delays, and the flights that came too late to be counted.
//
//   tidemark run flights.ts --bind flights=jsonl:flights.jsonl --bind hourly=jsonl:hourly.jsonl
//
// The flights come in the order in which they left. Their event time is the schedule, so delayed ones are out of order.
import { count, mean, pipeline, quantile, state, tumbling, type Pipeline } from "tidemark";
import { z } from "zod";

const Flight = z.object({
  /** Scheduled departure. */
  date: z.string(),
  /** Minutes; negative: left early. */
  delay: z.number(),
  distance: z.number(),
  origin: z.string(),
  destination: z.string(),
});
const Burst = z.object({
  airport: z.string(),
  flights: z.number(),
  worstDelay: z.number(),
  from: z.number(),
  to: z.number(),
});

const MINUTE = 60_000;
/** A delay that counts towards a burst, in minutes. */
const LATE = 30;
/** A burst is over when no flight scheduled within this time of its last one was late. */
const QUIET = 120 * MINUTE;
const BURST_FLIGHTS = 3;

const delays: Pipeline = pipeline("delays", (p) => {
  const flights = p.source("flights", Flight, { eventTime: (f) => Date.parse(f.date), outOfOrder: "15m" });
  const byOrigin = flights.keyBy((f) => f.origin);

  byOrigin
    .window(tumbling("1h"), { allowedLateness: "4h", late: p.sink("too-late", Flight) })
    .aggregate("hourly", { n: count(), mean: mean((f) => f.delay), p95: quantile((f) => f.delay, 0.95) })
    .to(p.sink("hourly"));

  byOrigin
    .process("burst", {
      emits: Burst,
      state: { burst: state.value(Burst) },
      timers: ["quiet"],
      onRecord(flight, c) {
        if (flight.delay < LATE) return;
        const burst = c.state.burst.get() ?? { airport: c.key, flights: 0, worstDelay: 0, from: c.time, to: c.time };
        burst.flights += 1;
        burst.worstDelay = Math.max(burst.worstDelay, flight.delay);
        burst.from = Math.min(burst.from, c.time);
        burst.to = Math.max(burst.to, c.time);
        c.state.burst.set(burst);
        c.timer("quiet").at(burst.to + QUIET);
      },
      onTimer: {
        quiet(c) {
          const burst = c.state.burst.get();
          if (burst !== undefined && burst.flights >= BURST_FLIGHTS) c.emit(burst);
          c.state.burst.clear();
        },
      },
    })
    .to(p.sink("bursts", Burst));
});

export default delays;
