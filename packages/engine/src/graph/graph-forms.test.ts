import assert from "node:assert/strict";
import { test } from "node:test";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { AggregateFunction } from "../operator/aggregate-function.ts";
import { PLAIN_CODEC, type StateCodec } from "../state/state-codec.ts";
import { durationText } from "./duration-text.ts";
import { fingerprintOf, fingerprintText } from "./fingerprint.ts";
import { GraphBuilder } from "./graph-builder.ts";
import { graphJson } from "./graph-json.ts";
import { graphMermaid } from "./graph-mermaid.ts";
import { graphPorts } from "./graph-ports.ts";
import { graphText } from "./graph-text.ts";
import type { LogicalGraph, NodeInput } from "./logical-graph.ts";

const ANY_SCHEMA: StandardSchemaV1 = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };

function aggregate(kind: string, codec: StateCodec = PLAIN_CODEC, q?: number): AggregateFunction {
  return {
    kind,
    parameters: q === undefined ? {} : { q },
    input: null,
    selector: null,
    words: null,
    live: false,
    create: () => 0,
    add: (a) => a,
    merge: (a) => a,
    result: (a) => a,
    codec,
    custom: false,
  };
}

interface Variation {
  readonly map?: (record: never) => unknown;
  readonly extraFilter?: boolean;
  readonly sizeMs?: number;
  readonly latenessMs?: number;
  readonly aggregates?: Readonly<Record<string, AggregateFunction>>;
  readonly stateHash?: string;
  readonly sinksFirst?: boolean;
  readonly mergeLate?: boolean;
}

/** Source → map → keyBy → window with a late output, a process function with a timer, and a lookup that both streams meet in. */
function sample(v: Variation = {}): LogicalGraph {
  const b = new GraphBuilder("delays");
  const options = {
    outOfOrderMs: 900_000,
    idleMs: 60_000,
    maxAheadMs: 1,
    onInvalid: "deadLetter",
    trust: false,
  } as const;
  const openSinks = (): void => {
    for (const port of ["hourly", "late", "bursts", "placed"]) b.sink(port, null);
  };
  if (v.sinksFirst === true) openSinks();
  const flights = b.source("flights", ANY_SCHEMA, { eventTime: () => 0, ...options });
  const airports = b.source("airports", ANY_SCHEMA, { ...options, eventTime: null, idleMs: null });
  let mapped = b.stateless({ kind: "map", fn: v.map ?? ((record) => record), inputs: [flights] });
  if (v.extraFilter === true) mapped = b.stateless({ kind: "filter", fn: () => true, inputs: [mapped] });
  const keyed = b.stateless({ kind: "keyBy", fn: () => "k", inputs: [mapped] });
  const table = b.stateless({ kind: "keyBy", fn: () => "k", inputs: [airports] });
  const hourly = b.stateful("hourly", {
    kind: "window",
    window: { kind: "tumbling", sizeMs: v.sizeMs ?? 3_600_000, offsetMs: 0 },
    aggregates: v.aggregates ?? { n: aggregate("count"), p95: aggregate("quantile", PLAIN_CODEC, 0.95) },
    allowedLatenessMs: v.latenessMs ?? 14_400_000,
    inputs: [keyed],
  });
  const burst = b.stateful("burst", {
    kind: "process",
    spec: {
      emits: null,
      states: [{ name: "late", kind: "value", codec: { ...PLAIN_CODEC, schemaHash: v.stateHash ?? "h1" } }],
      timers: [{ name: "quiet", domain: "eventTime" }],
      onRecord: () => {},
      onTimer: [() => {}],
    },
    inputs: [keyed],
  });
  const placed = b.stateful("state", { kind: "lookup", fn: () => 0, inputs: [keyed, table] });
  if (v.sinksFirst !== true) openSinks();
  const late: NodeInput = { node: hourly.node, output: "late" };
  b.connect(hourly, "hourly");
  b.connect(v.mergeLate === true ? hourly : late, "late");
  b.connect(burst, "bursts");
  b.connect(placed, "placed");
  return b.finish("fail");
}

test("the text tree shows every step once, with side outputs", () => {
  assert.equal(
    graphText(sample()),
    `delays
├─ flights  source  event time, out of order 15m, idle after 1m
│  └─ map-1
│     └─ keyBy-1
│        ├─ hourly  window  tumbling 1h, allowed lateness 4h: n count, p95 quantile(q=0.95)
│        │  ├─ hourly  sink
│        │  └─ [late] late  sink
│        ├─ burst  process  state late value; timers quiet event time
│        │  └─ bursts  sink
│        └─ state  lookup
│           └─ placed  sink
└─ airports  source  no event time
   └─ keyBy-2
      └─ state  lookup as its table (above)
`,
  );
});

test("Mermaid shapes, labels and escapes", () => {
  const text = graphMermaid(sample({ aggregates: { 'a"<b>': aggregate("count") } }));
  assert.ok(text.startsWith('flowchart LR\n  n0(["flights<br/>event time, out of order 15m, idle after 1m"])\n'), text);
  assert.match(text, /n5\[\("hourly<br\/>tumbling 1h, allowed lateness 4h: a#34;#60;b#62; count"\)\]/);
  assert.match(text, /n3\{\{"keyBy-1"\}\}/);
  assert.match(text, / n5 -->\|late\| n9\n/);
  assert.match(text, / n4 -->\|table\| n7\n/);
  assert.match(text, / n3 --> n7\n/);
});

test("JSON is plain and complete", () => {
  const graph = sample();
  const json = graphJson(graph) as { nodes: { kind: string }[]; fingerprint: string };
  assert.deepEqual(JSON.parse(JSON.stringify(json)), json);
  assert.equal(json.fingerprint, fingerprintOf(graph));
  assert.deepEqual(json.nodes[0], {
    id: 0,
    name: "flights",
    kind: "source",
    inputs: [],
    hasEventTime: true,
    outOfOrderMs: 900_000,
    idleMs: 60_000,
    maxAheadMs: 1,
    onInvalid: "deadLetter",
    isTrusted: false,
  });
  assert.deepEqual(json.nodes[5], {
    id: 5,
    name: "hourly",
    kind: "window",
    inputs: [{ node: 3, output: "main" }],
    window: { kind: "tumbling", sizeMs: 3_600_000, offsetMs: 0 },
    allowedLatenessMs: 14_400_000,
    aggregates: { n: { kind: "count", parameters: {} }, p95: { kind: "quantile", parameters: { q: 0.95 } } },
  });
});

test("the fingerprint text names ports, state and the way between them", () => {
  assert.equal(
    fingerprintText(sample()),
    `graph 1
lookup state <- source flights ; source airports
process burst states ("late" value h1) timers ("quiet" eventTime) <- source flights
sink bursts <- burst
sink hourly <- hourly
sink late <- hourly/late
sink placed <- state
source airports
source flights
window hourly tumbling offsetMs=0 sizeMs=3600000 aggregates ("n" count plain, "p95" quantile q=0.95 plain) <- source flights`,
  );
});

test("the fingerprint ignores what state does not depend on, and nothing else", () => {
  const base = fingerprintOf(sample());
  assert.match(base, /^[0-9a-f]{16}$/);
  const unchanged: Variation[] = [
    {},
    { map: () => "another body" },
    { extraFilter: true },
    { latenessMs: 0 },
    { sinksFirst: true },
    { aggregates: { p95: aggregate("quantile", PLAIN_CODEC, 0.95), n: aggregate("count") } },
  ];
  for (const variation of unchanged) assert.equal(fingerprintOf(sample(variation)), base, JSON.stringify(variation));
  const changed: Variation[] = [
    { sizeMs: 60_000 },
    { stateHash: "h2" },
    { mergeLate: true },
    { aggregates: { n: aggregate("count") } },
    { aggregates: { n: aggregate("count"), p95: aggregate("quantile", PLAIN_CODEC, 0.5) } },
    { aggregates: { n: aggregate("sum"), p95: aggregate("quantile", PLAIN_CODEC, 0.95) } },
    { aggregates: { m: aggregate("count"), p95: aggregate("quantile", PLAIN_CODEC, 0.95) } },
    {
      aggregates: {
        n: aggregate("count", { ...PLAIN_CODEC, schemaHash: "v2" }),
        p95: aggregate("quantile", PLAIN_CODEC, 0.95),
      },
    },
  ];
  const hashes = new Set([base, ...changed.map((variation) => fingerprintOf(sample(variation)))]);
  assert.equal(hashes.size, changed.length + 1);
});

test("ports in order of declaration, with dead letters where a policy sends some", () => {
  assert.deepEqual(graphPorts(sample()), {
    sources: ["flights", "airports"],
    sinks: ["hourly", "late", "bursts", "placed", "dead-letters"],
  });
  const graph = sample();
  const nodes = graph.nodes.map((node) =>
    node.kind === "source" ? { ...node, options: { ...node.options, onInvalid: "skip" as const } } : node,
  );
  assert.equal(graphPorts({ ...graph, nodes }).sinks.includes("dead-letters"), false);
  assert.equal(graphPorts({ ...graph, nodes, onError: "deadLetter" }).sinks.includes("dead-letters"), true);
});

test("durations in their largest whole unit", () => {
  const cases: [number, string][] = [
    [0, "0ms"],
    [1, "1ms"],
    [1_000, "1s"],
    [5_400_000, "90m"],
    [3_600_000, "1h"],
    [604_800_000, "7d"],
  ];
  for (const [ms, text] of cases) assert.equal(durationText(ms), text);
});
