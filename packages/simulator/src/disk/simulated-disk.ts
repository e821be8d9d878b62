import type { Disk, FileLock, ReadableFile, WritableFile } from "@tidemark/engine/host";
import type { Life } from "../life.ts";
import type { Watchers } from "../operation.ts";
import type { Choices } from "../random.ts";
import { Lane, type Scheduler } from "../scheduler.ts";
import { diskError } from "./disk-error.ts";
import { isChanging, type DiskCallName, type DiskFault, type DiskRule } from "./disk-rule.ts";
import type { FileNode } from "./name-journal.ts";
import type { Volume } from "./volume.ts";

const READ_FILE_BYTES_MAX = 64 * 1024 * 1024;

export interface SimulatedDiskOptions {
  readonly volume: Volume;
  readonly life: Life;
  readonly scheduler: Scheduler;
  readonly watchers: Watchers;
  /** Decides what of the calls in flight happened when their process is killed. */
  readonly choices: Choices;
  readonly rule: DiskRule;
  readonly locksWork: boolean;
}

/**
 * The disk as one process sees it. Each call is one event: it takes effect, and is answered, when the scheduler chooses it. A process
 * that is killed before that leaves open whether the call, or a part of it, happened.
 */
export function simulatedDisk(options: SimulatedDiskOptions): Disk {
  const { volume, life } = options;
  const calls = new DiskCalls(options);
  const change = <T>(name: DiskCallName, path: string, apply: () => T): Promise<T> => calls.call({ name, path, apply });
  return {
    openRead: async (path) => readable(await change("open", path, () => volume.file(path, "open")), path, calls),
    openWrite: async (path, mode) =>
      writable(
        await change("open for writing", path, () => volume.openWrite(path, mode, "open for writing")),
        path,
        calls,
      ),
    readFile: (path, { maxBytes = READ_FILE_BYTES_MAX } = {}) => readWhole(volume, calls, path, maxBytes),
    link: (from, to) => change("link", to, () => volume.link(from, to)),
    rename: (from, to) => change("rename", from, () => volume.rename(from, to)),
    remove: (path) => change("remove", path, () => volume.remove(path)),
    removeTree: (path) => change("remove tree", path, () => volume.removeTree(path)),
    list: (path) => change("list", path, () => volume.list(path)),
    stat: (path) => change("stat", path, () => volume.stat(path)),
    makeDirectory: (path) => change("make directory", path, () => volume.makeDirectory(path)),
    syncDirectory: (path) =>
      calls.call({
        name: "sync directory",
        path,
        apply: () => volume.syncDirectory(path),
        fail: () => volume.failSyncDirectory(path),
      }),
    lock: (path) =>
      change("lock", path, () => lock(volume.openWrite(path, "lock", "lock"), { path, life, calls, options })),
  };
}

interface Call<T> {
  readonly name: DiskCallName;
  readonly path: string;
  readonly apply: () => T;
  /** Does a part, from 0 to 1, of a call that fails or is cut short. Without it a call happens whole or not at all. */
  readonly applyPart?: (part: number) => void;
  /** What else a failure does. */
  readonly fail?: () => void;
  readonly rot?: (bit: number) => void;
  readonly bytes?: Uint8Array;
  readonly lane?: FileLane;
}

/** Calls of one open file, one after the other: once one of them was cut short, none after it happens. */
class FileLane extends Lane {
  isCut = false;
}

/** Makes calls events. */
class DiskCalls {
  readonly volume: Volume;
  readonly #options: SimulatedDiskOptions;

  constructor(options: SimulatedDiskOptions) {
    this.volume = options.volume;
    this.#options = options;
  }

  call<T>(call: Call<T>): Promise<T> {
    const { life, scheduler, rule } = this.#options;
    return new Promise((resolve, reject) => {
      if (!life.isAlive) return;
      const { name, path, bytes, lane } = call;
      const fault = rule({ name, path, bytes: bytes?.length ?? 0, actor: life.name });
      scheduler.schedule({
        kind: "disk",
        actor: life.name,
        what: bytes === undefined ? `${name} ${path}` : `${name} ${path} (${bytes.length} bytes)`,
        life,
        delayMs: fault?.delayMs ?? 0,
        ...(lane !== undefined && { lane, isFifo: true }),
        run: () => {
          const outcome = this.#happen(call, fault);
          if (outcome === null) return;
          if ("error" in outcome) reject(outcome.error as Error);
          else resolve(outcome.value);
        },
        abandon: () => {
          this.#abandon(call);
        },
      });
    });
  }

  /** Null if the process was killed on the way: nobody gets the answer. */
  #happen<T>(call: Call<T>, fault: DiskFault | null): { readonly value: T } | { readonly error: unknown } | null {
    const { life, scheduler, watchers } = this.#options;
    const operation = watchers.operation({
      target: "disk",
      name: call.name,
      subject: call.path,
      actor: life.name,
      changes: isChanging(call.name),
    });
    watchers.before(operation);
    if (!life.isAlive) return null;
    const outcome = this.#apply(call, fault);
    if (call.name === "write" && call.bytes !== undefined) scheduler.trace.noteBytes(call.bytes);
    if ("error" in outcome) scheduler.note("error", life.name, String(outcome.error));
    watchers.after(operation);
    return life.isAlive ? outcome : null;
  }

  #apply<T>(call: Call<T>, fault: DiskFault | null): { readonly value: T } | { readonly error: unknown } {
    const { scheduler, life } = this.#options;
    try {
      const errno = fault?.errno ?? this.#noSpace(call);
      if (errno !== null) {
        call.applyPart?.(fault?.part ?? 0);
        call.fail?.();
        scheduler.note("fault", life.name, `${errno} at ${call.name} ${call.path}`);
        throw diskError(errno, call.name, call.path);
      }
      if (fault?.rotBit !== undefined) {
        call.rot?.(fault.rotBit);
        scheduler.note("fault", life.name, `bit ${fault.rotBit} flipped in ${call.path}`);
      }
      return { value: call.apply() };
    } catch (error) {
      return { error };
    }
  }

  #noSpace<T>(call: Call<T>): "ENOSPC" | null {
    const { volume } = this.#options;
    if (call.name !== "write" || volume.capacityBytes === Number.POSITIVE_INFINITY) return null;
    return volume.usedBytes() + (call.bytes?.length ?? 0) > volume.capacityBytes ? "ENOSPC" : null;
  }

  /** The process died while the call was with the kernel: it happened, in part, or not. */
  #abandon<T>(call: Call<T>): void {
    const { choices, scheduler, life } = this.#options;
    if (!isChanging(call.name) || call.lane?.isCut === true) return;
    const part = choices.chance(0.5) ? (call.applyPart === undefined ? 1 : choices.upTo(4) / 4) : 0;
    if (call.lane !== undefined) call.lane.isCut = part < 1;
    if (part === 0) return;
    scheduler.note("in flight", life.name, `${call.name} ${call.path} happens (${part})`);
    try {
      if (part === 1) call.apply();
      else call.applyPart?.(part);
    } catch (error) {
      scheduler.note("error", life.name, String(error));
    }
  }
}

async function readWhole(volume: Volume, calls: DiskCalls, path: string, maxBytes: number): Promise<Uint8Array> {
  const node = await calls.call({ name: "open", path, apply: () => volume.file(path, "open") });
  return calls.call({
    name: "read",
    path,
    apply: () => {
      if (node.content.length > maxBytes) throw diskError("EFBIG", "read at once", path);
      const bytes = new Uint8Array(node.content.length);
      node.content.read(bytes, 0);
      return bytes;
    },
    rot: (bit) => {
      node.content.rot(0, bit);
    },
  });
}

function readable(node: FileNode, path: string, calls: DiskCalls): ReadableFile {
  let isOpen = true;
  const call = <T>(name: DiskCallName, apply: () => T, more: Partial<Call<T>> = {}): Promise<T> => {
    const checked = (): T => {
      if (!isOpen) throw diskError("EBADF", name, path);
      return apply();
    };
    return calls.call({ name, path, apply: checked, ...more });
  };
  return {
    read: (target, offset) =>
      call("read", () => node.content.read(target, offset), {
        bytes: target,
        applyPart: (part) => void node.content.read(target.subarray(0, Math.floor(target.length * part)), offset),
        rot: (bit) => {
          node.content.rot(offset, bit);
        },
      }),
    sizeBytes: () => call("size", () => node.content.length),
    close: () => call("close", () => void (isOpen = false)),
  };
}

/** After a failed sync it goes on as if nothing had been, as a real one does: whoever trusts it then loses data. */
function writable(node: FileNode, path: string, calls: DiskCalls): WritableFile {
  let isOpen = true;
  // Writes of one file are in the order of their calls.
  const lane = new FileLane();
  const { content } = node;
  const call = (name: DiskCallName, apply: () => void, more: Partial<Call<void>> = {}): Promise<void> => {
    const checked = (): void => {
      if (!isOpen) throw diskError("EBADF", name, path);
      apply();
    };
    return calls.call({ name, path, apply: checked, lane, ...more });
  };
  return {
    write: (bytes) =>
      call("write", () => content.append(bytes), {
        bytes,
        applyPart: (part) => {
          content.append(bytes.subarray(0, partOf(calls.volume, bytes, part)));
        },
      }),
    truncate: (sizeBytes) => call("truncate", () => content.truncate(sizeBytes)),
    sync: () => call("sync", () => calls.volume.syncFile(content), { fail: () => calls.volume.failSyncFile(content) }),
    close: () => call("close", () => void (isOpen = false)),
  };
}

/** How many bytes of a write that fails get there: no more than there is room for. */
function partOf(volume: Volume, bytes: Uint8Array, part: number): number {
  if (volume.capacityBytes === Number.POSITIVE_INFINITY) return Math.floor(bytes.length * part);
  return Math.max(0, Math.min(bytes.length, volume.capacityBytes - volume.usedBytes()));
}

function lock(
  node: FileNode,
  { path, life, calls, options }: { path: string; life: Life; calls: DiskCalls; options: SimulatedDiskOptions },
): FileLock | null {
  // A lock ends with its process, not with the thread that took it.
  const owner = life.process;
  if (options.locksWork && node.lockedBy?.isAlive === true) return null;
  node.lockedBy = owner;
  let isHeld = true;
  return {
    release: () =>
      calls.call({
        name: "release",
        path,
        apply: () => {
          if (isHeld && node.lockedBy === owner) node.lockedBy = null;
          isHeld = false;
        },
      }),
  };
}
