import { count, max, pipeline, session, state, sum, tumbling, type Pipeline } from "@tidemark/engine";
import { Entropy, type Choices } from "../random.ts";
import { FAULT_CLASSES, type RecordInputs, type Scenario, type ScenarioSettings } from "./scenario.ts";
import { looseSchema } from "./loose-schema.ts";

/** A record of the built-in scenarios. */
interface Reading {
  readonly key: string;
  /** Event time, ms. */
  readonly at: number;
  readonly value: number;
}

const Reading = looseSchema<Reading>({ key: "string", at: "number", value: "number" });
const Note = looseSchema<{ key: string; what: string; n: number; at: number }>({
  key: "string",
  what: "string",
  n: "number",
  at: "number",
});
const Seen = looseSchema<{ n: number; highest: number }>({ n: "number", highest: "number" });

/** Windows with allowed lateness and a late output, over one split whose records are far out of order. */
const lateWindows: Pipeline = pipeline("late-windows", (p) => {
  p.source("readings", Reading, { eventTime: (r) => r.at, outOfOrder: "20ms", idle: "never" })
    .keyBy((r) => r.key)
    .window(tumbling("100ms"), { allowedLateness: "60ms", late: p.sink("late") })
    .aggregate("totals", { n: count(), total: sum((r) => r.value), highest: max((r) => r.value) })
    .to(p.sink("totals"));
});

/** Sessions over two splits, nothing late. */
const sessions: Pipeline = pipeline("sessions", (p) => {
  p.source("readings", Reading, { eventTime: (r) => r.at, outOfOrder: "40ms", idle: "never" })
    .keyBy((r) => r.key)
    .window(session("50ms"))
    .aggregate("visits", { n: count(), total: sum((r) => r.value) })
    .to(p.sink("visits"));
});

/** State and timers of a process function: each record counts, and a key that is quiet for a while says so. */
const timers: Pipeline = pipeline("timers", (p) => {
  p.source("readings", Reading, { eventTime: (r) => r.at, outOfOrder: "20ms", idle: "never" })
    .keyBy((r) => r.key)
    .process("quiet", {
      emits: Note,
      state: { seen: state.value(Seen) },
      timers: ["quiet"],
      onRecord(r, c) {
        const before = c.state.seen.get() ?? { n: 0, highest: 0 };
        c.state.seen.set({ n: before.n + 1, highest: Math.max(before.highest, r.at) });
        c.timer("quiet").at(r.at + 70);
        c.emit({ key: r.key, what: "seen", n: before.n + 1, at: r.at });
      },
      onTimer: {
        quiet(c) {
          const { n } = c.state.seen.get() ?? { n: 0 };
          c.emit({ key: c.key, what: "quiet", n, at: c.time });
          c.state.seen.clear();
        },
      },
    })
    .to(p.sink("notes"));
});

/** Records meet the newest row of a table that another source feeds. */
const lookups: Pipeline = pipeline("lookups", (p) => {
  const options = { eventTime: (r: Readonly<Reading>) => r.at, outOfOrder: "20ms", idle: "never" } as const;
  const prices = p
    .source("prices", Reading, options)
    .keyBy((r) => r.key)
    .toTable("newest-price");
  p.source("readings", Reading, options)
    .keyBy((r) => r.key)
    .lookup("priced", prices, (r, price) => ({ key: r.key, at: r.at, value: r.value, price: price?.value ?? -1 }))
    .to(p.sink("priced"));
});

/** No state at all, two splits. */
const stateless: Pipeline = pipeline("stateless", (p) => {
  p.source("readings", Reading)
    .filter((r) => r.value % 3 !== 0)
    .map((r) => ({ key: r.key, double: r.value * 2 }))
    .to(p.sink("doubled"));
});

/** How many different inputs each pipeline has; the reference's output is computed once for each. */
const INPUTS = 12;
const KEYS = ["a", "b", "c", "d", "e"];

type MakeInputs = (choices: Choices) => RecordInputs;

/** Records of rising time, each up to `disorderMs` behind; keys of split s end in s, so that a key's records are in one split. */
function readings(
  choices: Choices,
  at: { readonly split: number; readonly records: number; readonly disorderMs: number },
): Reading[] {
  let newest = 1_000;
  return Array.from({ length: at.records }, () => {
    newest += choices.integer(25);
    const key = `${KEYS[choices.integer(KEYS.length)]}${at.split}`;
    return { key, at: newest - choices.upTo(at.disorderMs), value: choices.integer(50) };
  });
}

const PIPELINES: readonly {
  readonly pipeline: Pipeline;
  readonly inputs: MakeInputs;
  readonly settings?: ScenarioSettings;
}[] = [
  {
    pipeline: lateWindows,
    inputs: (choices) => ({
      readings: [readings(choices, { split: 0, records: 24 + choices.integer(24), disorderMs: 150 })],
    }),
  },
  {
    pipeline: sessions,
    inputs: (choices) => ({
      readings: [0, 1].map((split) => readings(choices, { split, records: 12 + choices.integer(16), disorderMs: 40 })),
    }),
  },
  {
    pipeline: timers,
    inputs: (choices) => ({
      readings: [readings(choices, { split: 0, records: 24 + choices.integer(16), disorderMs: 20 })],
    }),
  },
  {
    pipeline: lookups,
    settings: { isPrefixOpen: true },
    inputs: (choices) => ({
      prices: [readings(choices, { split: 0, records: 8 + choices.integer(8), disorderMs: 20 })],
      readings: [readings(choices, { split: 0, records: 20 + choices.integer(12), disorderMs: 20 })],
    }),
  },
  {
    pipeline: stateless,
    inputs: (choices) => ({
      readings: [0, 1].map((split) => readings(choices, { split, records: 10 + choices.integer(20), disorderMs: 0 })),
    }),
  },
];

/** The built-in scenarios: each pipeline with each of its inputs. */
export const SCENARIOS: readonly Scenario[] = PIPELINES.flatMap(({ pipeline: each, inputs, settings = {} }) =>
  Array.from({ length: INPUTS }, (_, index) => ({
    name: `${each.graph.name}-${index}`,
    pipeline: each,
    inputs: inputs(new Entropy({ seed: index }).choices(each.graph.name)),
    settings,
    faultClasses: FAULT_CLASSES,
  })),
);

/** The scenario that a seed runs. */
export function scenarioOf(seed: number): Scenario {
  return SCENARIOS[new Entropy({ seed }).choices("scenario").integer(SCENARIOS.length)] as Scenario;
}
