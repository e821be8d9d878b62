import assert from "node:assert/strict";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { TidemarkProcess } from "../tidemark-process.ts";
import { cli, fixture, FLIGHTS, folderOf, linesOf, recordsOf } from "./scratch.ts";

/** A user's folder with a pipeline file of its own to change. */
async function devFolder(t: TestContext): Promise<string> {
  const folder = await folderOf(t);
  await writeFile(join(folder, "counter.ts"), await readFile(fixture("./counter-pipeline.ts"), "utf8"));
  await writeFile(join(folder, "tidemark.config.ts"), await readFile(fixture("./slow.config.ts"), "utf8"));
  return folder;
}

/** More than two runs read: a source hands out batches of 1,024 whole, then waits for its pace. */
const COUNT = 4_000;
const DEV = ["dev", "counter.ts", "--bind", "counts=jsonl:counts.jsonl"];
const GENEROUS = { timeout: 120_000 };

test("dev starts again from the checkpoint when the file changes, also after a mistake", GENEROUS, async (t) => {
  const folder = await devFolder(t);
  await writeFile(join(folder, "flights.jsonl"), linesOf(Array.from({ length: COUNT }, () => FLIGHTS[0])));
  const dev = new TidemarkProcess(DEV, { cwd: folder });
  t.after(() => dev.kill("SIGKILL"));
  await dev.says("running from the beginning");
  const source = await readFile(join(folder, "counter.ts"), "utf8");
  await writeFile(join(folder, "counter.ts"), `${source}\nthis is a mistake\n`);
  await dev.says("counter.ts has changed: starting again");
  await dev.says("waiting for a change");
  await dev.says("this is a mistake");
  await writeFile(join(folder, "counter.ts"), source.replace("n = (c.state", "n = 10_000 + (c.state"));
  await dev.says("going on from checkpoint");
  await dev.says("running\n");
  dev.kill("SIGTERM");
  const { exitCode, stderr } = await dev.ended;
  assert.equal(exitCode, 0, stderr);
  assert.match(stderr, /checkpoint \d+ \(stop\)[^]*checkpoint \d+ \(stop\)/, "each run ends with a checkpoint");
  const run = await cli(folder, ["run", ...DEV.slice(1)], { SLOW_RATE: "100000" });
  assert.equal(run.exitCode, 0, run.stderr);
  const counts = (await recordsOf(folder, "counts.jsonl")) as { n: number }[];
  assert.equal(counts.length, COUNT, "no flight is lost or counted twice");
  assert.ok(
    counts.some(({ n }) => n > COUNT),
    "the changed code ran",
  );
});

test("a run that was watched ends with its watcher", GENEROUS, async (t) => {
  const folder = await devFolder(t);
  await appendFile(join(folder, "flights.jsonl"), linesOf(Array.from({ length: 5_000 }, () => FLIGHTS[0])));
  const dev = new TidemarkProcess(DEV, { cwd: folder });
  await dev.says("running from the beginning");
  dev.kill("SIGKILL");
  // The streams close when the run, too, has ended.
  const { stderr } = await dev.ended;
  assert.match(stderr, /checkpoint \d+ \(stop\)/);
  const again = await cli(folder, ["run", ...DEV.slice(1)], { SLOW_RATE: "100000" });
  assert.equal(again.exitCode, 0, "its state directory is free");
});

test("dev refuses standard input, which cannot be read again", async (t) => {
  const { exitCode, stderr } = await cli(await devFolder(t), ["dev", "counter.ts", "--bind", "flights=stdin"]);
  assert.equal(exitCode, 78, stderr);
});
