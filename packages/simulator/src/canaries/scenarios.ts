import { count, pipeline, session, state, sum, tumbling, type Pipeline } from "@tidemark/engine";
import { looseSchema } from "../explore/loose-schema.ts";
import type { FaultClass, RecordInputs, Scenario, ScenarioSettings } from "../explore/scenario.ts";
import { scenarioOf } from "../explore/scenarios.ts";
import { Entropy, type Choices } from "../random.ts";

interface Reading {
  readonly key: string;
  readonly at: number;
  readonly value: number;
}

const Reading = looseSchema<Reading>({ key: "string", at: "number", value: "number" });
const Note = looseSchema<{ key: string; n: number }>({ key: "string", n: "number" });
const eventTime = (r: Readonly<Reading>): number => r.at;

/** A function that throws for some records, after it has written state and set a timer. */
const failing: Pipeline = pipeline(
  "failing",
  (p) => {
    p.source("readings", Reading, { eventTime, outOfOrder: "20ms", idle: "never" })
      .keyBy((r) => r.key)
      .process("refusals", {
        emits: Note,
        state: { n: state.value(looseSchema<{ n: number }>({ n: "number" })) },
        timers: ["later"],
        onRecord(r, c) {
          const n = (c.state.n.get()?.n ?? 0) + 1;
          c.state.n.set({ n });
          c.timer("later").at(r.at + 30);
          if (r.value % 4 === 0) throw new Error("refused");
          c.emit({ key: r.key, n });
        },
        onTimer: {
          later(c) {
            c.emit({ key: c.key, n: -(c.state.n.get()?.n ?? 0) });
            c.state.n.clear();
          },
        },
      })
      .to(p.sink("notes"));
  },
  { onError: "skip" },
);

/** Sessions whose records come so far out of order that one often joins two. */
const bridges: Pipeline = pipeline("bridges", (p) => {
  p.source("readings", Reading, { eventTime, outOfOrder: "200ms", idle: "never" })
    .keyBy((r) => r.key)
    .window(session("50ms"))
    .aggregate("visits", { n: count(), total: sum((r) => r.value) })
    .to(p.sink("visits"));
});

/** Two splits of very different length, read as fast as they go: barriers of one come long before those of the other. */
const skewed: Pipeline = pipeline("skewed", (p) => {
  p.source("readings", Reading, { eventTime, outOfOrder: "40ms", idle: "never" })
    .filter((r) => r.value % 5 !== 0)
    .keyBy((r) => r.key)
    .window(tumbling("50ms"))
    .aggregate("totals", { n: count(), total: sum((r) => r.value) })
    .to(p.sink("totals"));
});

const INPUTS = 4;

function readings(
  choices: Choices,
  { records, disorderMs, split = 0 }: { records: number; disorderMs: number; split?: number },
): Reading[] {
  let newest = 1_000;
  return Array.from({ length: records }, () => {
    newest += choices.integer(25);
    return {
      key: `${"abcd"[choices.integer(4)]}${split}`,
      at: newest - choices.upTo(disorderMs),
      value: choices.integer(50),
    };
  });
}

interface Hunted {
  readonly name?: string;
  readonly pipeline: Pipeline;
  readonly inputs: (choices: Choices) => RecordInputs;
  readonly settings?: ScenarioSettings;
  readonly faultClasses?: readonly FaultClass[];
}

const FAULTS: readonly FaultClass[] = ["kill", "power-loss", "pause", "stop", "rescale", "slow-disk", "slow-machine"];

const PIPELINES: readonly Hunted[] = [
  { pipeline: failing, inputs: (choices) => ({ readings: [readings(choices, { records: 32, disorderMs: 20 })] }) },
  { pipeline: bridges, inputs: (choices) => ({ readings: [readings(choices, { records: 32, disorderMs: 200 })] }) },
  {
    pipeline: skewed,
    inputs: (choices) => ({
      readings: [90, 30].map((records, split) => readings(choices, { records, disorderMs: 40, split })),
    }),
    settings: { parallelism: [2, 3], paceMs: [0, 1], batchRows: [1, 2], checkpointEveryMs: [2, 5, 10] },
  },
  {
    name: "rotting",
    pipeline: failing,
    inputs: (choices) => ({ readings: [readings(choices, { records: 32, disorderMs: 20 })] }),
    settings: { checkpointEveryMs: [20], paceMs: [4] },
    faultClasses: ["rot"],
  },
];

/** Scenarios for what the built-in ones seldom reach. */
const MORE: readonly Scenario[] = PIPELINES.flatMap(
  ({ name, pipeline: each, inputs, settings = {}, faultClasses = FAULTS }) =>
    Array.from({ length: INPUTS }, (_, index) => ({
      name: `${name ?? each.graph.name}-${index}`,
      pipeline: each,
      inputs: inputs(new Entropy({ seed: index }).choices(each.graph.name)),
      settings,
      faultClasses,
    })),
);

/**
 * What a seed of a hunt runs: every third one a scenario from here, the others the built-in ones. With `only`, all seeds run the scenarios from
 * here whose names begin so.
 */
export function huntedScenario(seed: number, only: string = ""): Scenario {
  const few = MORE.filter(({ name }) => name.startsWith(only));
  if (only !== "") return few[seed % few.length] as Scenario;
  return seed % 3 === 0 ? (MORE[(seed / 3) % MORE.length] as Scenario) : scenarioOf(seed);
}
