import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { count } from "../dsl/aggregates.ts";
import { pipeline } from "../dsl/pipeline.ts";
import { testRun } from "../testing/test-run.ts";

test("a worker in the calling thread answers for its facts at once, to all who ask", async () => {
  const counts = pipeline("counts", (p) => {
    p.source("words", z.string())
      .keyBy((word) => word)
      .aggregate("counts", { n: count() })
      .to(p.sink("counts"));
  });
  const t = await testRun(counts);
  await t.send("words", "a", "b", "a");
  const [first, second] = await Promise.all([t.facts(), t.facts()]);
  for (const facts of [first, second]) {
    const operators = facts.flatMap(({ operators: each }) => each);
    assert.equal(operators.find(({ name }) => name === "counts")?.keys, 2);
  }
  await t.end();
  assert.deepEqual(await t.facts(), []);
});
