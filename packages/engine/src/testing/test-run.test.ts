import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { count } from "../dsl/aggregates.ts";
import { pipeline, type Pipeline } from "../dsl/pipeline.ts";
import { state } from "../dsl/state.ts";
import { session, tumbling } from "../dsl/windows.ts";
import { FAILPOINTS } from "../host/host.ts";
import type { WindowSpec } from "../operator/window-spec.ts";
import { clock, record } from "./reference/element.ts";
import { referenceRun } from "./reference/reference-run.ts";
import { testRun } from "./test-run.ts";

const Click = z.object({ user: z.string(), at: z.number() });

const clicks = pipeline("clicks", (p) => {
  const byUser = p.source("clicks", Click, { eventTime: (c) => c.at, outOfOrder: "0ms" }).keyBy((c) => c.user);
  byUser
    .window(tumbling("1m"), { late: p.sink("late", Click) })
    .aggregate("per-minute", { n: count() })
    .to(p.sink("counts"));
  byUser
    .process("quiet", {
      emits: z.object({ user: z.string(), n: z.number(), at: z.number() }),
      state: { n: state.value(z.number()) },
      timers: { idle: "processingTime" },
      onRecord(_, c) {
        c.state.n.set((c.state.n.get() ?? 0) + 1);
        c.timer("idle").at(c.now() + 60_000);
      },
      onTimer: {
        idle(c) {
          c.emit({ user: c.key, n: c.state.n.get() ?? 0, at: c.time });
          c.state.n.clear();
        },
      },
    })
    .to(p.sink("quiet"));
});

const result = (key: string, start: number, n: number): unknown => ({
  key,
  window: { start, end: start + 60_000 },
  revision: 0,
  n,
});

for (const parallelism of [1, 3]) {
  test(`records, event time, checkpoints and the end, at parallelism ${parallelism}`, async () => {
    const t = await testRun(clicks, { parallelism, now: 0 });
    await t.send("clicks", { user: "a", at: 1 }, { user: "a", at: 2 });
    assert.deepEqual(t.written["counts"], []);
    await t.advanceTo("clicks", 60_000);
    assert.deepEqual(t.written["counts"], [result("a", 0, 2)]);
    assert.deepEqual(t.sinks["counts"], []);
    await t.checkpoint();
    assert.deepEqual(t.sinks["counts"], [result("a", 0, 2)]);
    await t.send("clicks", { user: "a", at: 3 }, { user: "b", at: 60_001 });
    await t.end();
    assert.deepEqual(t.sinks["counts"], [result("a", 0, 2), result("b", 60_000, 1)]);
    assert.deepEqual(t.sinks["late"], [{ user: "a", at: 3 }]);
  });
}

test("a crash loses nothing that was sent and doubles nothing", async () => {
  const t = await testRun(clicks, { parallelism: 2, now: 0 });
  await t.send("clicks", { user: "a", at: 1 });
  await t.checkpoint();
  await t.send("clicks", { user: "a", at: 2 }, { user: "b", at: 3 }, { user: "a", at: 70_000 });
  await t.crash({ parallelism: 3 });
  await t.crash();
  await t.send("clicks", { user: "a", at: 4 });
  await t.end();
  assert.deepEqual([...(t.sinks["counts"] ?? [])].sort(byKeyAndStart), [
    result("a", 0, 2),
    result("a", 60_000, 1),
    result("b", 0, 1),
  ]);
  assert.deepEqual(t.sinks["late"], [{ user: "a", at: 4 }]);
});

test("a crash at any step of a checkpoint: its output is committed once, with this checkpoint or the next", async () => {
  const committed: Record<string, number | undefined> = {};
  for (const step of FAILPOINTS) {
    const t = await testRun(clicks, { parallelism: 2, now: 0 });
    await t.send("clicks", { user: "a", at: 1 }, { user: "a", at: 60_000 });
    await t.checkpoint();
    await t.send("clicks", { user: "a", at: 2 }, { user: "a", at: 3 });
    await t.crash({ during: step });
    committed[step] = t.sinks["late"]?.length;
    await t.end();
    assert.deepEqual(t.sinks["counts"], [result("a", 0, 1), result("a", 60_000, 1)], step);
    assert.deepEqual(
      t.sinks["late"],
      [
        { user: "a", at: 2 },
        { user: "a", at: 3 },
      ],
      step,
    );
  }
  assert.equal(committed["checkpoint.manifest.before-link"], 0);
  assert.equal(committed["checkpoint.manifest.after-durable"], 2);
});

test("the wall clock stands still until it is moved, then stops wherever a timer is due", async () => {
  const t = await testRun(clicks, { now: 1_000 });
  await t.send("clicks", { user: "a", at: 1 });
  await t.advanceClock("59s");
  await t.send("clicks", { user: "b", at: 1 });
  assert.deepEqual(t.written["quiet"], []);
  await t.advanceClock("1s");
  assert.deepEqual(t.written["quiet"], [{ user: "a", n: 1, at: 61_000 }]);
  await t.advanceClock("1h");
  assert.deepEqual(t.written["quiet"]?.[1], { user: "b", n: 1, at: 120_000 });
  assert.equal(t.now, 3_661_000);
});

test("what a processing-time timer emits before there is a watermark belongs to no window", async () => {
  const Row = z.object({ k: z.string(), t: z.number() });
  const timed = (window: WindowSpec): Pipeline =>
    pipeline(
      "timed",
      (p) => {
        const options = { eventTime: (r: { t: number }) => r.t, idle: "never" } as const;
        p.source("a", Row, options)
          .merge(p.source("silent", Row, options))
          .keyBy((r) => r.k)
          .process("p", {
            emits: Row,
            timers: { soon: "processingTime" },
            onRecord: (_, c) => c.timer("soon").at(c.now() + 5),
            onTimer: { soon: (c) => c.emit({ k: c.key, t: c.time }) },
          })
          .keyBy((r) => r.k)
          .window(window)
          .aggregate("w", { n: count() })
          .to(p.sink("out"));
      },
      { onError: "deadLetter" },
    );
  for (const window of [tumbling("10ms"), session("10ms")]) {
    const pipelineUnderTest = timed(window);
    const t = await testRun(pipelineUnderTest, { now: 0 });
    await t.send("a", { k: "x", t: 1 });
    await t.advanceClock("10ms");
    await t.end();
    assert.deepEqual(t.sinks["out"], []);
    assert.match(String((t.deadLetters[0] as { message: string }).message), /no event time/);
    const elements = [record({ k: "x", t: 1 }), clock(10)];
    const reference = referenceRun(pipelineUnderTest.graph, { a: [elements], silent: [[]] }, { now: 0 });
    assert.deepEqual([reference.sinks["out"], reference.deadLetters.length], [[], t.deadLetters.length]);
  }
});

test("processing-time timers that are pending at the end do not fire", async () => {
  const t = await testRun(clicks, { now: 0 });
  await t.send("clicks", { user: "a", at: 1 });
  await t.end();
  await t.advanceClock("2m");
  assert.deepEqual(t.written["quiet"], []);
});

test("a job that fails rejects the call that made it fail, and all that follow", async () => {
  const failing = pipeline("failing", (p) => {
    p.source("in", z.object({ n: z.number() }))
      .map((r) => {
        if (r.n === 2) throw new Error("two");
        return r;
      })
      .to(p.sink("out"));
  });
  const t = await testRun(failing);
  await t.send("in", { n: 1 });
  await assert.rejects(t.send("in", { n: 2 }), { code: "TM_USER_CODE" });
  await assert.rejects(t.checkpoint(), { code: "TM_USER_CODE" });
  await assert.rejects(t.send("nowhere", 1), { code: "TM_NOT_FOUND" });
});

function byKeyAndStart(a: unknown, b: unknown): number {
  const text = (row: unknown): string => {
    const { key, window } = row as { key: string; window: { start: number } };
    return `${key} ${String(window.start).padStart(9, "0")}`;
  };
  return text(a) < text(b) ? -1 : 1;
}
