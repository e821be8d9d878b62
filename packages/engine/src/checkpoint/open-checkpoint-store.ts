import { assert } from "../foundation/assert.ts";
import type { CommitPermit } from "../foundation/commit-permit.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { Host } from "../host/host.ts";
import { checkpointFailed } from "./checkpoint-error.ts";
import {
  MANIFESTS_DIRECTORY,
  manifestName,
  OWNERS_DIRECTORY,
  parseSegmentName,
  SEGMENTS_DIRECTORY,
  temporaryManifestName,
} from "./checkpoint-files.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import { makeInside, withNewFile } from "./durable-file.ts";
import { encodeManifest } from "./manifest-codec.ts";
import { isDamage, manifestsIn, tryManifest } from "./manifest-reader.ts";
import type { Manifest } from "./manifest.ts";
import { assertNotFenced, takeOwnership, type OwnerFacts, type Ownership } from "./owner.ts";
import { decideRetention, type RetentionDecision } from "./retention.ts";
import { verifySegments } from "./verify-checkpoint.ts";

/**
 * Opens the local tier of a job and takes ownership of its directory, which is made if absent. TM_STATE_DIRECTORY_IN_USE if another
 * process has it. `owner` is what that other process will be told about this one.
 */
export async function openCheckpointStore(
  host: Host,
  options: { readonly directory: string; readonly job: string; readonly owner?: OwnerFacts },
): Promise<CheckpointStore> {
  const { directory, job, owner = null } = options;
  const ownership = await takeOwnership(host, { directory, job, owner });
  try {
    await makeInside(host, directory, [MANIFESTS_DIRECTORY, SEGMENTS_DIRECTORY]);
    return new DiskCheckpointStore(host, {
      directory,
      job,
      ownership,
      nextCheckpoint: await nextCheckpoint(host, directory),
    });
  } catch (error) {
    await ownership.release();
    throw error;
  }
}

/** Above every id that left a trace: also a checkpoint that got no further than a segment never gives its id to another. */
async function nextCheckpoint(host: Host, directory: string): Promise<number> {
  const segments = await host.disk.list(`${directory}/${SEGMENTS_DIRECTORY}`);
  const ids = [
    ...(await manifestsIn(host, directory)),
    ...segments.map((name) => parseSegmentName(name)?.checkpoint ?? 0),
  ];
  return ids.reduce((newest, id) => Math.max(newest, id), 0) + 1;
}

class DiskCheckpointStore implements CheckpointStore {
  readonly directory: string;
  readonly epoch: number;
  readonly nextCheckpoint: number;
  readonly #host: Host;
  readonly #job: string;
  readonly #ownership: Ownership;
  #isOpen = true;

  constructor(host: Host, options: { directory: string; job: string; ownership: Ownership; nextCheckpoint: number }) {
    this.directory = options.directory;
    this.epoch = options.ownership.epoch;
    this.nextCheckpoint = options.nextCheckpoint;
    this.#host = host;
    this.#job = options.job;
    this.#ownership = options.ownership;
  }

  async newestVerified(): Promise<{
    manifest: Manifest | null;
    skipped: readonly { checkpoint: number; why: string }[];
  }> {
    this.#assertOpen();
    // A manifest of a process that died between link and sync is visible, but may not outlast a power loss: nothing may be committed from
    // it before it does.
    await this.#host.disk.syncDirectory(this.#manifests());
    const skipped: { checkpoint: number; why: string }[] = [];
    for (const checkpoint of await this.#newestFirst()) {
      const { manifest, why } = await tryManifest(this.#host, { directory: this.directory, checkpoint });
      const wrong = manifest === null ? why : await this.#wrongSegment(manifest);
      if (manifest !== null && wrong === null) return { manifest, skipped };
      skipped.push({ checkpoint, why: wrong ?? "unknown" });
    }
    return { manifest: null, skipped };
  }

  async complete(manifest: Manifest): Promise<CommitPermit> {
    this.#assertOpen();
    const { checkpoint } = manifest;
    assert(manifest.job === this.#job, () => `a manifest of job "${manifest.job}" for the store of job "${this.#job}"`);
    assert(
      manifest.epoch === this.epoch,
      () => `a manifest of epoch ${manifest.epoch} for the store of epoch ${this.epoch}`,
    );
    assert(checkpoint >= this.nextCheckpoint, () => `checkpoint ${checkpoint} is older than this owner`);
    const bytes = encodeManifest(manifest);
    await assertNotFenced(this.#host, this.directory, this.epoch);
    try {
      await this.#writeManifest(checkpoint, bytes);
    } catch (error) {
      throw checkpointFailed(error, `${MANIFESTS_DIRECTORY}/${manifestName(checkpoint)}`);
    }
    // Asked again: whoever took over while this process was paused decides alone what is committed.
    await assertNotFenced(this.#host, this.directory, this.epoch);
    this.#host.failpoint("checkpoint.manifest.after-durable");
    return this.#permit(checkpoint);
  }

  permitForRestored(manifest: Manifest): CommitPermit {
    this.#assertOpen();
    assert(
      manifest.job === this.#job && manifest.checkpoint < this.nextCheckpoint,
      "the manifest was not restored from this store",
    );
    return this.#permit(manifest.checkpoint);
  }

  async retain(keep: number): Promise<readonly number[]> {
    this.#assertOpen();
    const { disk } = this.#host;
    const manifests = await Promise.all(
      (await manifestsIn(this.#host, this.directory)).map(async (checkpoint) => {
        const { manifest } = await tryManifest(this.#host, { directory: this.directory, checkpoint });
        return {
          checkpoint,
          segments: manifest?.segments.map(({ path }) => path.slice(SEGMENTS_DIRECTORY.length + 1)) ?? null,
        };
      }),
    );
    const decision = decideRetention({
      epoch: this.epoch,
      keep,
      manifests,
      segmentNames: await disk.list(this.#segments()),
      manifestNames: await disk.list(this.#manifests()),
      ownerNames: await disk.list(`${this.directory}/${OWNERS_DIRECTORY}`),
    });
    await this.#carryOut(decision);
    return decision.manifests;
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#ownership.release();
  }

  /** Manifests go first, and durably so, before any segment: a manifest never names what is gone. Whatever a crash leaves is decided anew. */
  async #carryOut(decision: RetentionDecision): Promise<void> {
    const { disk } = this.#host;
    const { manifests, segmentNames, temporaryManifests, ownerNames } = decision;
    if (manifests.length + segmentNames.length + temporaryManifests.length + ownerNames.length === 0) return;
    await assertNotFenced(this.#host, this.directory, this.epoch);
    this.#host.failpoint("retention.before-delete");
    for (const name of [...manifests.map(manifestName), ...temporaryManifests])
      await disk.remove(`${this.#manifests()}/${name}`);
    if (manifests.length > 0) await disk.syncDirectory(this.#manifests());
    this.#host.failpoint("retention.half-deleted");
    for (const name of segmentNames) await disk.remove(`${this.#segments()}/${name}`);
    for (const name of ownerNames) await disk.remove(`${this.directory}/${OWNERS_DIRECTORY}/${name}`);
  }

  async #writeManifest(checkpoint: number, bytes: Uint8Array): Promise<void> {
    const host = this.#host;
    const temporary = `${this.#manifests()}/${temporaryManifestName(checkpoint, this.epoch)}`;
    host.failpoint("checkpoint.manifest.before-write");
    await withNewFile(host, temporary, async (file) => {
      await file.write(bytes);
      await file.sync();
    });
    host.failpoint("checkpoint.manifest.before-link");
    const isNew = await host.disk.link(temporary, `${this.#manifests()}/${manifestName(checkpoint)}`);
    if (!isNew) {
      throw new TidemarkError(
        "TM_FENCED",
        "another process has written this checkpoint; this one stops without committing",
        {
          facts: { directory: this.directory, checkpoint, epoch: this.epoch },
        },
      );
    }
    await host.disk.syncDirectory(this.#manifests());
    await host.disk.remove(temporary);
  }

  /**
   * By epoch, then id, both falling: what a paused process wrote after another took over is never preferred to what the new owner
   * wrote. Unreadable manifests stand where their id puts them among the readable ones.
   */
  async #newestFirst(): Promise<readonly number[]> {
    const found: { checkpoint: number; epoch: number }[] = [];
    for (const checkpoint of await manifestsIn(this.#host, this.directory)) {
      const { manifest } = await tryManifest(this.#host, { directory: this.directory, checkpoint });
      found.push({ checkpoint, epoch: manifest?.epoch ?? found.at(-1)?.epoch ?? 0 });
    }
    return found.sort((a, b) => b.epoch - a.epoch || b.checkpoint - a.checkpoint).map(({ checkpoint }) => checkpoint);
  }

  async #wrongSegment(manifest: Manifest): Promise<string | null> {
    try {
      await verifySegments(this.#host, this.directory, manifest);
      return null;
    } catch (error) {
      if (isDamage(error)) return error.message;
      throw error;
    }
  }

  #permit(checkpoint: number): CommitPermit {
    return Object.freeze({ checkpoint, epoch: this.epoch }) as CommitPermit;
  }

  #manifests(): string {
    return `${this.directory}/${MANIFESTS_DIRECTORY}`;
  }

  #segments(): string {
    return `${this.directory}/${SEGMENTS_DIRECTORY}`;
  }

  #assertOpen(): void {
    assert(this.#isOpen, "the checkpoint store is closed");
  }
}
