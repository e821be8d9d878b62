import type { Compression, Host } from "@tidemark/engine/host";
import { randomDiskFaults, type DiskRule } from "./disk/disk-rule.ts";
import { simulatedDisk } from "./disk/simulated-disk.ts";
import { Volume } from "./disk/volume.ts";
import type { Faults } from "./faults.ts";
import { Life, ProcessKilled } from "./life.ts";
import type { SimulatedObjectStore } from "./object-store/simulated-object-store.ts";
import type { Watchers } from "./operation.ts";
import { SimulatedProcess } from "./process.ts";
import type { Choices, Entropy } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import { simulatedCompression } from "./simulated-compression.ts";
import { SimulatedStreams } from "./simulated-streams.ts";
import { simulatedClock, simulatedTimers, WallClock } from "./simulated-time.ts";
import { simulatedThreads, type ThreadMain } from "./threads/simulated-threads.ts";

export interface MachineOptions {
  readonly name: string;
  readonly startAt: number;
  readonly entropy: Entropy;
  readonly scheduler: Scheduler;
  readonly watchers: Watchers;
  readonly faults: Faults;
  readonly compression: Compression;
  readonly threadMain: ThreadMain;
}

/** A machine: one disk and one wall clock, and the processes on it. */
export class Machine {
  readonly name: string;
  /** Its file system, for tests to look at and to damage. */
  readonly volume: Volume;
  readonly #options: MachineOptions;
  readonly #wall: WallClock;
  readonly #processes: SimulatedProcess[] = [];
  readonly #rules: DiskRule[] = [];

  constructor(options: MachineOptions) {
    const { name, entropy, faults } = options;
    this.name = name;
    this.#options = options;
    this.#wall = new WallClock(options.startAt);
    this.volume = new Volume({ choices: entropy.choices(`${name}: power loss`), powerLoss: faults.disk.powerLoss });
    this.volume.capacityBytes = faults.disk.capacityBytes;
    this.#rules.push(randomDiskFaults(faults.disk, entropy.choices(`${name}: disk`)));
  }

  /** Processes on it, dead ones included, in the order of their start. */
  get processes(): readonly SimulatedProcess[] {
    return this.#processes;
  }

  /** Starts a process. It has done nothing yet: see {@link SimulatedProcess.run} and {@link SimulatedProcess.start}. */
  spawn(options: { objectStore?: SimulatedObjectStore } = {}): SimulatedProcess {
    const { scheduler } = this.#options;
    const life = new Life(`${this.name}.${this.#processes.length + 1}`);
    const streams = new SimulatedStreams(scheduler);
    const end = (ended: Life): void => {
      scheduler.abandon(ended.end());
    };
    const parts = { streams, end, objectStore: options.objectStore, crash: (error: unknown) => process.crash(error) };
    const process: SimulatedProcess = new SimulatedProcess({
      life,
      host: this.#host(life, parts),
      scheduler,
      streams,
      end,
    });
    this.#processes.push(process);
    scheduler.note("spawn", life.name, "starts");
    return process;
  }

  /** Every process dies, and the disk keeps what was synced and any part of the rest; "nothing": no part of it. */
  losePower(options: { readonly unsynced?: "any" | "nothing" } = {}): void {
    this.#options.scheduler.note("power", this.name, "the power fails");
    for (const process of this.#processes) process.kill();
    this.volume.losePower(options.unsynced === "nothing" ? LOSE_ALL : undefined);
  }

  /** Sets the wall clock forward, or back: the monotonic clock goes on. */
  stepClock(ms: number): void {
    this.#options.scheduler.note("clock", this.name, `the wall clock is set by ${ms} ms`);
    this.#wall.offsetMs += ms;
  }

  /** Adds a rule of what goes wrong with its disk, before those there are; gives what removes it. */
  addDiskRule(rule: DiskRule): () => void {
    this.#rules.unshift(rule);
    return () => {
      const at = this.#rules.indexOf(rule);
      if (at >= 0) this.#rules.splice(at, 1);
    };
  }

  #host(life: Life, parts: HostParts): Host {
    const { scheduler, entropy, watchers, faults, compression, threadMain } = this.#options;
    const rule: DiskRule = (call) => {
      for (const each of this.#rules) {
        const fault = each(call);
        if (fault !== null) return fault;
      }
      return null;
    };
    const choices = entropy.choices(`${this.name}: in flight`);
    return {
      clock: simulatedClock({ scheduler, wall: this.#wall, life, readMs: faults.time.clockReadMs }),
      timers: simulatedTimers({ scheduler, life }),
      random: entropy.random(life.name),
      disk: simulatedDisk({
        volume: this.volume,
        life,
        scheduler,
        watchers,
        choices,
        rule,
        locksWork: faults.disk.locksWork,
      }),
      threads: simulatedThreads({
        life,
        scheduler,
        choices: entropy.choices("messages"),
        latencyMs: faults.messages.latencyMs,
        main: threadMain,
        hostFor: (thread) => this.#host(thread, parts),
        end: parts.end,
        onError: (_, error) => {
          parts.crash(error);
        },
      }),
      compression: simulatedCompression({ compression, scheduler, life }),
      streams: parts.streams.of(life),
      ...(parts.objectStore !== undefined && { objectStore: parts.objectStore.client(life) }),
      failpoint(name) {
        if (life.isAlive) {
          scheduler.note("failpoint", life.name, name);
          watchers.failpoint(name, life.name);
        }
        if (!life.isAlive) throw new ProcessKilled(life.name);
      },
    };
  }
}

/** Of what was not synced, nothing is left. */
const LOSE_ALL: Choices = {
  isReplay: false,
  integer: (bound) => Math.min(1, bound - 1),
  chance: (probability) => probability > 0,
  upTo: (max) => max,
  decided: (value) => value,
};

interface HostParts {
  readonly streams: SimulatedStreams;
  readonly end: (life: Life) => void;
  readonly objectStore: SimulatedObjectStore | undefined;
  readonly crash: (error: unknown) => void;
}
