import assert from "node:assert/strict";
import { test } from "node:test";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { TidemarkError } from "../foundation/error.ts";
import { GraphBuilder } from "./graph-builder.ts";
import type { LogicalGraph, LogicalNode, NodeInput } from "./logical-graph.ts";
import { graphProblems, validateGraph } from "./validate-graph.ts";

const ANY_SCHEMA: StandardSchemaV1 = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };
const same = (record: never): unknown => record;
const time = (): number => 0;

/** A graph written with a builder; `write` gets it and a source maker. */
function graphOf(
  write: (b: GraphBuilder, source: (port: string, eventTime?: () => number) => NodeInput) => void,
): LogicalGraph {
  const builder = new GraphBuilder("p");
  write(builder, (port, eventTime) =>
    builder.source(port, ANY_SCHEMA, {
      eventTime: eventTime ?? null,
      outOfOrderMs: 0,
      idleMs: null,
      maxAheadMs: 0,
      onInvalid: "fail",
      trust: false,
    }),
  );
  return builder.finish("fail");
}

const keyBy = (b: GraphBuilder, input: NodeInput): NodeInput =>
  b.stateless({ kind: "keyBy", fn: () => "k", inputs: [input] });
const window = (b: GraphBuilder, id: string, input: NodeInput): NodeInput =>
  b.stateful(id, {
    kind: "window",
    window: { kind: "session", gapMs: 1 },
    aggregates: {},
    allowedLatenessMs: 0,
    inputs: [input],
  });
const reduce = (b: GraphBuilder, id: string, input: NodeInput): NodeInput =>
  b.stateful(id, { kind: "reduce", fn: same, inputs: [input] });
const lookup = (b: GraphBuilder, id: string, ...inputs: NodeInput[]): NodeInput =>
  b.stateful(id, { kind: "lookup", fn: same, inputs });
function sink(b: GraphBuilder, port: string, input: NodeInput): void {
  b.sink(port, null);
  b.connect(input, port);
}
function timer(b: GraphBuilder, id: string, domain: "eventTime" | "processingTime", input: NodeInput): NodeInput {
  const spec = { emits: null, states: [], timers: [{ name: "t", domain }], onRecord: () => {}, onTimer: [() => {}] };
  return b.stateful(id, { kind: "process", spec, inputs: [input] });
}

const errorsOf = (graph: LogicalGraph): string[] =>
  graphProblems(graph)
    .filter((problem) => problem.severity === "error")
    .map((problem) => problem.message);
const withNodes = (...nodes: unknown[]): LogicalGraph => ({
  name: "p",
  nodes: nodes as LogicalNode[],
  onError: "fail",
});

test("a sound graph has no problems", () => {
  const graph = graphOf((b, source) => {
    const rows = keyBy(b, source("rows"));
    const keyed = keyBy(b, source("in", time));
    sink(b, "windows", window(b, "w", keyed));
    sink(b, "table", reduce(b, "table", rows));
    sink(b, "joined", window(b, "after", keyBy(b, lookup(b, "join", keyed, rows))));
    sink(b, "timers", timer(b, "timers", "processingTime", rows));
  });
  assert.deepEqual(validateGraph(graph), []);
});

test("windows and event-time timers need event time in every source whose records reach them", () => {
  const graph = graphOf((b, source) => {
    const merged = b.stateless({ kind: "merge", inputs: [source("timed", time), source("untimed")] });
    const keyed = keyBy(b, merged);
    sink(b, "a", window(b, "w", keyed));
    sink(b, "b", timer(b, "p", "eventTime", keyed));
    sink(b, "c", timer(b, "q", "processingTime", keyed));
  });
  assert.deepEqual(errorsOf(graph), [
    'window "w" needs event time, but source "untimed" declares none: give it an option such as eventTime: (r) => r.time',
    'timer "t" of process "p" needs event time, but source "untimed" declares none: give it an option such as eventTime: (r) => r.time',
  ]);
});

test("a source that only feeds a looked-up table needs no event time, the looking one does", () => {
  const join = (left: (() => number) | undefined, right: (() => number) | undefined): LogicalGraph =>
    graphOf((b, source) => {
      const joined = lookup(b, "join", keyBy(b, source("left", left)), keyBy(b, source("right", right)));
      sink(b, "out", window(b, "w", keyBy(b, joined)));
    });
  assert.deepEqual(errorsOf(join(time, undefined)), []);
  assert.equal(errorsOf(join(undefined, time)).length, 1);
});

test("steps with state need keyed streams, and merges must not mix", () => {
  const graph = graphOf((b, source) => {
    const raw = source("in", time);
    const keyed = keyBy(b, raw);
    sink(b, "a", window(b, "w", raw));
    sink(b, "b", reduce(b, "r", b.stateless({ kind: "merge", inputs: [keyed, raw] })));
    sink(b, "c", lookup(b, "l", keyed, raw));
    sink(b, "d", reduce(b, "fine", b.stateless({ kind: "merge", inputs: [keyed, keyBy(b, raw)] })));
  });
  assert.deepEqual(errorsOf(graph), [
    'window "w" needs a keyed stream: put keyBy between it and "in"',
    '"merge-1" merges keyed streams with unkeyed ones; merge first, then keyBy',
    'reduce "r" needs a keyed stream: put keyBy between it and "merge-1"',
    'lookup "l" needs a keyed stream: put keyBy between it and "in"',
  ]);
});

test("a changelog goes to sinks and lookups only", () => {
  const graph = graphOf((b, source) => {
    const keyed = keyBy(b, source("in"));
    const table = reduce(b, "table", keyed);
    sink(b, "changes", table);
    sink(b, "joined", lookup(b, "join", keyed, table));
    sink(b, "mapped", b.stateless({ kind: "map", fn: same, inputs: [table] }));
    sink(b, "wrong-side", lookup(b, "other", table, keyed));
  });
  assert.deepEqual(errorsOf(graph), [
    'map "map-1" cannot read the changelog of table "table"; write it to a sink or look it up',
    'lookup "other" cannot read the changelog of table "table"; write it to a sink or look it up',
  ]);
});

test("a stream that leads nowhere is a warning, and its late output does not count", () => {
  const graph = graphOf((b, source) => {
    const raw = source("in", time);
    b.stateless({ kind: "map", fn: same, inputs: [raw] });
    const result = window(b, "w", keyBy(b, raw));
    sink(b, "late", { node: result.node, output: "late" });
  });
  assert.deepEqual(
    validateGraph(graph).map(({ severity, node, message }) => [severity, node, message]),
    [
      ["warning", 1, 'the stream of map "map-1" leads nowhere; write it to a sink with .to(…), or remove it'],
      ["warning", 3, 'the stream of window "w" leads nowhere; write it to a sink with .to(…), or remove it'],
    ],
  );
});

test("all errors come in one TM_PIPELINE", () => {
  const graph = graphOf((b, source) => {
    const raw = source("in");
    sink(b, "a", window(b, "w", raw));
  });
  assert.throws(
    () => validateGraph(graph),
    (error) => {
      assert.ok(error instanceof TidemarkError);
      assert.equal(error.code, "TM_PIPELINE");
      assert.match(error.message, /needs a keyed stream.*; window "w" needs event time.*\. pipeline=p$/);
      return true;
    },
  );
});

test("graphs made by hand: no source, wrong ids, inputs that do not come first, outputs that do not exist, equal names", () => {
  assert.deepEqual(errorsOf(withNodes()), ["a pipeline needs a source: begin with p.source(port, schema)"]);
  const source = graphOf((_b, make) => void make("in")).nodes[0];
  const sinkNode = { kind: "sink", id: 1, name: "out", inputs: [{ node: 0, output: "main" }], schema: null };
  assert.deepEqual(errorsOf(withNodes(source, sinkNode)), []);
  const cases: [unknown, RegExp][] = [
    [{ ...sinkNode, id: 7 }, /node "out" stands at 1 but has id 7/],
    [{ ...sinkNode, inputs: [] }, /sink "out" has 0 inputs, which it cannot/],
    [{ ...sinkNode, inputs: [{ node: 1, output: "main" }] }, /takes input from node 1, which does not come before it/],
    [{ ...sinkNode, inputs: [{ node: 9, output: "main" }] }, /takes input from node 9, which does not come before it/],
    [{ ...sinkNode, inputs: [{ node: 0, output: "late" }] }, /source "in" has no output "late"/],
    [{ ...sinkNode, name: "in" }, /two ports are named "in"/],
  ];
  for (const [node, words] of cases) {
    const errors = errorsOf(withNodes(source, node));
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? "", words);
  }
  const behind = { ...sinkNode, id: 2, name: "more", inputs: [{ node: 1, output: "main" }] };
  assert.match(
    errorsOf(withNodes(source, sinkNode, behind))[0] ?? "",
    /takes input from sink "out", which has no output/,
  );
});
