import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inLanes } from "../in-lanes.ts";
import { ClicksJob, writeClicks } from "../kill/clicks-job.ts";
import { ExpectedOutput, PORTS } from "../kill/expected-output.ts";
import { makeClicks, random } from "../kill/input.ts";
import { checkImage, ImageCopier, IMAGE_REQUIREMENTS, makeImage, mountImage } from "./loop-image.ts";
import { isPossible } from "./requirements.ts";
import { Scratch } from "./scratch.ts";

const RECORDS = 20_000;
/** Records a second: the job has to run until the last copy is made. */
const RATE = 1_000;
const COPIES = process.env["TIDEMARK_LONG"] === "1" ? 60 : 20;
/** Copies that are restarted at a time. */
const LANES = 2;
const IMAGE_BYTES = 24 * 1_024 * 1_024;
const SEED = 1_859;

test(
  "the power fails at any moment: the newest checkpoint on the disk is whole, and the job goes on from it",
  { timeout: 900_000 },
  async (t) => {
    if (!isPossible(t, IMAGE_REQUIREMENTS)) return;
    const scratch = await Scratch.open(t);
    const { folder } = scratch;
    const clicks = makeClicks(RECORDS, SEED);
    const input = join(folder, "clicks.jsonl");
    await writeClicks(input, clicks);
    const copies = await copiesOfRunningJob(scratch, input);
    const expected = new ExpectedOutput(clicks);
    let withCheckpoint = 0;
    await inLanes(copies, LANES, async (copy) => {
      if (await restartFrom(copy, { folder, input, expected })) withCheckpoint++;
      await rm(copy);
    });
    assert.ok(withCheckpoint * 2 > COPIES, `only ${withCheckpoint} of ${COPIES} copies had a checkpoint`);
    t.diagnostic(`${COPIES} copies, ${withCheckpoint} with a checkpoint to go on from`);
  },
);

/** Runs the job on a disk of its own and copies that disk again and again; gives the images. */
async function copiesOfRunningJob(scratch: Scratch, input: string): Promise<string[]> {
  const { folder } = scratch;
  const image = join(folder, "disk.img");
  await makeImage(image, IMAGE_BYTES);
  await mkdir(join(folder, "disk"));
  const mount = await mountImage(image, join(folder, "disk"));
  scratch.atEnd(() => mount.close());
  const job = new ClicksJob({ folder: mount.mountPoint, seenAs: mount.seenAs, input, under: mount.under });
  const process = job.start({ rate: RATE });
  const next = random(SEED);
  const images = new ImageCopier(image, IMAGE_BYTES);
  const copies: string[] = [];
  try {
    await process.says("running");
    while (copies.length < COPIES) {
      await sleep(next() * 250);
      // Where the disk is never still for two reads, the job is held for the moment.
      let bytes = images.copyWhenStill(8);
      if (bytes === null) {
        process.kill("SIGSTOP");
        bytes = images.copyWhenStill(100);
        process.kill("SIGCONT");
      }
      assert.ok(bytes !== null, "the disk is written to all the time");
      const copy = join(folder, `copy-${copies.length}.img`);
      await writeFile(copy, bytes);
      copies.push(copy);
    }
  } finally {
    process.kill("SIGKILL");
  }
  const { signal, stderr } = await process.ended;
  assert.equal(signal, "SIGKILL", `the job ended before the last copy was made:\n${stderr}`);
  return copies;
}

/** Mounts a copy where the original was, runs the job to its end there, and compares. False: the copy had no checkpoint yet. */
async function restartFrom(
  copy: string,
  { folder, input, expected }: { folder: string; input: string; expected: ExpectedOutput },
): Promise<boolean> {
  const mount = await mountImage(copy, join(folder, "disk"));
  let said = "";
  try {
    const job = new ClicksJob({ folder: mount.mountPoint, seenAs: mount.seenAs, input, under: mount.under });
    const before = new Map<string, string>();
    for (const port of PORTS) before.set(port, await job.output(port));
    said = await job.finish();
    for (const [port, text] of before) {
      const whole = text.slice(0, text.lastIndexOf("\n") + 1);
      assert.ok(
        (await job.output(port)).startsWith(whole),
        `${port}: a whole line that was on the disk was not committed`,
      );
    }
    await expected.assertOutputOf(job);
  } finally {
    await mount.close();
  }
  // The newest manifest was linked after all that it names was durable.
  assert.doesNotMatch(said, /passed over checkpoint/);
  await checkImage(copy);
  return said.includes("going on from checkpoint");
}
