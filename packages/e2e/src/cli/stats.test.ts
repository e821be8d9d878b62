import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cli, folderOf, RUN_DELAYS } from "./scratch.ts";

interface Stats {
  readonly steps: readonly {
    readonly name: string;
    readonly use: string;
    readonly records: number;
    readonly ms: number;
    readonly share: number;
  }[];
  readonly uses: readonly { readonly share: number }[];
  readonly recordsRead: number;
  readonly busyMs: number;
  readonly idleMs: number;
  readonly cpuMs: number;
  readonly recordsPerCpuSecond: number;
}

describe("tidemark run --stats", () => {
  test("shows at the end where the time went, a step a line, and says nothing on standard output", async (t) => {
    const folder = await folderOf(t);
    const { exitCode, stdout, stderr } = await cli(folder, [...RUN_DELAYS, "--stats"]);
    assert.equal(exitCode, 0, stderr);
    assert.equal(stdout, "");
    const lines = stderr.split("\n");
    const head = lines.findIndex((line) => /^step +what +records +calls +ns\/record +time +share$/.test(line));
    assert.ok(head >= 0, stderr);
    assert.match(lines[head + 1] ?? "", /^flights +read, decode +3 .* %$/);
    assert.match(stderr, /^hourly +state +3 .* %$/m);
    assert.match(stderr, /^hourly +encode, write +2 .* %$/m);
    assert.match(stderr, /^in all: .* \d+\.\d %/m);
    assert.match(
      stderr,
      /workers busy .*, idle .*; 3 records in .* of CPU time of the process: \d+ records per CPU-second/,
    );
    const without = await cli(await folderOf(t), RUN_DELAYS);
    assert.doesNotMatch(without.stderr, /ns\/record/);
  });

  test("with --json the figures are in the one document, added up over all workers", async (t) => {
    for (const parallelism of ["1", "3"]) {
      const folder = await folderOf(t);
      const args = [...RUN_DELAYS, "--stats", "--json", "-p", parallelism];
      const { exitCode, stdout, stderr } = await cli(folder, args);
      assert.equal(exitCode, 0, stderr);
      assert.doesNotMatch(stderr, /ns\/record/);
      const { records, stats } = JSON.parse(stdout) as { records: number; stats: Stats };
      assert.deepEqual([records, stats.recordsRead], [3, 3]);
      const sum = (pick: (step: Stats["steps"][number]) => number): number =>
        stats.steps.reduce((all, step) => all + pick(step), 0);
      assert.ok(Math.abs(sum(({ ms }) => ms) - stats.busyMs - stats.idleMs) < 1e-6);
      assert.ok(Math.abs(sum(({ share }) => share) - 1) < 1e-9);
      assert.equal(stats.steps.find(({ name, use }) => name === "hourly" && use === "state")?.records, 3);
      assert.ok(stats.cpuMs > 0 && stats.recordsPerCpuSecond > 0);
    }
  });

  test("a run that has nothing to do has no figures", async (t) => {
    const folder = await folderOf(t);
    await cli(folder, RUN_DELAYS);
    const { exitCode, stdout, stderr } = await cli(folder, [...RUN_DELAYS, "--stats", "--json"]);
    assert.equal(exitCode, 0, stderr);
    assert.equal((JSON.parse(stdout) as { stats?: Stats }).stats, undefined);
  });
});
