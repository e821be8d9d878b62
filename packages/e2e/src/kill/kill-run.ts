import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { TidemarkProcess } from "../tidemark-process.ts";
import type { ClicksJob } from "./clicks-job.ts";
import { PORTS } from "./expected-output.ts";
import type { Kill } from "./kill-plan.ts";

/** Starts the job and kills that process as said; fails if it ended in any other way. `rate` in records a second. */
export async function startAndKill(job: ClicksJob, kill: Kill, rate: number): Promise<void> {
  const env: Record<string, string> =
    kill.kind === "failpoint" ? { TIDEMARK_FAILPOINT: `${kill.name}:${kill.nth}` } : {};
  const process = job.start({ rate, env });
  // A process that ends by itself must not be waited for: what it said is in the assertion below.
  const done = new AbortController();
  const ended = process.ended.finally(() => done.abort());
  try {
    await lead(job, process, kill, { rate, signal: done.signal });
  } finally {
    if (kill.kind !== "failpoint") process.kill("SIGKILL");
  }
  const { signal, exitCode, stderr } = await ended;
  assert.equal(
    signal,
    "SIGKILL",
    `the process ended by itself (exit code ${exitCode}) before ${JSON.stringify(kill)}:\n${stderr}`,
  );
}

/** What comes before the kill. */
async function lead(
  job: ClicksJob,
  process: TidemarkProcess,
  kill: Kill,
  { rate, signal }: { rate: number; signal: AbortSignal },
): Promise<void> {
  if (kill.kind === "failpoint") return;
  if (kill.kind !== "random" || !kill.whileStarting) await process.says("running").catch(() => undefined);
  await pause(kill.afterMs, signal);
  if (kill.kind === "random" || signal.aborted) return;
  process.kill("SIGSTOP");
  if (kill.kind === "zombie") {
    await assertRefused(job, rate);
    if (!kill.wakes) return;
    process.kill("SIGCONT");
    await pause(200, signal);
    return;
  }
  await sleep(kill.pauseMs);
  process.kill("SIGCONT");
  await pause(kill.againMs, signal);
}

/** A second process on the state directory of one that lives, though stopped, is refused and changes nothing. */
async function assertRefused(job: ClicksJob, rate: number): Promise<void> {
  const sizes = async (): Promise<number[]> => Promise.all(PORTS.map(async (port) => (await job.output(port)).length));
  const before = await sizes();
  const { exitCode, stderr } = await job.start({ rate }).ended;
  assert.equal(exitCode, 23, `a second process was let in:\n${stderr}`);
  assert.match(stderr, /TM_STATE_DIRECTORY_IN_USE/);
  assert.deepEqual(await sizes(), before, "the output while its owner is stopped");
}

/** Waits, but no longer than until `signal`. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
