import { durationMs, type Duration } from "../foundation/duration.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { JobSettings } from "../job/job-options.ts";

/** When checkpoints are taken and how many stay. */
export interface CheckpointOptions {
  /** From the end of one to the start of the next; default "1s". "manual": only on request and at the end. */
  readonly every?: Duration | "manual";
  /** Whole checkpoints kept on disk, 1 or more; default 3. */
  readonly retained?: number;
  /** Whether state is compressed on its way to the disk: less than half of the bytes for more CPU than all the rest of a checkpoint. Default false. */
  readonly compress?: boolean;
}

/** Options that a start, the config file and the CLI share. */
export interface SettingsOptions {
  /** Subtasks of every step, 1 to 256; default 1. */
  readonly parallelism?: number;
  /** Where the job keeps its checkpoints, relative to the working directory; default ".tidemark/NAME". One owner at a time. */
  readonly stateDirectory?: string;
  readonly checkpoint?: CheckpointOptions;
  /** Number of key groups, a power of two from 1 to 65,536; default 256. Fixed once a job has checkpoints. */
  readonly keyGroups?: number;
  /**
   * Bytes of state that one step may hold in one task, as the default state backend estimates them; 1 or more. Beyond it the job stops with
   * TM_STATE_FULL. Default: no limit. Not with a `backend` of one's own.
   */
  readonly stateBytesMax?: number;
  /** Debug checks: a record view that is kept beyond its row throws, a batch that was lent is spoilt once it was handled. Slower. Default false. */
  readonly debug?: boolean;
}

/**
 * Settings of several places as one: of an option that is given more than once the later one counts, of `checkpoint` each of its options
 * by itself. What is undefined is not given.
 */
export function mergeSettings(...given: readonly SettingsOptions[]): SettingsOptions {
  const merged: SettingsOptions = Object.assign({}, ...given.map(withoutUndefined));
  const checkpoint: CheckpointOptions = Object.assign(
    {},
    ...given.map((each) => withoutUndefined(each.checkpoint ?? {})),
  );
  return { ...merged, checkpoint };
}

function withoutUndefined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Settings with defaults; throws TM_CONFIG naming the option. */
export function settingsOf(name: string, options: SettingsOptions): JobSettings {
  const parallelism = integer("parallelism", options.parallelism ?? 1, 1, 256);
  const keyGroups = integer("keyGroups", options.keyGroups ?? 256, 1, 65_536);
  const keyGroupBits = Math.log2(keyGroups);
  if (!Number.isInteger(keyGroupBits)) refuse("keyGroups", keyGroups, "must be a power of two");
  if (keyGroups < parallelism) refuse("keyGroups", keyGroups, "must be at least the parallelism");
  const every = options.checkpoint?.every ?? "1s";
  return {
    parallelism,
    keyGroupBits,
    checkpointIntervalMs: every === "manual" ? Infinity : durationMs(every, "checkpoint.every"),
    retained: integer("checkpoint.retained", options.checkpoint?.retained ?? 3, 1, 10_000),
    compress: options.checkpoint?.compress ?? false,
    stateBytesMax: stateLimit(options.stateBytesMax),
    stateDirectory: options.stateDirectory ?? `.tidemark/${encodeURIComponent(name)}`,
    debug: options.debug ?? false,
  };
}

function stateLimit(given: number | undefined): number {
  return given === undefined ? Infinity : integer("stateBytesMax", given, 1, Number.MAX_SAFE_INTEGER);
}

function integer(option: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most)
    refuse(option, value, `must be a whole number from ${least} to ${most}`);
  return value;
}

function refuse(option: string, given: unknown, why: string): never {
  throw new TidemarkError("TM_CONFIG", `${option} ${why}`, { facts: { option, given: String(given) } });
}
