import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { count } from "../dsl/aggregates.ts";
import { pipeline } from "../dsl/pipeline.ts";
import type { PipelineBuilder } from "../dsl/pipeline-builder.ts";
import { tumbling } from "../dsl/windows.ts";
import { planPhysicalGraph, type PhysicalGraph } from "./physical-graph.ts";

const Row = z.object({ key: z.string(), at: z.number() });

function plan(build: (p: PipelineBuilder) => void): PhysicalGraph {
  return planPhysicalGraph(pipeline("test", build).graph);
}

/** Tasks as "name: node > node". */
function shape({ tasks }: PhysicalGraph): string[] {
  return tasks.map(({ name, nodes }) => [name, ...nodes.map((node) => node.name)].join(" > "));
}

function edges({ tasks, edges: list }: PhysicalGraph): string[] {
  return list.map(
    ({ fromTask, toTask, partition }) => `${tasks[fromTask]?.name} -${partition}-> ${tasks[toTask]?.name}`,
  );
}

describe("a logical graph is cut into tasks", () => {
  test("stateless steps stay with their source, a run of them is one operator", () => {
    const physical = plan((p) => {
      p.source("rows", Row)
        .map((row) => row.key)
        .filter((key) => key !== "")
        .to(p.sink("out"));
    });
    assert.deepEqual(shape(physical), ["rows > map-1 > out@rows"]);
    assert.deepEqual(edges(physical), []);
  });

  test("a step that two others read ends its run", () => {
    const physical = plan((p) => {
      const keys = p.source("rows", Row).map((row) => row.key);
      keys.filter((key) => key !== "").to(p.sink("out"));
      keys.map((key) => key.length).to(p.sink("lengths"));
    });
    assert.deepEqual(shape(physical), ["rows > map-1 > filter-1 > map-2 > out@rows > lengths@rows"]);
  });

  test("everything keyed by the same keyBy shares one task behind one exchange", () => {
    const physical = plan((p) => {
      const byKey = p.source("rows", Row, { eventTime: (row) => row.at }).keyBy((row) => row.key);
      byKey.window(tumbling("1m")).aggregate("minutes", { n: count() }).to(p.sink("minutes"));
      byKey.aggregate("totals", { n: count() }).to(p.sink("totals"));
    });
    assert.deepEqual(shape(physical), [
      "rows > keyBy-1",
      "minutes > minutes > totals > minutes@minutes > totals@minutes",
    ]);
    assert.deepEqual(edges(physical), ["rows -key-> minutes"]);
  });

  test("a merge of two sources has a gate for each; a lookup likewise", () => {
    const physical = plan((p) => {
      const one = p.source("one", Row);
      const table = p
        .source("two", Row)
        .keyBy((row) => row.key)
        .toTable("table");
      one
        .merge(p.source("three", Row))
        .keyBy((row) => row.key)
        .lookup("joined", table, (row, found) => ({ ...row, found }))
        .to(p.sink("out"));
    });
    assert.deepEqual(edges(physical).sort(), [
      "merge-1 -key-> joined",
      "one -forward-> merge-1",
      "three -forward-> merge-1",
      "two -key-> joined",
    ]);
  });

  test("a sink fed from two tasks stands once in each; task names are unique although a port and a step share one", () => {
    const physical = plan((p) => {
      const out = p.sink("out");
      const rows = p.source("same", Row, { eventTime: (row) => row.at });
      rows.to(out);
      rows
        .keyBy((row) => row.key)
        .window(tumbling("1m"))
        .aggregate("same", { n: count() })
        .to(out);
    });
    assert.deepEqual(shape(physical), ["same > keyBy-1 > out@same", "same-2 > same > out@same-2"]);
  });
});
