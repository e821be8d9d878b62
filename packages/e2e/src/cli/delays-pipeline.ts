import { count, mean, pipeline, tumbling } from "tidemark";
import { z } from "zod";

const Flight = z.object({ date: z.string(), delay: z.number(), origin: z.string() });

export default pipeline("delays", (p) => {
  p.source("flights", Flight, { eventTime: (flight) => Date.parse(flight.date), outOfOrder: "15m" })
    .keyBy((flight) => flight.origin)
    .window(tumbling("1h"))
    .aggregate("hourly", { n: count(), mean: mean((flight) => flight.delay) })
    .to(p.sink("hourly"));
});
