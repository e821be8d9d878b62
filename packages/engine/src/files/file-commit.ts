import { TidemarkError } from "../foundation/error.ts";
import type { WritableFile } from "../host/disk.ts";
import { directoryOf, makeDurableDirectory } from "../host/durable-directory.ts";
import type { Host } from "../host/host.ts";
import type { FilePlan } from "./file-sink-plan.ts";
import { filePieces, type StagedBytes } from "./staged-bytes.ts";

/**
 * Makes a plan's bytes part of its file and durable. With `resume` a part of them, or all, may be there already: what agrees with the
 * staged bytes stays, so that a reader sees the file only grow; what does not is what a power loss has made of an append that was
 * not durable yet, and is written again. Without, the file must end where the plan begins. TM_SINK_CHANGED if the file's length is
 * none that a commit can have left.
 */
export async function carryOutPlan(options: {
  host: Host;
  plan: FilePlan;
  staged: StagedBytes;
  resume: boolean;
}): Promise<void> {
  const { host, plan, staged, resume } = options;
  const sizeBytes = await fileSize(host, plan.file);
  if (sizeBytes < plan.from) throw changed(plan, sizeBytes, "is shorter than what was committed to it");
  if (sizeBytes > (resume ? plan.to : plan.from))
    throw changed(plan, sizeBytes, "is longer than what was committed to it");
  if (!(await staged.areThere())) {
    // They are removed behind a commit: all of it was in the file once.
    if (sizeBytes === plan.to) return;
    throw changed(plan, sizeBytes, "is shorter than what was committed to it, and what was staged for it is gone");
  }
  await staged.verify();
  const goodBytes = await agreeingSize({ host, plan, staged, sizeBytes });
  if (plan.from === 0) await makeDurableDirectory(host.disk, directoryOf(plan.file));
  const file = await host.disk.openWrite(plan.file, "append");
  try {
    if (goodBytes < sizeBytes) await file.truncate(goodBytes);
    await append({ host, file, pieces: staged.from(goodBytes - plan.from), totalBytes: plan.to - goodBytes });
    host.failpoint("commit.before-fsync");
    await file.sync();
  } finally {
    await file.close();
  }
  if (plan.from === 0) await host.disk.syncDirectory(directoryOf(plan.file));
}

/** Size of a sink's file; 0 if it does not exist. TM_BINDING if the path is something else than a file. */
export async function fileSize(host: Host, path: string): Promise<number> {
  const stat = await host.disk.stat(path);
  if (stat !== null && stat.kind !== "file") {
    throw new TidemarkError(
      "TM_BINDING",
      `a file sink needs a plain file, and the path is a ${stat.kind === "directory" ? "directory" : "device or pipe"}. Bind the port to another path`,
      {
        facts: { file: path },
      },
    );
  }
  return stat?.sizeBytes ?? 0;
}

async function append(options: {
  host: Host;
  file: WritableFile;
  pieces: AsyncIterable<Uint8Array>;
  totalBytes: number;
}): Promise<void> {
  const { host, file, pieces, totalBytes } = options;
  const halfBytes = Math.floor(totalBytes / 2);
  let written = 0;
  let isHalfWritten = false;
  for await (const piece of pieces) {
    let rest = piece;
    if (!isHalfWritten && written + piece.length > halfBytes) {
      await file.write(piece.subarray(0, halfBytes - written));
      host.failpoint("commit.half-written");
      isHalfWritten = true;
      rest = piece.subarray(halfBytes - written);
    }
    await file.write(rest);
    written += piece.length;
  }
  if (!isHalfWritten) host.failpoint("commit.half-written");
}

/** How far the file agrees with the staged bytes: all of it, unless a power loss tore an append. */
async function agreeingSize(options: {
  host: Host;
  plan: FilePlan;
  staged: StagedBytes;
  sizeBytes: number;
}): Promise<number> {
  const { host, plan, staged, sizeBytes } = options;
  if (sizeBytes === plan.from) return sizeBytes;
  const actual = filePieces(host.disk, plan.file, plan.from);
  let there: Uint8Array = new Uint8Array(0);
  let at = plan.from;
  try {
    for await (const expected of staged.from(0)) {
      for (let compared = 0; compared < expected.length;) {
        if (there.length === 0) {
          const next = await actual.next();
          if (next.done === true) return at;
          there = next.value;
        }
        const length = Math.min(there.length, expected.length - compared);
        const difference = firstDifference(there, expected.subarray(compared), length);
        if (difference !== -1) return at + difference;
        there = there.subarray(length);
        compared += length;
        at += length;
      }
    }
  } finally {
    await actual.return(undefined);
  }
  return at;
}

function firstDifference(a: Uint8Array, b: Uint8Array, length: number): number {
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return i;
  }
  return -1;
}

function changed(plan: FilePlan, sizeBytes: number, how: string): TidemarkError {
  return new TidemarkError(
    "TM_SINK_CHANGED",
    `a sink's file ${how}: something else wrote to it, or the job was taken back to an older checkpoint. ` +
      "Put the file back as it was, or move it away and start the job afresh",
    { facts: { file: plan.file, sizeBytes, committedFrom: plan.from, committedTo: plan.to } },
  );
}
