import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { priorities, randomWalk } from "./schedule-strategy.ts";
import { runReadings, type ScenarioOptions } from "./readings-scenario.test-only.ts";

const FAULTS = {
  disk: { latencyMs: 3, slow: 0.02, slowMs: 40 },
  messages: { latencyMs: 2 },
  time: { passes: 0.05 },
} satisfies ScenarioOptions["faults"];

const seeds = [1, 2, 3, 4];

async function hashOf(options: ScenarioOptions): Promise<string> {
  const { simulation } = await runReadings({ sinks: "memory", faults: FAULTS, ...options });
  return simulation.trace.hash();
}

test("the same seed gives the same trace, another seed another", async () => {
  const first = await Promise.all(seeds.map((seed) => hashOf({ seed })));
  assert.equal(new Set(first).size, seeds.length);
  for (const [index, seed] of seeds.entries()) assert.equal(await hashOf({ seed }), first[index]);
});

test("the same holds with threads", async () => {
  for (const seed of [1, 2]) {
    const options = { seed, threads: true, sinks: "files", crash: "kill" } as const;
    assert.equal(await hashOf(options), await hashOf(options));
  }
});

test("whether the trace is kept or logged changes nothing about it", async () => {
  const lines: unknown[] = [];
  const loud = await hashOf({ seed: 5, keepTrace: true, log: (entry) => lines.push(entry) });
  assert.equal(await hashOf({ seed: 5 }), loud);
  assert.ok(lines.length > 100);
});

test("another process comes to the same trace", async () => {
  const program = fileURLToPath(new URL("print-hashes.test-only.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--conditions=@tidemark/source",
    program,
    seeds.join(),
  ]);
  const here: string[] = [];
  for (const seed of seeds) here.push(await hashOf({ seed }));
  assert.deepEqual(stdout.trim().split("\n"), here);
});

test("a tape replays its run, whatever the seed's strategy would have chosen", async () => {
  for (const strategy of [randomWalk, priorities]) {
    const first = await runReadings({ seed: 6, sinks: "memory", faults: FAULTS, strategy: strategy() });
    const tape = first.simulation.tape();
    assert.equal(await hashOf({ seed: 6, tape, strategy: strategy() }), first.simulation.trace.hash());
  }
});

test("an empty tape is the plain run: no crash, first come first served", async () => {
  const run = await runReadings({ seed: 6, sinks: "memory", faults: FAULTS, crashes: 0, tape: {} });
  assert.deepEqual([run.lives, run.difference], [1, ""]);
});
