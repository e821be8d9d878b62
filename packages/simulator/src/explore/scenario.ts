import type { Pipeline } from "@tidemark/engine";
import type { Binding } from "@tidemark/engine/connector";
import type { CompareOptions } from "@tidemark/engine/testing";
import type { Host } from "@tidemark/engine/host";

/** Kinds of things that go wrong in a run. A run has some of those that its scenario allows. */
export const FAULT_CLASSES = [
  "kill",
  "power-loss",
  "pause",
  "stop",
  "rescale",
  "slow-disk",
  "disk-errors",
  "full-disk",
  "clock",
  "slow-machine",
  "rot",
] as const;

/** One of {@link FAULT_CLASSES}. */
export type FaultClass = (typeof FAULT_CLASSES)[number];

/** Records by source port, then by split, in their order. */
export type RecordInputs = Readonly<Record<string, readonly (readonly unknown[])[]>>;

/** What a run may draw its settings from: each is chosen by the seed. */
export interface ScenarioSettings {
  /** Default 1, 2 and 3. */
  readonly parallelism?: readonly number[];
  /** Default 8. A number for a whole run. */
  readonly keyGroups?: readonly number[];
  /** Milliseconds between checkpoints; default 20, 40 and 80. */
  readonly checkpointEveryMs?: readonly number[];
  /** Records that a split gives at once; default 1, 4 and 16. */
  readonly batchRows?: readonly number[];
  /** Virtual milliseconds between two batches of a split; default 2, 8 and 20. */
  readonly paceMs?: readonly number[];
  /** What a power failure may leave; default the worst that the contract of a disk allows, and what a journal leaves. */
  readonly powerLoss?: readonly ("posix" | "ordered")[];
  /** How outputs are compared, by sink port; default per key in order, numbers exactly. */
  readonly compare?: Readonly<Record<string, CompareOptions>>;
  /**
   * True where the reference cannot tell how far a part of the input gets: rows of a lookup wait for those before them in their own task, which
   * depends on parallelism. A checkpoint then takes nothing back, and commits nothing that is not in the whole output.
   */
  readonly isPrefixOpen?: boolean;
  /**
   * Sinks of the scenario's own, with what readers see of each; the others are files. What such a sink does is only compared at the end of
   * a checkpoint and of the run.
   */
  readonly sinks?: (port: string) => { readonly binding: Binding; readonly committed: () => readonly unknown[] } | null;
}

/** What a seed is run against. Small: tens of records, a few checkpoints. */
export interface Scenario {
  readonly name: string;
  readonly pipeline: Pipeline;
  readonly inputs: RecordInputs;
  readonly settings: ScenarioSettings;
  /** What may go wrong; an empty list is a run without faults. */
  readonly faultClasses: readonly FaultClass[];
}

/** How a seed is run. */
export interface RunOptions {
  /** Keeps the trace, so that the report has a timeline; default false. */
  readonly timeline?: boolean;
  /** Of the classes that the seed draws, only these. What it draws stays the same; for shrinking. */
  readonly onlyClasses?: readonly FaultClass[];
  /** Of the fault events that the seed orders, by their number from 0, only these; for shrinking. */
  readonly onlyFaults?: ReadonlySet<number>;
  /** Instead of what the seed draws; for shrinking. */
  readonly parallelism?: number;
  /** True: the oldest event comes first; for shrinking. */
  readonly firstComeFirstServed?: boolean;
  /** Instead of the faults that the seed draws: a crash at exactly these operations that change anything, in turn, and nothing else. */
  readonly crashes?: readonly PlannedCrash[];
  /** Lets all microtasks run; default a turn of Node's event loop. One that awaits `process.nextTick` is three times as fast. */
  readonly drain?: () => Promise<void>;
  /** Stands between the engine and its host: plants a bug. */
  readonly plantHost?: (host: Host) => Host;
  /** Stands between the engine and a connector: plants a bug. */
  readonly plantBinding?: (binding: Binding, port: string) => Binding;
  /** Whether retained checkpoints are restored, each alone; default: in one run of four. */
  readonly restores?: boolean;
}

/** A crash at one operation that changes anything. */
export interface PlannedCrash {
  /** Number of the operation, counted from the start of the process that it hits: from the first one for the first crash. */
  readonly operation: number;
  /** "clean": killed before it; "torn": killed after it, what was not synced is lost in part; "lost": all that was not synced is lost. */
  readonly how: "clean" | "torn" | "lost";
}

/** Something that must never be, and was. */
export interface Violation {
  /** Id of the invariant; see `invariants/`. */
  readonly invariant: string;
  readonly message: string;
}

/** What came of one seed. */
export interface RunReport {
  readonly scenario: string;
  readonly seed: number;
  /** Empty if all is well. */
  readonly violations: readonly Violation[];
  readonly traceHash: string;
  /** How often something rare was reached, by name. */
  readonly reached: Readonly<Record<string, number>>;
  /** Empty unless it was asked for. */
  readonly timeline: readonly string[];
  /** What was ordered to go wrong, in words, in order: the numbers that `onlyFaults` names. */
  readonly faults: readonly string[];
  readonly classes: readonly FaultClass[];
  readonly crashes: number;
  readonly checkpoints: number;
  readonly steps: number;
  /** Operations that changed anything, of the whole run. */
  readonly operations: number;
  readonly virtualMs: number;
}
