import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { count } from "../dsl/aggregates.ts";
import type { PipelineBuilder } from "../dsl/pipeline-builder.ts";
import { pipeline } from "../dsl/pipeline.ts";
import { testRun } from "../testing/test-run.ts";
import { planPhysicalGraph } from "./physical-graph.ts";

const Row = z.object({ key: z.string(), at: z.number() });

/** Names of the lookups that may hold their stream back. */
function waiting(build: (p: PipelineBuilder) => void): string[] {
  const { tasks } = planPhysicalGraph(pipeline("test", build).graph);
  return tasks.filter(({ gates }) => gates.some(({ mayWait }) => mayWait)).map(({ name }) => name);
}

describe("a lookup holds its stream back only where its table can go on meanwhile", () => {
  test("stream and table of different sources: it may", () => {
    const names = waiting((p) => {
      const table = p
        .source("table", Row)
        .keyBy((row) => row.key)
        .toTable("rows");
      p.source("stream", Row)
        .keyBy((row) => row.key)
        .lookup("joined", table, (row) => row)
        .to(p.sink("out"));
    });
    assert.deepEqual(names, ["joined"]);
  });

  test("both of one source: it may not, the source would stop for both", () => {
    const names = waiting((p) => {
      const rows = p.source("rows", Row).keyBy((row) => row.key);
      rows.lookup("joined", rows.aggregate("counts", { n: count() }), (row) => row).to(p.sink("out"));
    });
    assert.deepEqual(names, []);
  });

  test("a table that is itself the result of a lookup in the stream's source: it may not", () => {
    const names = waiting((p) => {
      const stream = p.source("stream", Row).keyBy((row) => row.key);
      const other = p.source("other", Row).keyBy((row) => row.key);
      const enriched = other.lookup("inner", stream.toTable("streamed"), (row) => row);
      stream.lookup("outer", enriched.keyBy((row) => row.key).toTable("enriched"), (row) => row).to(p.sink("out"));
    });
    assert.deepEqual(names, ["inner"]);
  });

  test("two lookups, each in the other's source: neither may", () => {
    const names = waiting((p) => {
      const one = p.source("one", Row).keyBy((row) => row.key);
      const two = p.source("two", Row).keyBy((row) => row.key);
      one.lookup("one-in-two", two.toTable("twos"), (row) => row).to(p.sink("a"));
      two.lookup("two-in-one", one.toTable("ones"), (row) => row).to(p.sink("b"));
    });
    assert.deepEqual(names, []);
  });
});

test("more rows of one source wait for the table than may wait, and the job ends all the same", async () => {
  const joined = pipeline("joined", (p) => {
    const rows = p.source("rows", Row, { eventTime: (row) => row.at, outOfOrder: "0ms" }).keyBy((row) => row.key);
    const table = rows.aggregate("counts", { n: count() });
    rows
      .lookup("joined", table, (row, found) => ({ ...row, n: found?.n }))
      .keyBy((row) => row.key)
      .aggregate("total", { n: count() })
      .to(p.sink("out"));
  });
  const t = await testRun(joined);
  const rowCount = 64 * 1_024 + 32 * 1_024;
  for (let sent = 0; sent < rowCount; sent += 8_192) {
    await t.send("rows", ...Array.from({ length: 8_192 }, (_, row) => ({ key: `${row % 4}`, at: 5 })));
  }
  await t.end();
  assert.equal(t.sinks["out"]?.length, 4 + 2 * (rowCount - 4));
});
