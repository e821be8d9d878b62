import type { DiskFaults } from "../faults.ts";
import type { Choices } from "../random.ts";
import type { Errno } from "./disk-error.ts";

/** A call of the disk, before it takes effect. */
export interface DiskCall {
  readonly name: DiskCallName;
  readonly path: string;
  /** Bytes to read or write; 0 for other calls. */
  readonly bytes: number;
  readonly actor: string;
}

/** Calls of a disk, by the names that rules and timelines use. */
export type DiskCallName =
  | "open"
  | "open for writing"
  | "read"
  | "size"
  | "close"
  | "write"
  | "truncate"
  | "sync"
  | "link"
  | "rename"
  | "remove"
  | "remove tree"
  | "list"
  | "stat"
  | "make directory"
  | "sync directory"
  | "lock"
  | "release";

/** What happens to a call instead of, or besides, what should. */
export interface DiskFault {
  /** Fails with this. */
  readonly errno?: Errno;
  /** Of a read or write that fails: how much of it is done all the same, 0 to 1. */
  readonly part?: number;
  /** Takes this long. */
  readonly delayMs?: number;
  /** Of a read: flips this bit of the byte it begins with, for ever. */
  readonly rotBit?: number;
}

/** Decides about each call; null: nothing goes wrong. The first rule that says something counts. */
export type DiskRule = (call: DiskCall) => DiskFault | null;

const CHANGING: ReadonlySet<DiskCallName> = new Set([
  "open for writing",
  "write",
  "truncate",
  "sync",
  "link",
  "rename",
  "remove",
  "remove tree",
  "make directory",
  "sync directory",
]);

/** True of calls that change bytes, names, or what of them is durable. */
export function isChanging(name: DiskCallName): boolean {
  return CHANGING.has(name);
}

/** Faults at the rates of `faults`. */
export function randomDiskFaults(faults: DiskFaults, choices: Choices): DiskRule {
  return ({ name, bytes }) => {
    const isSlow = choices.chance(faults.slow);
    const maxMs = isSlow ? faults.slowMs : faults.latencyMs;
    const delayMs = maxMs > 0 ? choices.upTo(maxMs * 10) / 10 : 0;
    const errno = errnoOf(name, faults, choices);
    if (errno !== null) return { errno, delayMs, part: bytes > 0 ? choices.upTo(10) / 10 : 0 };
    if (name === "read" && choices.chance(faults.rot)) return { delayMs, rotBit: choices.integer(8) };
    return delayMs > 0 ? { delayMs } : null;
  };
}

function errnoOf(name: DiskCallName, faults: DiskFaults, choices: Choices): Errno | null {
  switch (name) {
    case "read":
      return choices.chance(faults.readError) ? "EIO" : null;
    case "sync":
    case "sync directory":
      return choices.chance(faults.syncError) ? "EIO" : null;
    case "write":
      if (choices.chance(faults.writeError)) return "EIO";
      return choices.chance(faults.noSpace) ? "ENOSPC" : null;
    case "truncate":
      return choices.chance(faults.writeError) ? "EIO" : null;
    case "open for writing":
    case "link":
    case "rename":
    case "make directory":
      return choices.chance(faults.noSpace) ? "ENOSPC" : null;
    default:
      return null;
  }
}

/**
 * Fails calls of one name whose path contains `path`, from the `nth` on (default the first), `times` times (default once; Infinity: for
 * ever).
 */
export function failCalls(
  fault: DiskFault,
  match: { name: DiskCallName; path?: string; nth?: number; times?: number },
): DiskRule {
  const { name, path = "", nth = 1, times = 1 } = match;
  let seen = 0;
  return (call) => {
    if (call.name !== name || !call.path.includes(path)) return null;
    seen++;
    return seen >= nth && seen < nth + times ? fault : null;
  };
}
