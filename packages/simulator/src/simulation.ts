import { nodeHost } from "@tidemark/engine";
import type { Compression } from "@tidemark/engine/host";
import { runTaskWorker } from "@tidemark/engine/testing";
import { faultsOf, type FaultOptions, type Faults } from "./faults.ts";
import { Machine } from "./machine.ts";
import { SimulatedObjectStore } from "./object-store/simulated-object-store.ts";
import { randomStoreFaults, type StoreRule } from "./object-store/store-rule.ts";
import { Watchers, type Watcher } from "./operation.ts";
import { Entropy, type Choices, type Tape } from "./random.ts";
import { Scheduler, type RunEnd } from "./scheduler.ts";
import { randomWalk, type Strategy } from "./schedule-strategy.ts";
import type { ThreadMain } from "./threads/simulated-threads.ts";
import { Trace, type TraceEntry } from "./trace.ts";

/** What a simulation is made of. */
export interface SimulationOptions {
  /** Everything follows from it, and from what the caller does. */
  readonly seed: number;
  /** Choices to make again instead of new ones; see {@link Simulation.tape}. Where it ends, the harmless choice is made. */
  readonly tape?: Tape;
  /** What may go wrong by itself; default nothing. */
  readonly faults?: FaultOptions;
  /** Who comes next; default: anyone with the same probability. */
  readonly strategy?: Strategy;
  /** Epoch ms at the start; default the year 2100, so that a real timestamp never looks like "now". */
  readonly startAt?: number;
  /** Keeps the newest trace entries for {@link Trace.timeline}; default false. */
  readonly keepTrace?: boolean;
  readonly log?: (entry: TraceEntry) => void;
  /** Lets all microtasks run; default a turn of Node's event loop. */
  readonly drain?: () => Promise<void>;
  /** Default Node's. */
  readonly compression?: Compression;
  /** What a thread runs; default the engine's task worker. */
  readonly threadMain?: ThreadMain;
}

/** One run of a world that follows from a seed: machines, processes, object stores, and one scheduler that decides the order of everything. */
export class Simulation {
  readonly seed: number;
  readonly trace: Trace;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly #entropy: Entropy;
  readonly #watchers = new Watchers();
  readonly #options: SimulationOptions;
  readonly #machines = new Map<string, Machine>();

  constructor(options: SimulationOptions) {
    const { seed, tape = null, keepTrace = false, log = null } = options;
    this.seed = seed;
    this.#options = options;
    this.faults = faultsOf(options.faults ?? {});
    this.#entropy = new Entropy({ seed, tape });
    this.trace = new Trace({ keep: keepTrace, log });
    this.scheduler = new Scheduler({
      choices: this.#entropy.choices("schedule"),
      strategy: options.strategy ?? randomWalk(),
      trace: this.trace,
      drain: options.drain ?? nodeHost().timers.yield,
      timePasses: this.faults.time.passes,
    });
  }

  /** The machine of this name, made when it is first asked for. */
  machine(name: string = "m"): Machine {
    const found = this.#machines.get(name);
    if (found !== undefined) return found;
    const {
      startAt = Date.UTC(2100, 0, 1),
      compression = nodeHost().compression,
      threadMain = runTaskWorker,
    } = this.#options;
    const machine = new Machine({
      name,
      startAt,
      entropy: this.#entropy,
      scheduler: this.scheduler,
      watchers: this.#watchers,
      faults: this.faults,
      compression,
      threadMain,
    });
    this.#machines.set(name, machine);
    return machine;
  }

  /** A new, empty object store. `rule` goes before the rates of `faults`. */
  objectStore(name: string = "store", rule: StoreRule = () => null): SimulatedObjectStore {
    const { startAt = Date.UTC(2100, 0, 1) } = this.#options;
    const choices = this.#entropy.choices(name);
    const atRandom = randomStoreFaults(this.faults.store, choices);
    return new SimulatedObjectStore({
      name,
      scheduler: this.scheduler,
      watchers: this.#watchers,
      choices,
      rule: (call) => rule(call) ?? atRandom(call),
      listLagMs: this.faults.store.listLagMs,
      now: () => Math.floor(startAt + this.scheduler.nowMs),
    });
  }

  /** Choices for whoever drives the simulation: when to kill, what to feed. On the tape like all others. */
  choices(component: string): Choices {
    return this.#entropy.choices(component);
  }

  /** Watches operations and failpoints, and may kill there; gives what ends the watch. */
  watch(watcher: Watcher): () => void {
    return this.#watchers.add(watcher);
  }

  /** Operations so far that changed anything: the places of a sweep of crashes. */
  get operations(): number {
    return this.#watchers.sequence;
  }

  /** See {@link Scheduler.run}. */
  run(options: Parameters<Scheduler["run"]>[0] = {}): Promise<RunEnd> {
    return this.scheduler.run(options);
  }

  /** Lets virtual time pass, with everything that comes due in it. */
  async pass(ms: number): Promise<void> {
    let isOver = false;
    this.scheduler.schedule({
      kind: "action",
      actor: "world",
      what: "time passes",
      life: null,
      delayMs: ms,
      run: () => void (isOver = true),
    });
    await this.run({ until: () => isOver });
  }

  /** Every choice so far; with the same seed and the same driver it replays the run. */
  tape(): Tape {
    return this.#entropy.tape();
  }
}
