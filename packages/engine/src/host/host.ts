import type { Clock, Timers } from "./clock.ts";
import type { Compression } from "./compression.ts";
import type { Disk } from "./disk.ts";
import type { ObjectStore } from "./object-store.ts";
import type { StandardStreams } from "./standard-streams.ts";
import type { Threads } from "./threads.ts";

/**
 * The only way to clock, timers, randomness, disk, threads and standard streams. Product code takes a Host as a
 * parameter and cannot reach around it (lint). `node-host` is the real one, the simulator a second, `testing`
 * has an in-memory one with a virtual clock.
 */
export interface Host {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly disk: Disk;
  readonly threads: Threads;
  readonly compression: Compression;
  readonly streams: StandardStreams;
  /** Where the remote tier is kept; absent if the host has none. */
  readonly objectStore?: ObjectStore;
  /**
   * A named place where a fault may strike. The real host kills its own process with SIGKILL here when the
   * environment asks for it (TIDEMARK_FAILPOINT=name or name:nth); otherwise nothing happens.
   * Names are listed in failpoints.ts.
   */
  failpoint(name: FailpointName): void;
}

/** Randomness; streams of a seeded host are split per caller so that one more draw does not shift the others. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A fresh identifier of 128 random bits as 32 hex digits. */
  id(): string;
}

/** Every place where a crash is injected by name, in the order in which a checkpoint passes them. */
export const FAILPOINTS = [
  "checkpoint.barrier-injected",
  "checkpoint.segment.before-write",
  "checkpoint.segment.before-fsync",
  "checkpoint.segment.after-fsync",
  "checkpoint.sink.before-prepare",
  "checkpoint.sink.after-prepare",
  "checkpoint.manifest.before-write",
  "checkpoint.manifest.before-link",
  "checkpoint.manifest.after-durable",
  "commit.before",
  "commit.half-written",
  "commit.before-fsync",
  "commit.after",
  "retention.before-delete",
  "retention.half-deleted",
  "restore.half-loaded",
] as const;

/** One of {@link FAILPOINTS}. */
export type FailpointName = (typeof FAILPOINTS)[number];
