import type { Choices } from "../random.ts";
import { FAULT_CLASSES, type FaultClass, type RunOptions, type Scenario } from "./scenario.ts";

/** What one run is made of, drawn from its seed before it begins. */
export interface RunPlan {
  readonly classes: ReadonlySet<FaultClass>;
  /** Parallelism of each process, in turn. */
  readonly parallelism: readonly number[];
  readonly keyGroups: number;
  readonly checkpointEveryMs: number;
  readonly retained: number;
  readonly batchRows: number;
  readonly paceMs: number;
  readonly powerLoss: "posix" | "ordered";
  readonly strategy: "random" | "priorities" | "fifo";
  /** Faults that are ordered, at most; then they stop. */
  readonly faultsMax: number;
  /** Probability of a fault at a point that is interesting; at an ordinary step it is a hundredth of it. */
  readonly faultChance: number;
  /** Probability that a call of the disk fails, where the class is drawn. */
  readonly diskErrorChance: number;
  readonly latencyMs: number;
}

/** Parallelism is drawn for this many processes and then begins anew. */
const DRAWN_PROCESSES = 6;

export function drawPlan(scenario: Scenario, choices: Choices, options: RunOptions): RunPlan {
  const { settings } = scenario;
  const pick = <T>(from: readonly T[]): T => from[choices.integer(from.length)] as T;
  // A subset rather than all: what rarely happens alone hides behind what happens always (swarm testing).
  const drawn = FAULT_CLASSES.filter((each) => scenario.faultClasses.includes(each) && choices.chance(0.5));
  const allowed = options.crashes === undefined ? (options.onlyClasses ?? FAULT_CLASSES) : [];
  const classes = new Set(drawn.filter((each) => allowed.includes(each)));
  const parallelism = settings.parallelism ?? [1, 2, 3];
  const perProcess = Array.from({ length: DRAWN_PROCESSES }, () => pick(parallelism));
  const plan = {
    keyGroups: pick(settings.keyGroups ?? [8]),
    checkpointEveryMs: pick(settings.checkpointEveryMs ?? [20, 40, 80]),
    retained: pick([1, 1, 2, 3]),
    batchRows: pick(settings.batchRows ?? [1, 4, 16]),
    paceMs: pick(settings.paceMs ?? [2, 8, 20]),
    powerLoss: pick(settings.powerLoss ?? (["ordered", "posix"] as const)),
    strategy: pick(["random", "random", "priorities", "fifo"] as const),
    faultsMax: 1 + choices.integer(5),
    faultChance: pick([0.02, 0.05, 0.15]),
    diskErrorChance: pick([0.001, 0.005, 0.02]),
    latencyMs: pick([1, 5, 30]),
  };
  return {
    ...plan,
    classes,
    parallelism:
      options.parallelism !== undefined
        ? [options.parallelism]
        : classes.has("rescale")
          ? perProcess
          : perProcess.slice(0, 1),
    strategy: options.firstComeFirstServed === true ? "fifo" : plan.strategy,
  };
}
