import assert from "node:assert/strict";
import { test } from "node:test";
import { runReadings, type ScenarioOptions } from "./readings-scenario.test-only.ts";
import { priorities } from "./schedule-strategy.ts";

/** Runs seeds; what is committed at the end must be what the reference gives, each record once. */
async function check(
  seeds: number,
  options: (seed: number) => Omit<ScenarioOptions, "seed">,
): Promise<{ lives: number }> {
  let lives = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const result = await runReadings({ seed, ...options(seed) });
    assert.equal(result.difference, "", `seed ${seed}: ${String(result.failures[0])}`);
    assert.equal(result.outcome?.outcome, "finished", `seed ${seed}`);
    lives += result.lives;
  }
  return { lives };
}

test("without faults a job is finished in one life", async () => {
  assert.equal((await check(3, () => ({ crashes: 0 }))).lives, 3);
});

test("killed at random steps, started again at another parallelism: files hold each record once", async () => {
  assert.ok((await check(30, () => ({ crash: "kill" }))).lives > 80);
});

test("the power fails: files hold each record once, on a file system with an ordered journal", async () => {
  assert.ok((await check(30, () => ({ faults: { disk: { powerLoss: "ordered" } } }))).lives > 80);
});

test("the power fails, and what was not synced is lost in the worst ways: committed records are right", async () => {
  assert.ok((await check(30, () => ({ sinks: "memory" }))).lives > 35);
});

test("with priorities, slow disks and a slow machine, too", async () => {
  await check(20, () => ({
    crash: "kill",
    strategy: priorities(),
    faults: { disk: { latencyMs: 5, slow: 0.05, slowMs: 300 }, time: { passes: 0.1, clockReadMs: 0.5 } },
  }));
});

test("calls of the disk fail: the job stops and, started again, commits each record once", async () => {
  let failures = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const faults = { disk: { writeError: 0.02, syncError: 0.02, noSpace: 0.02, readError: 0.01 } };
    const result = await runReadings({ seed, faults, sinks: "memory", crashes: 1 });
    assert.equal(result.difference, "", `seed ${seed}: ${String(result.failures[0])}`);
    failures += result.failures.length;
  }
  assert.ok(failures > 10, `${failures} failures`);
});

test("each subtask in a thread: killed at random steps and messages, files hold each record once", async () => {
  assert.ok(
    (await check(15, () => ({ threads: true, records: 2_000, crash: "kill", faults: { messages: { latencyMs: 3 } } })))
      .lives > 30,
  );
});
