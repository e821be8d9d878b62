import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { pipeline } from "../dsl/pipeline.ts";
import { memorySink } from "../connector/memory-sink.ts";
import { script } from "../connector/script.ts";
import { start } from "../run/start.ts";
import { memoryHost } from "../testing/memory-host.ts";
import { jobTimes, sumTimes, type JobTimes } from "./job-times.ts";

const Row = z.object({ key: z.string(), at: z.number() });

/** Runs a pipeline whose functions take as long as they say, on a clock that stands still otherwise; gives its times, and what passed. */
async function timesOf(rows: readonly z.infer<typeof Row>[]): Promise<{ times: JobTimes; passedMs: number }> {
  const host = memoryHost();
  let ms = 0;
  const spend = <T>(spent: number, value: T): T => {
    ms += spent;
    return value;
  };
  const timed = pipeline("timed", (p) => {
    p.source("rows", Row, { eventTime: (row) => spend(1, row.at), outOfOrder: "0ms" })
      .map((row) => spend(10, { ...row }))
      .keyBy((row) => spend(100, row.key))
      .reduce("newest", (_before, row) => spend(1_000, row))
      .to(p.sink("out"));
  });
  const clock = { now: () => host.clock.now(), monotonicMs: () => ms };
  const { job, result } = await host.runUntil(
    start(timed, {
      host: { ...host, clock },
      bind: { rows: script([...rows.map((record) => ({ record })), "end"]), out: memorySink() },
      stateDirectory: "state",
      checkpoint: { every: "manual" },
    }),
  );
  assert.ok(job !== null);
  await host.runUntil(result);
  return { times: await jobTimes(job), passedMs: ms };
}

describe("where a job's time goes", () => {
  test("each step's own time, records and calls; together they are the time that passed", async () => {
    const { times, passedMs } = await timesOf(
      Array.from({ length: 6 }, (_, index) => ({ key: index % 2 === 0 ? "a" : "b", at: index })),
    );
    const found = times.steps
      .filter(({ ms }) => ms > 0)
      .map(({ name, use, records, ms }) => ({ name, use, records, ms }));
    assert.deepEqual(found, [
      { name: "rows", use: "event-time", records: 6, ms: 6 },
      { name: "map-1", use: "steps", records: 6, ms: 60 },
      { name: "keyBy-1", use: "keys", records: 6, ms: 600 },
      { name: "newest", use: "state", records: 6, ms: 4_000 },
    ]);
    assert.equal(times.steps.find(({ name }) => name === "out")?.records, 6 + 4);
    assert.equal(times.recordsRead, 6);
    assert.equal(times.busyMs + times.idleMs, passedMs);
    assert.equal(times.steps.find(({ name }) => name === "newest")?.nsPerRecord, (4_000 * 1e6) / 6);
    assert.deepEqual(
      times.uses.slice(0, 2).map(({ use, ms }) => ({ use, ms })),
      [
        { use: "state", ms: 4_000 },
        { use: "keys", ms: 600 },
      ],
    );
    const shares = times.uses.reduce((sum, { share }) => sum + share, 0);
    assert.ok(Math.abs(shares - 1) < 1e-9, `${shares}`);
  });

  test("workers are added up by step", () => {
    const worker = [
      { name: "rows", use: "decode", records: 10, calls: 1, ms: 4 },
      { name: "worker", use: "idle", records: 0, calls: 3, ms: 6 },
    ] as const;
    const { steps, busyMs, idleMs, recordsRead } = sumTimes([worker, worker, []]);
    assert.deepEqual({ busyMs, idleMs, recordsRead }, { busyMs: 8, idleMs: 12, recordsRead: 20 });
    assert.deepEqual(steps[0], {
      name: "rows",
      use: "decode",
      records: 20,
      calls: 2,
      ms: 8,
      nsPerRecord: 400_000,
      share: 1,
    });
    assert.equal(steps[1]?.share, 0);
  });
});
