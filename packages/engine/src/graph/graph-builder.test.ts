import assert from "node:assert/strict";
import { test } from "node:test";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { TidemarkError } from "../foundation/error.ts";
import { GraphBuilder } from "./graph-builder.ts";
import type { SourceOptions } from "./logical-graph.ts";

const ANY_SCHEMA: StandardSchemaV1 = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };
const OPTIONS: SourceOptions = {
  eventTime: null,
  outOfOrderMs: 0,
  idleMs: null,
  maxAheadMs: 0,
  onInvalid: "fail",
  trust: false,
};
const same = (record: never): unknown => record;

function pipelineError(run: () => unknown, words: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof TidemarkError);
    assert.equal(error.code, "TM_PIPELINE");
    assert.match(error.message, words);
    return true;
  });
}

test("names steps without state by kind and number, and puts sinks at the end", () => {
  const builder = new GraphBuilder("p");
  const source = builder.source("in", ANY_SCHEMA, OPTIONS);
  builder.sink("out", null);
  builder.connect(source, "out");
  const first = builder.stateless({ kind: "map", fn: same, inputs: [source] });
  const kept = builder.stateless({ kind: "filter", fn: same, inputs: [first] });
  const second = builder.stateless({ kind: "map", fn: same, inputs: [kept] });
  builder.connect(second, "out");
  const graph = builder.finish("skip");
  assert.equal(graph.onError, "skip");
  assert.deepEqual(
    graph.nodes.map((node) => [node.id, node.name, node.inputs.map((input) => input.node)]),
    [
      [0, "in", []],
      [1, "map-1", [0]],
      [2, "filter-1", [1]],
      [3, "map-2", [2]],
      [4, "out", [0, 3]],
    ],
  );
});

test("a step and a sink may share a name, two steps or two ports may not", () => {
  const builder = new GraphBuilder("p");
  const source = builder.source("in", ANY_SCHEMA, OPTIONS);
  const keyed = builder.stateless({ kind: "keyBy", fn: () => "k", inputs: [source] });
  builder.connect(builder.stateful("hourly", { kind: "reduce", fn: same, inputs: [keyed] }), sinkOf(builder, "hourly"));
  pipelineError(
    () => builder.stateful("hourly", { kind: "reduce", fn: same, inputs: [keyed] }),
    /stable id "hourly" is used twice; give each step .* an id of its own\. pipeline=p/,
  );
  pipelineError(() => sinkOf(builder, "hourly"), /port "hourly" is declared twice; keep the first sink in a variable/);
  pipelineError(() => sinkOf(builder, "in"), /port "in" is declared twice/);
  builder.claimStableId("table", "a table");
  pipelineError(() => builder.claimStableId("table", "a table"), /used twice/);
});

function sinkOf(builder: GraphBuilder, port: string): string {
  builder.sink(port, null);
  return port;
}

test("refuses names that are none, generated ones, and the reserved port", () => {
  const builder = new GraphBuilder("p");
  for (const name of ["", "a b", "-a", "a=b", "a/b", "..", "ü", "x".repeat(65)]) {
    pipelineError(() => new GraphBuilder(name), /a pipeline needs a name of 1 to 64 letters/);
    pipelineError(() => sinkOf(builder, name), /the port of a sink needs a name/);
    pipelineError(() => builder.claimStableId(name, "a table"), /the stable id of a table needs a name/);
  }
  pipelineError(() => builder.claimStableId(undefined as never, "a table"), /not a value of type undefined/);
  pipelineError(() => builder.claimStableId("map-3", "a table"), /looks like a generated name/);
  pipelineError(() => sinkOf(builder, "dead-letters"), /reserved: bind it in the configuration/);
  builder.claimStableId("a.B_c-9", "a table");
});

test("refuses a sink without a stream, the same stream twice, and steps after the end", () => {
  const builder = new GraphBuilder("p");
  const source = builder.source("in", ANY_SCHEMA, OPTIONS);
  builder.connect(source, sinkOf(builder, "out"));
  pipelineError(() => builder.connect(source, "out"), /the same stream leads to sink "out" twice/);
  builder.finish("fail");
  pipelineError(() => builder.stateless({ kind: "map", fn: same, inputs: [source] }), /a map was added after/);
  pipelineError(() => builder.connect(source, "out"), /a stream to sink "out" was added after/);

  const open = new GraphBuilder("open");
  sinkOf(open, "out");
  pipelineError(
    () => open.finish("fail"),
    /no stream leads to sink "out"; write stream\.to\(…\) to it, or remove the sink/,
  );
});
