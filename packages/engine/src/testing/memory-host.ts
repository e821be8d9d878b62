import type { Compression } from "../host/compression.ts";
import type { FailpointName, Host, Random } from "../host/host.ts";
import { nodeCompression } from "../node-host/node-compression.ts";
import { nodeTimers } from "../node-host/node-timers.ts";
import { memoryDisk } from "./memory-host-disk.ts";
import { CrashSignal, MemoryLife } from "./memory-host-life.ts";
import { seededRandom } from "./memory-host-random.ts";
import { MemoryStreams } from "./memory-host-streams.ts";
import { memoryThreads } from "./memory-host-threads.ts";
import { VirtualTime } from "./memory-host-time.ts";
import { MemoryDirectory } from "./memory-host-volume.ts";

/** No test waits longer than this for something, in virtual time. */
const RUN_UNTIL_MS_MAX = 24 * 3_600_000;

export interface MemoryHostOptions {
  /** Epoch ms of the virtual clock at the start; default the year 2100, so that a real timestamp never looks like "now". */
  readonly startAt?: number;
  /** Seed of the randomness; default 1. */
  readonly seed?: number;
  /** Called at every failpoint; what it throws, such as a {@link CrashSignal}, the failpoint throws. */
  readonly onFailpoint?: (name: FailpointName) => void;
  /** Gives way for one turn of the real event loop; default Node's. */
  readonly turn?: () => Promise<void>;
  /** Default Node's zlib; virtual time stands still while it works. */
  readonly compression?: Compression;
}

/**
 * A process on a machine that exists in memory: its clock is virtual, its disk forgets at a crash what was not synced, its threads are
 * refused. A process that crashed is dead: whatever its code still calls throws CrashSignal, its timers never run.
 */
export interface MemoryHost extends Host {
  /** Called at every failpoint. A CrashSignal thrown here kills the process at that very place. */
  onFailpoint: (name: FailpointName) => void;
  /** Lets `ms` of virtual time pass: due timers run in order, with all that each sets off before the next. */
  advance(ms: number): Promise<void>;
  /** Resolves when nothing more happens without time passing. */
  settle(): Promise<void>;
  /** Lets time pass from timer to timer until `promise` settles; gives up with TM_INTERNAL when that cannot happen or takes `maxMs` (default a day). */
  runUntil<T>(promise: Promise<T>, options?: { maxMs?: number }): Promise<T>;
  /**
   * Crashes and gives the process that starts next on the same machine. By default the power fails: every process of the machine dies and the disk
   * keeps only what was synced. With `keepUnsynced` this process alone is killed and the disk keeps all that was written.
   */
  crash(options?: { keepUnsynced?: boolean }): MemoryHost;
  /** Another process on the same machine: same disk and clock, own life, locks and streams. */
  anotherProcess(): MemoryHost;
  /** Standard input to feed, standard output and error to read. */
  readonly console: Pick<MemoryStreams, "feed" | "endInput" | "outputText" | "errorText">;
}

/** The first process on a new machine with an empty disk. */
export function memoryHost(options: MemoryHostOptions = {}): MemoryHost {
  const { startAt = Date.UTC(2100, 0, 1), seed = 1, onFailpoint = () => {} } = options;
  const turn = options.turn ?? nodeTimers().yield;
  const lives = new Set<MemoryLife>();
  const machine: Machine = {
    turn,
    lives,
    time: new VirtualTime({ startAt, turn, lives }),
    root: new MemoryDirectory(),
    random: seededRandom(seed),
    compression: options.compression ?? nodeCompression(),
  };
  return processOn(machine, onFailpoint);
}

interface Machine {
  readonly turn: () => Promise<void>;
  readonly lives: Set<MemoryLife>;
  readonly time: VirtualTime;
  readonly root: MemoryDirectory;
  readonly random: Random;
  readonly compression: Compression;
}

function processOn(machine: Machine, onFailpoint: (name: FailpointName) => void): MemoryHost {
  const life = new MemoryLife();
  machine.lives.add(life);
  const streams = new MemoryStreams();
  const host: MemoryHost = {
    clock: machine.time.clock(),
    timers: machine.time.timers(life),
    random: machine.random,
    disk: memoryDisk(machine.root, life),
    threads: memoryThreads(life, machine.turn),
    compression: compressionOf(machine.compression, life),
    streams: streams.of(life),
    console: streams,
    onFailpoint,
    failpoint(name) {
      life.enter();
      try {
        host.onFailpoint(name);
      } catch (error) {
        // Dead before any catch or finally of the code under test can tidy up: SIGKILL leaves no time for that.
        if (error instanceof CrashSignal) endLife(machine, life, `at failpoint ${name}`);
        throw error;
      }
    },
    advance: (ms) => machine.time.advance(ms),
    settle: () => machine.time.settle(),
    runUntil: (promise, { maxMs = RUN_UNTIL_MS_MAX } = {}) => machine.time.runUntil(promise, maxMs),
    crash({ keepUnsynced = false } = {}) {
      endLife(machine, life, "the test crashed it");
      if (!keepUnsynced) {
        for (const other of machine.lives) endLife(machine, other, "the power failed");
        machine.root.loseUnsynced();
      }
      return processOn(machine, host.onFailpoint);
    },
    anotherProcess: () => processOn(machine, host.onFailpoint),
  };
  return host;
}

function endLife(machine: Machine, life: MemoryLife, where: string): void {
  life.end(where);
  machine.lives.delete(life);
  machine.time.dropDeadTimers();
}

/** Compression of a process: real, but a dead process gets no answer. */
function compressionOf(compression: Compression, life: MemoryLife): Compression {
  return {
    zstd: (bytes) => life.callOutside(() => compression.zstd(bytes)),
    unzstd: (bytes, maxBytes) => life.callOutside(() => compression.unzstd(bytes, maxBytes)),
    decoder(format) {
      const decoder = compression.decoder(format);
      return {
        push: (bytes) => life.callOutside(() => decoder.push(bytes)),
        end: () => life.callOutside(() => decoder.end()),
      };
    },
  };
}
