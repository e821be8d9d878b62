/** `@tidemark/engine/connector`: what an author of a connector needs. Files and standard streams are in the main entry. */
export type { Binding } from "./binding.ts";
export { generate, type GenerateOptions } from "./generate.ts";
export { memorySink, type MemoryRow, type MemorySink } from "./memory-sink.ts";
export { paced } from "./paced.ts";
export { script, SCRIPT_SPLIT, type Script, type ScriptElement } from "./script.ts";
export type {
  CommitterContext,
  PreparedOutput,
  SinkCommitter,
  SinkConnector,
  SinkWriter,
  WriterContext,
} from "./sink-connector.ts";
export { sinkSuite, type SinkSuiteOptions } from "./sink.conformance.ts";
export type {
  ConnectorContext,
  InvalidRecord,
  ReaderContext,
  SourceBatch,
  SourceConnector,
  SourcePoll,
  Split,
  SplitReader,
} from "./source-connector.ts";
export { sourceSuite, type SourceSuiteOptions } from "./source.conformance.ts";
export type { CommitPermit } from "../foundation/commit-permit.ts";
export { durationMs, type Duration } from "../foundation/duration.ts";
export { TidemarkError } from "../foundation/error.ts";
export type { Json } from "../foundation/json.ts";
export type { Host } from "../host/host.ts";
export type { RecordBatch } from "../record/batch.ts";
export { BATCH_ROWS_MAX, ROW_KINDS } from "../record/batch.ts";
export type { Column } from "../record/column.ts";
export type { Field, RecordLayout } from "../record/layout.ts";
export type { RecordSchema } from "../record/record-schema.ts";
export { RecordWriter } from "../record/record-writer.ts";
export { recordOf } from "../record/row-copy.ts";
