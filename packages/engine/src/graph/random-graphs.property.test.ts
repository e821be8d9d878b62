import assert from "node:assert/strict";
import { test } from "node:test";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import fc from "fast-check";
import { fingerprintOf } from "./fingerprint.ts";
import { GraphBuilder } from "./graph-builder.ts";
import { graphJson } from "./graph-json.ts";
import { graphMermaid } from "./graph-mermaid.ts";
import { graphText } from "./graph-text.ts";
import type { LogicalGraph, NodeInput } from "./logical-graph.ts";
import { graphProblems } from "./validate-graph.ts";

const ANY_SCHEMA: StandardSchemaV1 = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };
const same = (record: never): unknown => record;

/** A step of a random graph; `from` picks among the streams that exist so far, modulo their number. */
interface RandomStep {
  readonly kind: "source" | "map" | "merge" | "window" | "lookup" | "sink";
  readonly from: number;
  readonly other: number;
  /** Adds a filter before the step in the varied graph. */
  readonly varied: boolean;
}
const randomSteps: fc.Arbitrary<RandomStep[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("source", "map", "merge", "window", "lookup", "sink"),
    from: fc.nat(1_000),
    other: fc.nat(1_000),
    varied: fc.boolean(),
  }),
  { maxLength: 25 },
);

function build(steps: readonly RandomStep[], isVaried: boolean): LogicalGraph {
  const b = new GraphBuilder("random");
  const options = { outOfOrderMs: 0, idleMs: null, maxAheadMs: 0, onInvalid: "fail", trust: false } as const;
  const source = (port: string): NodeInput => b.source(port, ANY_SCHEMA, { eventTime: () => 0, ...options });
  const keyBy = (input: NodeInput): NodeInput => b.stateless({ kind: "keyBy", fn: () => "k", inputs: [input] });
  const streams: NodeInput[] = [source("first")];
  const pick = (at: number): NodeInput => streams[at % streams.length] as NodeInput;
  steps.forEach((step, number) => {
    let from = pick(step.from);
    if (isVaried && step.varied) from = b.stateless({ kind: "filter", fn: () => true, inputs: [from] });
    switch (step.kind) {
      case "source":
        streams.push(source(`source${number}`));
        break;
      case "map":
        streams.push(b.stateless({ kind: "map", fn: same, inputs: [from] }));
        break;
      case "merge":
        streams.push(b.stateless({ kind: "merge", inputs: [from, pick(step.other)] }));
        break;
      case "window": {
        const window = { kind: "tumbling", sizeMs: 1 + (step.other % 3), offsetMs: 0 } as const;
        const inputs = [keyBy(from)];
        const result = b.stateful(`w${number}`, {
          kind: "window",
          window,
          aggregates: {},
          allowedLatenessMs: 0,
          inputs,
        });
        streams.push(result, { node: result.node, output: "late" });
        break;
      }
      case "lookup":
        streams.push(
          b.stateful(`l${number}`, { kind: "lookup", fn: same, inputs: [keyBy(from), keyBy(pick(step.other))] }),
        );
        break;
      case "sink":
        b.sink(`sink${number}`, null);
        b.connect(from, `sink${number}`);
        break;
    }
  });
  return b.finish("fail");
}

test("whatever is built in order is sound, and its forms show every node", () => {
  fc.assert(
    fc.property(randomSteps, (steps) => {
      const graph = build(steps, false);
      assert.deepEqual(
        graphProblems(graph).filter((problem) => problem.severity === "error"),
        [],
      );
      graph.nodes.forEach((node, position) => {
        assert.equal(node.id, position);
        assert.ok(node.inputs.every((input) => input.node < position));
      });
      const drawn = graphText(graph)
        .split("\n")
        .filter((line) => /─ /.test(line) && !line.endsWith("(above)"))
        .map((line) => /─ (?:\[late\] )?(\S+)/.exec(line)?.[1]);
      assert.equal(drawn.length, graph.nodes.length);
      assert.deepEqual(new Set(drawn), new Set(graph.nodes.map((node) => node.name)));
      const edges = graph.nodes.flatMap((node) => node.inputs).length;
      assert.equal(graphMermaid(graph).split("\n").length, 2 + graph.nodes.length + edges);
      assert.deepEqual(JSON.parse(JSON.stringify(graphJson(graph))), graphJson(graph));
    }),
    { numRuns: 150 },
  );
});

test("steps without state, wherever they are put, leave the fingerprint alone; a step with state never does", () => {
  fc.assert(
    fc.property(randomSteps, (steps) => {
      const before = fingerprintOf(build(steps, false));
      assert.equal(fingerprintOf(build(steps, true)), before);
      assert.notEqual(
        fingerprintOf(build([...steps, { kind: "window", from: 0, other: 0, varied: false }], false)),
        before,
      );
      assert.notEqual(
        fingerprintOf(build([...steps, { kind: "sink", from: 0, other: 0, varied: false }], false)),
        before,
      );
    }),
    { numRuns: 150 },
  );
});
