import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { failureText, shrunkText } from "./report-text.ts";
import { notReached, REACH_PROBES } from "./reach-probes.ts";
import { runSeed } from "./run-seed.ts";
import { scenarioOf } from "./scenarios.ts";
import { shrink } from "./shrink.ts";

const drain = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** Fresh seeds of every run of the tests. */
const FRESH = 2_000;

function rarest(reached: Readonly<Record<string, number>>): readonly string[] {
  const byTimes = REACH_PROBES.map((name) => ({ name, times: reached[name] ?? 0 })).sort((a, b) => a.times - b.times);
  return byTimes.slice(0, 10).map(({ name, times }) => `${name} ${times}`);
}

async function check(seed: number, reached: Record<string, number> = {}): Promise<void> {
  const scenario = scenarioOf(seed);
  const report = await runSeed(scenario, seed, { drain });
  for (const [name, times] of Object.entries(report.reached)) reached[name] = (reached[name] ?? 0) + times;
  if (report.violations.length === 0) return;
  const shrunk = await shrink(scenario, seed, { drain });
  assert.fail(`${failureText(report)}\n${shrunk === null ? "" : shrunkText(shrunk)}`);
}

test("every seed that ever failed", async () => {
  const text = await readFile(new URL("regressions.json", import.meta.url), "utf8");
  const regressions = JSON.parse(text) as { readonly seed: number }[];
  assert.ok(regressions.length > 0);
  for (const { seed } of regressions) await check(seed);
});

test(`${FRESH} fresh seeds hold every invariant, and meet every rare event`, async (t) => {
  const from = randomInt(2 ** 40);
  t.diagnostic(`seeds ${from} to ${from + FRESH - 1}`);
  const reached: Record<string, number> = {};
  for (let seed = from; seed < from + FRESH; seed++) await check(seed, reached);
  t.diagnostic(`rarest: ${rarest(reached).join(", ")}`);
  assert.deepEqual(notReached(reached), [], `never reached by seeds from ${from}`);
});

test("the same seed gives the same run, looked at or not", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const quiet = await runSeed(scenarioOf(seed), seed, { drain });
    const loud = await runSeed(scenarioOf(seed), seed, { timeline: true });
    assert.equal(loud.traceHash, quiet.traceHash, `seed ${seed}`);
    assert.deepEqual(loud.faults, quiet.faults);
    assert.ok(loud.timeline.length > 10);
  }
});
