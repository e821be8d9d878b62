import { count, pipeline, quantile, tumbling } from "tidemark";
import { z } from "zod"; // valibot and arktype work the same way

const Flight = z.object({ date: z.string(), delay: z.number(), origin: z.string(), destination: z.string() });

export default pipeline("delays", (p) => {
  const flights = p.source("flights", Flight, { eventTime: (f) => Date.parse(f.date), outOfOrder: "15m" });

  flights
    .keyBy((f) => f.origin)
    .window(tumbling("1h"), { allowedLateness: "4h", late: p.sink("too-late", Flight) })
    .aggregate("hourly", { n: count(), p95: quantile((f) => f.delay, 0.95) })
    .to(p.sink("hourly")); // { key, window, revision, n, p95 }
});
