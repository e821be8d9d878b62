import { count, max, pipeline, state, sum, tumbling, type Pipeline } from "@tidemark/engine";
import { record, type ReferenceInputs } from "@tidemark/engine/testing";
import { z } from "zod";

export interface SensorReading {
  readonly sensor: string;
  readonly at: number;
  readonly value: number;
}

const Reading = z.object({ sensor: z.string(), at: z.number(), value: z.number() });

/** Made from its number alone, so that every run reads the same. A sensor's readings are all in one split of two. */
export function reading(index: number): SensorReading {
  // Disordered by less than the source declares, so that nothing is late.
  const disorder = ((index * 7) % 5) * 10;
  return { sensor: `s${index % 6}`, at: index * 10 + 40 - disorder, value: (index * 31) % 17 };
}

/** The readings as the reference takes them. */
export function readingInputs(total: number): ReferenceInputs {
  const all = Array.from({ length: total }, (_, index) => reading(index));
  return { readings: [0, 1].map((split) => all.filter((_, index) => index % 2 === split).map(record)) };
}

/** Windows, and state of a process function, over one stream. */
const readings: Pipeline = pipeline("readings", (p) => {
  const bySensor = p
    .source("readings", Reading, { eventTime: (each) => each.at, outOfOrder: "100ms", idle: "never" })
    .keyBy((each) => each.sensor);

  bySensor
    .window(tumbling("500ms"))
    .aggregate("totals", { n: count(), total: sum((each) => each.value), highest: max((each) => each.value) })
    .to(p.sink("totals"));

  bySensor
    .process("climbs", {
      emits: z.object({ key: z.string(), n: z.number(), highest: z.number() }),
      state: { seen: state.value(z.object({ n: z.number(), highest: z.number() })) },
      onRecord(each, c) {
        const before = c.state.seen.get() ?? { n: 0, highest: -1 };
        const seen = { n: before.n + 1, highest: Math.max(before.highest, each.value) };
        c.state.seen.set(seen);
        if (seen.n % 3 === 0 || seen.highest > before.highest) c.emit({ key: each.sensor, ...seen });
      },
    })
    .to(p.sink("climbs"));
});

export default readings;
