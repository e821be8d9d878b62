// The public entry `@tidemark/engine`. Every name here is a decision; nothing is exported by pattern.

// Writing pipelines
export {
  collect,
  count,
  custom,
  distinctCount,
  first,
  last,
  max,
  mean,
  min,
  quantile,
  sum,
  topK,
  variance,
  type Aggregate,
  type AggregateResults,
  type CustomAggregate,
  type TopEntry,
} from "../dsl/aggregates.ts";
export { isPipeline, pipeline, type Pipeline, type PipelineOptions } from "../dsl/pipeline.ts";
export type { PipelineBuilder, SourceConfig } from "../dsl/pipeline-builder.ts";
export type { ProcessContext, ProcessFunction, TimerHandle } from "../dsl/process.ts";
export type { RecordOf, Schema } from "../dsl/schema.ts";
export type { Sink } from "../dsl/sink.ts";
export { state, type ListHandle, type MapHandle, type StateDeclaration, type ValueHandle } from "../dsl/state.ts";
export type { KeyedStream, LatenessOptions, Stream, TableRow, WindowedStream, WindowRow } from "../dsl/stream.ts";
export type { Table } from "../dsl/table.ts";
export { cumulate, hopping, session, tumbling, type WindowOptions } from "../dsl/windows.ts";
export type { Duration } from "../foundation/duration.ts";
export type { ErrorPolicy, LogicalGraph } from "../graph/logical-graph.ts";
export type { Window, WindowSpec } from "../operator/window-spec.ts";
export type { Key, KeyPart } from "../record/key-column.ts";

// Binding ports
export type { Binding } from "../connector/binding.ts";
export { generate } from "../connector/generate.ts";
export { memorySink, type MemorySink } from "../connector/memory-sink.ts";
export { blocks, csv, jsonl, rows } from "../files/file-binding.ts";
export { stdin } from "../files/stdin.ts";
export { stdout } from "../files/stdout.ts";

// Running
export type { CheckpointSummary } from "../job/checkpoint-coordinator.ts";
export type { Job } from "../job/job.ts";
export type { JobEvent, JobResult, JobSettings } from "../job/job-options.ts";
export { nodeHost } from "../node-host/node-host.ts";
export { memoryBackend, type MemoryBackendOptions, type SnapshotRule } from "../state/memory-backend.ts";
export { defineConfig, type TidemarkConfig } from "./config.ts";
export { loadConfig, loadPipeline } from "./load-pipeline.ts";
export { settingsOf, type CheckpointOptions, type SettingsOptions } from "./settings.ts";
export { start, type Started, type StartOptions } from "./start.ts";

// Errors
export { TidemarkError, type ErrorFacts } from "../foundation/error.ts";
export { errorExitCode, type ErrorCode, type ErrorKind } from "../foundation/error-codes.ts";
