import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { count } from "../dsl/aggregates.ts";
import { pipeline } from "../dsl/pipeline.ts";
import { session, tumbling } from "../dsl/windows.ts";
import { testRun } from "./test-run.ts";

const Event = z.object({ key: z.string(), t: z.number() });

const WINDOWS = { tumbling: tumbling("10ms"), session: session("10ms") };

for (const [name, window] of Object.entries(WINDOWS)) {
  for (const [before, after] of [
    [1, 1],
    [2, 1],
    [1, 2],
  ] as const) {
    test(`a split that was idle does not make a ${name} window fire twice after a restart, parallelism ${before} to ${after}`, async () => {
      const t = await testRun(
        pipeline("idle", (p) => {
          p.source("in", Event, { eventTime: (e) => e.t, outOfOrder: "0ms", idle: "1s" })
            .keyBy((e) => e.key)
            .window(window, { late: p.sink("late") })
            .aggregate("counts", { n: count() })
            .to(p.sink("out"));
        }),
        { parallelism: before, splits: { in: 2 } },
      );

      await t.play("in", 1, { record: { key: "a", t: 5 } });
      await t.play("in", 0, { record: { key: "a", t: 6 } }, { record: { key: "b", t: 100 } });
      await t.checkpoint();
      assert.deepEqual(t.sinks["out"], [], "split 1 holds the window back");

      await t.advanceClock("2s");
      await t.checkpoint();
      assert.equal(t.sinks["out"]?.length, 1, "once it is idle the window fires");

      await t.crash({ parallelism: after });
      await t.play("in", 1, { record: { key: "a", t: 7 } });
      await t.end();
      assert.deepEqual(t.sinks["late"], [{ key: "a", t: 7 }]);
      assert.equal(t.sinks["out"]?.length, 2, "that of b and no second one of a");
    });
  }
}
