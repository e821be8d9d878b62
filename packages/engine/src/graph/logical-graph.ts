import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { AggregateFunction } from "../operator/aggregate-function.ts";
import type { ProcessSpec } from "../operator/process-spec.ts";
import type { WindowSpec } from "../operator/window-spec.ts";
import type { Key } from "../record/key-column.ts";

/** A pipeline as written: nodes in the order in which they were made; inputs always come before their consumers. */
export interface LogicalGraph {
  readonly name: string;
  readonly nodes: readonly LogicalNode[];
  readonly onError: ErrorPolicy;
}

/** What happens to a record whose decoding, validation or user code fails: stop the job, drop and count it, or send it to "dead-letters". */
export type ErrorPolicy = "fail" | "skip" | "deadLetter";

/** The reserved sink port of dead letters. */
export const DEAD_LETTER_PORT = "dead-letters";

/** Position of a node in `LogicalGraph.nodes`. */
export type NodeId = number;

/** An edge: output "main" or a side output ("late") of a node. */
export interface NodeInput {
  readonly node: NodeId;
  readonly output: string;
}

interface NodeBase {
  readonly id: NodeId;
  /**
   * Stable id on steps that own state, port name on sources and sinks, else generated: "map-3". Ports are unique among ports and
   * steps among steps: step "hourly" may lead to sink "hourly".
   */
  readonly name: string;
  readonly inputs: readonly NodeInput[];
}

export interface SourceNode extends NodeBase {
  readonly kind: "source";
  readonly schema: StandardSchemaV1;
  readonly options: SourceOptions;
}
/** Source options after parsing; durations in ms. */
export interface SourceOptions {
  readonly eventTime: ((record: never) => number) | null;
  readonly outOfOrderMs: number;
  /** A split without records for this long stops holding back the watermark; null: never. */
  readonly idleMs: number | null;
  /** Records further ahead of the wall clock than this do not move the watermark. */
  readonly maxAheadMs: number;
  readonly onInvalid: ErrorPolicy;
  /** Decode without validating against the schema. */
  readonly trust: boolean;
}
export interface StatelessNode extends NodeBase {
  readonly kind: "map" | "filter" | "flatMap";
  readonly fn: (record: never) => unknown;
}
export interface MergeNode extends NodeBase {
  readonly kind: "merge";
}
export interface KeyByNode extends NodeBase {
  readonly kind: "keyBy";
  readonly fn: (record: never) => Key;
}
export interface WindowNode extends NodeBase {
  readonly kind: "window";
  readonly window: WindowSpec;
  readonly aggregates: Readonly<Record<string, AggregateFunction>>;
  readonly allowedLatenessMs: number;
}
/** Unwindowed aggregate: a changelog stream of { key, ...results }. */
export interface AggregateNode extends NodeBase {
  readonly kind: "aggregate";
  readonly aggregates: Readonly<Record<string, AggregateFunction>>;
}
/** Unwindowed reduce: a changelog stream of the reduced record per key. */
export interface ReduceNode extends NodeBase {
  readonly kind: "reduce";
  readonly fn: (accumulated: never, record: never) => unknown;
}
export interface ProcessNode extends NodeBase {
  readonly kind: "process";
  readonly spec: ProcessSpec;
}
/** inputs[0] is the keyed stream, inputs[1] the keyed stream that feeds the table. */
export interface LookupNode extends NodeBase {
  readonly kind: "lookup";
  readonly fn: (record: never, row: never) => unknown;
}
export interface SinkNode extends NodeBase {
  readonly kind: "sink";
  readonly schema: StandardSchemaV1 | null;
}

export type LogicalNode =
  | SourceNode
  | StatelessNode
  | MergeNode
  | KeyByNode
  | WindowNode
  | AggregateNode
  | ReduceNode
  | ProcessNode
  | LookupNode
  | SinkNode;
