import assert from "node:assert/strict";
import { appendFile, mkdir, statfs, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ClicksJob, writeClicks } from "../kill/clicks-job.ts";
import { ExpectedOutput } from "../kill/expected-output.ts";
import { makeClicks, random } from "../kill/input.ts";
import { MOUNT_REQUIREMENTS, PrivateMount } from "./private-mount.ts";
import { isPossible } from "./requirements.ts";
import { Scratch } from "./scratch.ts";

const RECORDS = 60_000;
const ROUNDS = 6;
const RATE = 10_000;
const PAGE_BYTES = 4_096;
const SEED = 4_711;

test(
  "a disk that fills up ends the job with a typed error, and the next start with space goes on",
  { timeout: 300_000 },
  async (t) => {
    if (!isPossible(t, MOUNT_REQUIREMENTS)) return;
    const scratch = await Scratch.open(t);
    const { folder } = scratch;
    const clicks = makeClicks(RECORDS, SEED);
    const input = join(folder, "clicks.jsonl");
    await writeClicks(input, clicks);
    await mkdir(join(folder, "disk"));
    const mount = await PrivateMount.open(["-t", "tmpfs", "-o", "size=48m", "tmpfs"], join(folder, "disk"));
    scratch.atEnd(() => mount.close());
    const job = new ClicksJob({ folder: mount.mountPoint, seenAs: mount.seenAs, input, under: mount.under });
    const ballast = `${mount.seenAs}/ballast`;
    const next = random(SEED);
    const codes = new Map<string, number>();

    for (let round = 0; round < ROUNDS; round++) {
      await t.test(`round ${round + 1}`, async () => {
        // In every third round it is full before the job starts.
        const isFullAtStart = round % 3 === 2;
        const spare = Math.floor(next() * next() * 40);
        if (isFullAtStart) await fill(ballast, Math.min(spare, 1));
        const process = job.start({ rate: RATE });
        if (!isFullAtStart) {
          await process.says("running");
          await sleep(next() * 400);
          await fill(ballast, spare);
        }
        const { exitCode, signal, stderr } = await process.ended;
        assert.deepEqual({ exitCode, signal }, { exitCode: 75, signal: null }, stderr);
        const code = /^(TM_\w+) .*errno=ENOSPC/m.exec(stderr)?.[1];
        assert.ok(code !== undefined, `no typed error that says that the disk is full:\n${stderr}`);
        codes.set(code, (codes.get(code) ?? 0) + 1);
        await job.assertCheckpointsWhole();
        await truncate(ballast, 0);
      });
    }

    await job.finish();
    await new ExpectedOutput(clicks).assertOutputOf(job);
    t.diagnostic(`errors: ${JSON.stringify(Object.fromEntries(codes))}`);
  },
);

/** Fills the file system until `sparePages` are free. The job takes pages meanwhile: only what is free at the end counts. */
async function fill(ballast: string, sparePages: number): Promise<void> {
  await writeFile(ballast, "");
  for (;;) {
    const { bavail } = await statfs(ballast);
    const pages = bavail - sparePages;
    if (pages <= 0) return;
    try {
      await appendFile(ballast, new Uint8Array(Math.min(pages, 256) * PAGE_BYTES));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
      return;
    }
  }
}
