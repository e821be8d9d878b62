import type { StandardSchemaV1 } from "@standard-schema/spec";
import { TidemarkError } from "../../foundation/error.ts";
import { GraphBuilder } from "../../graph/graph-builder.ts";
import type { ErrorPolicy, LogicalGraph, NodeInput, SourceOptions } from "../../graph/logical-graph.ts";
import type { AggregateFunction } from "../../operator/aggregate-function.ts";

/** Takes what `accepts` accepts. */
export function schemaOf(accepts: (value: unknown) => boolean): StandardSchemaV1 {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => (accepts(value) ? { value } : { issues: [{ message: "not accepted" }] }),
    },
  };
}

/** A built-in aggregate of which the reference may use the name, the parameters and the selector, and nothing else. */
export function builtIn(aggregate: AggregateFunction<never>): AggregateFunction {
  const refuse = (): never => {
    throw new TidemarkError("TM_INTERNAL", "the reference called an aggregate of the engine");
  };
  return { ...aggregate, create: refuse, add: refuse, merge: refuse, result: refuse };
}

export interface TestRecord {
  readonly k: string;
  readonly t: number;
  readonly v?: number;
}

export const SOURCE: SourceOptions = {
  eventTime: ((record: TestRecord) => record.t) as SourceOptions["eventTime"],
  outOfOrderMs: 0,
  idleMs: null,
  maxAheadMs: Infinity,
  onInvalid: "fail",
  trust: false,
};

/** Writes a graph with source "in" (of {@link TestRecord}s) whose result goes to sink "out". */
export function graphOf(
  build: (g: GraphBuilder, source: NodeInput) => NodeInput,
  options: { source?: Partial<SourceOptions>; onError?: ErrorPolicy; schema?: StandardSchemaV1 } = {},
): LogicalGraph {
  const g = new GraphBuilder("test");
  const source = g.source("in", options.schema ?? schemaOf(() => true), { ...SOURCE, ...options.source });
  const result = build(g, source);
  g.sink("out", null);
  g.connect(result, "out");
  return g.finish(options.onError ?? "fail");
}

/** The source keyed by `k`. */
export function byK(g: GraphBuilder, source: NodeInput): NodeInput {
  return g.stateless({ kind: "keyBy", fn: ((record: TestRecord) => record.k) as never, inputs: [source] });
}
