import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Host } from "@tidemark/engine/host";
import { failureText, shrunkText } from "./report-text.ts";
import { runSeed } from "./run-seed.ts";
import type { RunReport } from "./scenario.ts";
import { scenarioOf } from "./scenarios.ts";
import { shrink } from "./shrink.ts";

const drain = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** A bug: nothing but manifests is ever synced. */
function withoutSyncs(host: Host): Host {
  const { disk } = host;
  return {
    ...host,
    disk: {
      ...disk,
      async openWrite(path, mode) {
        const file = await disk.openWrite(path, mode);
        return path.includes("/manifests/") ? file : { ...file, sync: () => Promise.resolve() };
      },
    },
  };
}

/** The first seed that finds it. */
async function failing(plantHost: (host: Host) => Host): Promise<RunReport> {
  for (let seed = 1; seed < 200; seed++) {
    const report = await runSeed(scenarioOf(seed), seed, { drain, plantHost });
    if (report.violations.length > 0 && report.faults.length > 1) return report;
  }
  assert.fail("200 seeds find nothing");
}

test("a planted bug is found, and its seed is shrunk to few faults and few records", async () => {
  const report = await failing(withoutSyncs);
  const options = { drain, plantHost: withoutSyncs };
  const shrunk = await shrink(scenarioOf(report.seed), report.seed, options);
  assert.ok(shrunk !== null);
  const { faults } = shrunk.report;
  const left = faults.filter((_, number) => shrunk.options.onlyFaults?.has(number) ?? true);
  assert.ok(left.length <= 2, `${left.length} faults are left`);
  assert.ok(shrunk.records <= 5, `${shrunk.records} records are left`);
  assert.equal(shrunk.report.violations[0]?.invariant, report.violations[0]?.invariant);
  assert.match(failureText(report), new RegExp(`npm run simulate -- --seed ${report.seed}`));
  assert.match(shrunkText(shrunk), /timeline/);
  assert.ok(shrunk.report.timeline.length > 5);
});

test("a seed that does not fail is not shrunk", async () => {
  assert.equal(await shrink(scenarioOf(1), 1, { drain }), null);
});

test("another process comes to the same trace by the command that replays a seed", async () => {
  const program = fileURLToPath(new URL("../../../../scripts/simulate.ts", import.meta.url));
  for (const seed of [3, 4]) {
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--conditions=@tidemark/source",
      program,
      "--json",
      "--seed",
      String(seed),
    ]);
    const other = JSON.parse(stdout) as RunReport;
    assert.equal(other.traceHash, (await runSeed(scenarioOf(seed), seed, { drain })).traceHash, `seed ${seed}`);
  }
});
