import assert from "node:assert/strict";
import { test } from "node:test";
import { failureText } from "./report-text.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import { sweep, sweepPairs, type SweepReport } from "./sweep.ts";

const drain = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** A scenario with settings that make at least so many checkpoints of it. */
function scenario(
  name: string,
  options: { parallelism: number; paceMs: number; everyMs: number; records?: number },
): Scenario {
  const found = SCENARIOS.find((each) => each.name === name);
  assert.ok(found !== undefined, name);
  const inputs = Object.fromEntries(
    Object.entries(found.inputs).map(([port, splits]) => [
      port,
      splits.map((records) => records.slice(0, options.records)),
    ]),
  );
  return {
    ...found,
    inputs,
    settings: {
      ...found.settings,
      parallelism: [options.parallelism],
      paceMs: [options.paceMs],
      batchRows: [4],
      checkpointEveryMs: [options.everyMs],
      powerLoss: ["posix"],
    },
  };
}

function assertClean({ failures, runs }: SweepReport): void {
  const [first] = failures;
  const text = first === undefined ? "" : `${JSON.stringify(first.crashes)}\n${failureText(first.report)}`;
  assert.equal(failures.length, 0, `${failures.length} of ${runs} runs: ${text}`);
}

for (const [name, parallelism] of [
  ["late-windows-0", 1],
  ["sessions-1", 2],
  ["timers-2", 1],
  ["lookups-3", 1],
  ["stateless-4", 2],
] as const) {
  test(`${name}: a crash at every operation of three checkpoints, clean, torn, and with the cache lost`, async (t) => {
    const report = await sweep(scenario(name, { parallelism, paceMs: 10, everyMs: name === "lookups-3" ? 15 : 22 }), {
      drain,
    });
    t.diagnostic(`${report.runs} runs, ${report.operations} operations, ${report.checkpoints} checkpoints`);
    assert.ok(report.checkpoints >= 3, `${report.checkpoints} checkpoints`);
    assertClean(report);
  });
}

test("a small job: crashes at every pair of operations", async (t) => {
  const small = scenario("timers-1", { parallelism: 1, paceMs: 5, everyMs: 1_000, records: 4 });
  const report = await sweepPairs(small, { drain, crashes: ["clean", "lost"] });
  t.diagnostic(`${report.runs} runs, ${report.operations} operations, ${report.checkpoints} checkpoints`);
  assertClean(report);
});
