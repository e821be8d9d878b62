import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ClicksJob, writeClicks } from "./clicks-job.ts";
import { ExpectedOutput } from "./expected-output.ts";
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

const SMALL: Size = { jobs: 1, recordsPerJob: 100_000, killsPerJob: 24, rate: 10_000 };
/** 200 kills over 2,000,000 records. Several jobs at once, since most of a kill's time is the start of the next process. */
const LARGE: Size = { jobs: 4, recordsPerJob: 500_000, killsPerJob: 50, rate: 15_000 };
const SEED = 20_260_101;

const isLong = process.env["TIDEMARK_LONG"] === "1";
const { jobs, recordsPerJob, killsPerJob, rate } = isLong ? LARGE : SMALL;

const name = `killed ${jobs * killsPerJob} times in ${jobs * recordsPerJob} records, at every step of a checkpoint and at random moments, the output is the reference's`;
test(name, { timeout: isLong ? 600_000 : 300_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-kill-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const running = Array.from({ length: jobs }, async (_, index) => {
    const input = join(folder, `clicks-${index}.jsonl`);
    await writeClicks(input, makeClicks(recordsPerJob, SEED + index));
    const job = new ClicksJob({ folder: join(folder, String(index)), input });
    for (const kill of planKills(killsPerJob, random(SEED + index))) await startAndKill(job, kill, rate);
    await job.finish();
    return job;
  });
  const finished = await Promise.all(running);
  t.diagnostic("all jobs are finished; comparing");
  for (const [index, job] of finished.entries())
    await new ExpectedOutput(makeClicks(recordsPerJob, SEED + index)).assertOutputOf(job);
});
