/** Public entry `@tidemark/engine/testing`: tests of pipelines in any test runner, the reference they are compared with, and the suites of the plugs. */

// A pipeline under test
export { testRun, type TestRun, type TestRunOptions } from "./test-run.ts";
export { memorySink, type MemoryRow, type MemorySink } from "../connector/memory-sink.ts";
export { script, SCRIPT_SPLIT, type Script, type ScriptElement } from "../connector/script.ts";

// What its output has to equal
export { compareOutputs, type CompareOptions, type OutputDifference } from "./compare-outputs.ts";
export { valuesEqual, type EqualityOptions } from "./values-equal.ts";
export {
  clock,
  malformed,
  record,
  roundRobin,
  watermark,
  type InputElement,
  type Pick as ReferencePick,
  type Positions as ReferencePositions,
  type ReferenceInputs,
} from "./reference/element.ts";
export type { ReferenceDeadLetter } from "./reference/reference-job.ts";
export type { RowKind } from "./reference/row.ts";
export {
  referenceAt,
  referenceRun,
  type ReferenceOptions,
  type ReferenceOutput,
  type ReferenceResult,
} from "./reference/reference-run.ts";

// A machine in memory
export { CrashSignal } from "./memory-host-life.ts";
export { memoryHost, type MemoryHost, type MemoryHostOptions } from "./memory-host.ts";

// Suites for implementations of a plug
export type { ConformanceCase } from "../host/conformance-case.ts";
export { hostConformance } from "../host/host.conformance.ts";
export { sinkSuite, type SinkSuiteOptions } from "../connector/sink.conformance.ts";
export { sourceSuite, type SourceSuiteOptions } from "../connector/source.conformance.ts";
export { stateBackendSuite, type StateBackendSuiteOptions } from "../state/state-backend.conformance.ts";

// For hosts with threads of their own
export { runTaskWorker, type TaskWorkerThread } from "../run/run-task-worker.ts";
