import type { StandardSchemaV1 } from "@standard-schema/spec";
import { TidemarkError } from "../../foundation/error.ts";
import { GraphBuilder } from "../../graph/graph-builder.ts";
import type { ErrorPolicy, LogicalGraph, NodeInput, SourceOptions } from "../../graph/logical-graph.ts";
import type { AggregateFunction } from "../../operator/aggregate-function.ts";
import { PLAIN_CODEC } from "../../state/state-codec.ts";

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

/** A built-in aggregate as the graph names it; the reference must not call its functions. */
export function builtIn<In>(kind: string, input: ((record: In) => unknown) | null = null, parameters: Record<string, number> = {}): AggregateFunction {
  const refuse = (): never => {
    throw new TidemarkError("TM_INTERNAL", "the reference called an aggregate of the engine");
  };
  return { kind, parameters, input: input as AggregateFunction["input"], create: refuse, add: refuse, merge: refuse, result: refuse, codec: PLAIN_CODEC, custom: false };
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
