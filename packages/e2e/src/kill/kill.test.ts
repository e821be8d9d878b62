import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { inLanes } from "../in-lanes.ts";
import { ClicksJob, writeClicks } from "./clicks-job.ts";
import type { OutputToCompare } from "./compare-thread.ts";
import { makeClicks, random } from "./input.ts";
import { planKills } from "./kill-plan.ts";
import { startAndKill } from "./kill-run.ts";

interface Size {
  readonly jobs: number;
  readonly recordsPerJob: number;
  readonly killsPerJob: number;
  /** Records a second: so slow that all kills fall into one pass over the input. */
  readonly rate: number;
}

const SMALL: Size = { jobs: 1, recordsPerJob: 200_000, killsPerJob: 46, rate: 10_000 };
/** 200 kills over 2,000,000 records. */
const LARGE: Size = { jobs: 8, recordsPerJob: 250_000, killsPerJob: 25, rate: 15_000 };
/** Jobs at a time: most of a kill's time is the start of the next process, and some of it is waiting. */
const LANES = 4;
const SEED = 20_260_101;

const isLong = process.env["TIDEMARK_LONG"] === "1";
const { jobs, recordsPerJob, killsPerJob, rate } = isLong ? LARGE : SMALL;

const name = `killed ${jobs * killsPerJob} times in ${jobs * recordsPerJob} records, at every step of a checkpoint and at random moments, the output is the reference's`;
test(name, { timeout: isLong ? 900_000 : 300_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-kill-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const indexes = Array.from({ length: jobs }, (_, index) => index);
  await inLanes(indexes, LANES, (index, signal) => killAndCompare(folder, index, signal));
});

async function killAndCompare(folder: string, index: number, signal: AbortSignal): Promise<void> {
  const seed = SEED + index;
  const input = join(folder, `clicks-${index}.jsonl`);
  await writeClicks(input, makeClicks(recordsPerJob, seed));
  const job = new ClicksJob({ folder: join(folder, String(index)), input });
  for (const kill of planKills({ count: killsPerJob, job: index, jobs, next: random(seed) })) {
    if (signal.aborted) return;
    await startAndKill(job, kill, rate);
  }
  await job.finish();
  await compareInThread({ folder: job.seenAs, records: recordsPerJob, seed });
}

/** In a thread of its own: the reference takes seconds in which other jobs are to be killed in time. */
async function compareInThread(workerData: OutputToCompare): Promise<void> {
  const worker = new Worker(new URL("./compare-thread.ts", import.meta.url), { workerData });
  const [exitCode] = (await once(worker, "exit")) as [number];
  assert.equal(exitCode, 0);
}
