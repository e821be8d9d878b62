// The public entry `@tidemark/simulator`. Every name here is a decision.

export { Simulation, type SimulationOptions } from "./simulation.ts";
export type { Machine } from "./machine.ts";
export type { PipelineRun, ProcessOutcome, ProcessRun, SimulatedProcess } from "./process.ts";
export { ProcessKilled } from "./life.ts";

// What goes wrong
export { NO_FAULTS, type DiskFaults, type FaultOptions, type Faults, type StoreFaults } from "./faults.ts";
export type { Errno } from "./disk/disk-error.ts";
export { failCalls, type DiskCall, type DiskCallName, type DiskFault, type DiskRule } from "./disk/disk-rule.ts";
export {
  failRequests,
  type StoreCall,
  type StoreCallName,
  type StoreFault,
  type StoreRule,
} from "./object-store/store-rule.ts";
export type { Volume } from "./disk/volume.ts";
export type { Bucket } from "./object-store/bucket.ts";
export type { SimulatedObjectStore } from "./object-store/simulated-object-store.ts";

// What decides, and what is seen
export type { Choices, Tape } from "./random.ts";
export { firstComeFirstServed, priorities, randomWalk, type Candidate, type Strategy } from "./schedule-strategy.ts";
export type { EventKind, RunEnd, Scheduler } from "./scheduler.ts";
export type { Operation, Watcher } from "./operation.ts";
export type { Trace, TraceEntry } from "./trace.ts";
export type { ThreadContext, ThreadMain } from "./threads/simulated-threads.ts";

// Runs that follow from a seed, and what must hold in them
export { runSeed } from "./explore/run-seed.ts";
export {
  FAULT_CLASSES,
  type FaultClass,
  type PlannedCrash,
  type RecordInputs,
  type RunOptions,
  type RunReport,
  type Scenario,
  type ScenarioSettings,
  type Violation,
} from "./explore/scenario.ts";
export { scenarioOf, SCENARIOS } from "./explore/scenarios.ts";
export { shrink, type Shrunk } from "./explore/shrink.ts";
export { CRASHES, sweep, sweepPairs, type SweepOptions, type SweepReport } from "./explore/sweep.ts";
export { notReached, REACH_PROBES } from "./explore/reach-probes.ts";
export { failureText, replayCommand, shrunkText } from "./explore/report-text.ts";

// For the pipelines of users
export { simulate, type SimulatedOutputs, type SimulateOptions, type SimulateReport } from "./users/simulate.ts";
export type { Arbitrary } from "./users/arbitrary-random.ts";
export type { UserInput, UserInputs } from "./users/user-inputs.ts";
export type { Mistake, MistakeKind } from "./users/user-mistake.ts";
