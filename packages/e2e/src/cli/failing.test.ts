import assert from "node:assert/strict";
import { appendFile, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { TidemarkProcess } from "../tidemark-process.ts";
import { cli, DELAYS, fixture, FLIGHTS, folderOf, linesOf, recordsOf, RUN_DELAYS } from "./scratch.ts";

interface Failure {
  readonly error: { readonly code: string; readonly message: string };
  readonly exitCode: number;
}

describe("exit code 1: failed, and trying again will not help", () => {
  test("a sink's own mistake is shown with its stack", async (t) => {
    const folder = await folderOf(t);
    const args = ["run", DELAYS, "--bind", "flights=jsonl:flights.jsonl", "-c", fixture("./broken-sink.config.ts")];
    const { exitCode, stdout, stderr } = await cli(folder, [...args, "--json"]);
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /RangeError: the sink has a mistake\n\s+at Object\.write .*broken-sink\.config\.ts/);
    const { error, exitCode: told } = JSON.parse(stdout) as Failure;
    assert.deepEqual([error.code, told], ["TM_INTERNAL", 1]);
    assert.match(error.message, /the sink has a mistake/);
  });

  test("an output file with somebody else's content is not written over", async (t) => {
    const folder = await folderOf(t);
    await writeFile(join(folder, "hourly.jsonl"), "not the job's\n");
    const { exitCode, stderr } = await cli(folder, RUN_DELAYS);
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /TM_SINK_CHANGED .*file=hourly\.jsonl/);
    assert.equal(await readFile(join(folder, "hourly.jsonl"), "utf8"), "not the job's\n");
  });
});

describe("a limit of state", () => {
  const COUNT = ["run", fixture("./counter-pipeline.ts"), "--bind", "flights=jsonl:flights.jsonl"];
  COUNT.push("--bind", "counts=jsonl:counts.jsonl", "-p", "2", "--json");
  const origins = Array.from({ length: 6_000 }, (_, n) => ({ ...FLIGHTS[0], origin: `airport number ${n}` }));

  test("stops worker threads that hold more, names the step, and can be raised", async (t) => {
    const folder = await folderOf(t);
    await writeFile(join(folder, "flights.jsonl"), linesOf(origins));
    await writeFile(join(folder, "tidemark.config.ts"), "export default { stateBytesMax: 100_000 };\n");
    const { exitCode, stdout, stderr } = await cli(folder, COUNT);
    assert.equal(exitCode, 1, stderr);
    const { error } = JSON.parse(stdout) as Failure;
    assert.equal(error.code, "TM_STATE_FULL");
    assert.match(stderr, /operator=count, .*bytesMax=100000/);
    const again = await cli(folder, [...COUNT, "--state-bytes-max", "30000000"]);
    assert.equal(again.exitCode, 0, again.stderr);
    assert.equal((await recordsOf(folder, "counts.jsonl")).length, 6_000);
  });

  test("that is none is a bad configuration", async (t) => {
    const folder = await folderOf(t);
    const { exitCode, stderr } = await cli(folder, [...COUNT, "--state-bytes-max", "0"]);
    assert.equal(exitCode, 78, stderr);
    assert.match(stderr, /TM_CONFIG stateBytesMax must be a whole number.*option=stateBytesMax, given=0/);
  });
});

describe("exit code 75: temporary, try again", () => {
  test("a checkpoint that cannot be written; the next start goes on from the one before", async (t) => {
    const folder = await folderOf(t);
    const flights = Array.from({ length: 3_000 }, (_, n) => ({ ...FLIGHTS[n % 3], delay: n }));
    await writeFile(join(folder, "flights.jsonl"), linesOf(flights));
    const args = ["run", fixture("./counter-pipeline.ts"), "-c", fixture("./slow.config.ts")];
    args.push("--bind", "counts=jsonl:counts.jsonl", "--json");
    const running = new TidemarkProcess(args, { cwd: folder });
    await running.says("running from the beginning");
    const segments = join(folder, ".tidemark/counter/segments");
    await rename(segments, `${segments}.away`);
    const failed = await running.ended;
    assert.equal(failed.exitCode, 75, failed.stderr);
    const { error } = JSON.parse(failed.stdout) as Failure;
    assert.match(error.code, /^TM_(IO|CHECKPOINT_FAILED)$/);
    await rename(`${segments}.away`, segments);
    const again = await cli(folder, args, { SLOW_RATE: "100000" });
    assert.equal(again.exitCode, 0, again.stderr);
    assert.equal((await recordsOf(folder, "counts.jsonl")).length, 3_000);
  });

  test("a state directory that cannot be made", async (t) => {
    const folder = await folderOf(t);
    await appendFile(join(folder, "file"), "");
    const { exitCode, stderr } = await cli(folder, [...RUN_DELAYS, "-s", "file/state"]);
    assert.equal(exitCode, 75, stderr);
    assert.match(stderr, /TM_IO .*path=file\/state/);
  });
});
