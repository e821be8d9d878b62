import { TidemarkError } from "../foundation/error.ts";
import { makeDurableDirectory } from "../host/durable-directory.ts";
import type { Host } from "../host/host.ts";
import { checkpointFailed } from "./checkpoint-error.ts";
import { epochOfOwner, LOCK_FILE, ownerName, OWNERS_DIRECTORY } from "./checkpoint-files.ts";
import { makeInside, withNewFile } from "./durable-file.ts";

/** Who opens a state directory, for the message that the next one gets. */
export interface OwnerFacts {
  readonly pid: number;
  readonly hostname: string;
}

/** Ownership of a state directory: its epoch, until `release` or the end of the process. */
export interface Ownership {
  readonly epoch: number;
  release(): Promise<void>;
}

/** An owner's file is small. */
const OWNER_BYTES_MAX = 65_536;
/** With the lock held nobody races for epochs; on a file system whose locks do not work, this many lost races end the attempt. */
const CLAIM_ATTEMPTS_MAX = 100;

/**
 * Takes the kernel lock, then claims the next epoch, before anything else is written. TM_STATE_DIRECTORY_IN_USE names the holder as far as its
 * claim does.
 */
export async function takeOwnership(
  host: Host,
  options: { directory: string; job: string; owner: OwnerFacts | null },
): Promise<Ownership> {
  const { directory, job } = options;
  await makeDurableDirectory(host.disk, directory);
  const lock = await host.disk.lock(`${directory}/${LOCK_FILE}`);
  if (lock === null) throw await inUse(host, directory);
  try {
    const epoch = await claimEpoch(host, { directory, claim: { job, since: host.clock.now(), ...options.owner } });
    return { epoch, release: () => lock.release() };
  } catch (error) {
    await lock.release();
    throw checkpointFailed(error, OWNERS_DIRECTORY);
  }
}

/** The newest epoch that anybody claimed; 0 if none. */
export async function newestEpoch(host: Host, directory: string): Promise<number> {
  const names = await host.disk.list(`${directory}/${OWNERS_DIRECTORY}`);
  return names.reduce((newest, name) => Math.max(newest, epochOfOwner(name) ?? 0), 0);
}

/** Throws TM_FENCED if a newer owner than `epoch` has claimed the directory. */
export async function assertNotFenced(host: Host, directory: string, epoch: number): Promise<void> {
  const newest = await newestEpoch(host, directory);
  if (newest > epoch) {
    throw new TidemarkError(
      "TM_FENCED",
      "another process has taken over this state directory; this one stops without committing",
      {
        facts: { directory, epoch, newerEpoch: newest },
      },
    );
  }
}

async function claimEpoch(host: Host, options: { directory: string; claim: Record<string, unknown> }): Promise<number> {
  const { directory, claim } = options;
  const owners = `${directory}/${OWNERS_DIRECTORY}`;
  await makeInside(host, directory, [OWNERS_DIRECTORY]);
  const temporary = `${owners}/${host.random.id()}.tmp`;
  await withNewFile(host, temporary, async (file) => {
    await file.write(new TextEncoder().encode(`${JSON.stringify(claim)}\n`));
    await file.sync();
  });
  for (let attempt = 0; attempt < CLAIM_ATTEMPTS_MAX; attempt++) {
    const epoch = (await newestEpoch(host, directory)) + 1;
    if (!(await host.disk.link(temporary, `${owners}/${ownerName(epoch)}`))) continue;
    await host.disk.syncDirectory(owners);
    await host.disk.remove(temporary);
    await assertNotFenced(host, directory, epoch);
    return epoch;
  }
  throw new TidemarkError(
    "TM_STATE_DIRECTORY_IN_USE",
    "other processes keep claiming this state directory; stop them, or give each job a directory of its own",
    {
      facts: { directory },
    },
  );
}

async function inUse(host: Host, directory: string): Promise<TidemarkError> {
  const holder = await newestClaim(host, directory);
  return new TidemarkError(
    "TM_STATE_DIRECTORY_IN_USE",
    "another process is running on this state directory; stop it, or give this job a directory of its own",
    { facts: { directory, ...holder } },
  );
}

/** What the newest claim says, for a message: whatever cannot be read is left out. */
async function newestClaim(host: Host, directory: string): Promise<Record<string, string | number>> {
  try {
    const epoch = await newestEpoch(host, directory);
    const bytes = await host.disk.readFile(`${directory}/${OWNERS_DIRECTORY}/${ownerName(epoch)}`, {
      maxBytes: OWNER_BYTES_MAX,
    });
    const claim: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof claim !== "object" || claim === null) return { epoch };
    const { pid, hostname, job } = claim as Record<string, unknown>;
    return {
      ...(typeof pid === "number" && { pid }),
      ...(typeof hostname === "string" && { host: hostname }),
      ...(typeof job === "string" && { job }),
      epoch,
    };
  } catch (error) {
    // The owner may be about to write its first claim, or its file may be damaged: the message does without.
    if (error instanceof TidemarkError || error instanceof SyntaxError) return {};
    throw error;
  }
}
