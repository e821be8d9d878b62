import { GraphBuilder } from "../graph/graph-builder.ts";
import type { ErrorPolicy, LogicalGraph } from "../graph/logical-graph.ts";
import { pipelineError } from "../graph/pipeline-error.ts";
import { validateGraph, type GraphProblem } from "../graph/validate-graph.ts";
import { checkFunction } from "./check-function.ts";
import { checkPolicy, PipelineBuilder } from "./pipeline-builder.ts";

/** Shared by all copies of the engine in a process, so that a pipeline is recognised across them. */
const PIPELINE: unique symbol = Symbol.for("tidemark.pipeline");

/** A pipeline, ready to run: the default export of a pipeline file. */
export interface Pipeline {
  readonly name: string;
  readonly graph: LogicalGraph;
  /** What its author should know and what does not keep it from running. */
  readonly warnings: readonly GraphProblem[];
  readonly [PIPELINE]: true;
}

export interface PipelineOptions {
  /** What becomes of a record when user code throws: the job stops, or the record is dropped and counted, or it goes to port "dead-letters". Default: "fail". */
  readonly onError?: ErrorPolicy;
}

/**
 * Writes a pipeline: `export default pipeline("delays", (p) => { p.source(…)….to(p.sink(…)); })`. `build` runs at once and is
 * synchronous; nothing is read or written until the pipeline is started. TM_PIPELINE, TM_SCHEMA or TM_DURATION where it is wrong.
 */
export function pipeline(name: string, build: (p: PipelineBuilder) => void, options: PipelineOptions = {}): Pipeline {
  const builder = new GraphBuilder(name);
  checkFunction(build, `pipeline "${name}"`, name);
  const { onError = "fail" } = options;
  checkPolicy(onError, `onError of pipeline "${name}"`, name);
  const returned: unknown = build(new PipelineBuilder(builder));
  if (returned instanceof Promise) {
    throw pipelineError("the build function of a pipeline must not return a promise; fetch what it needs before", {
      pipeline: name,
    });
  }
  const graph = builder.finish(onError);
  return { name, graph, warnings: validateGraph(graph), [PIPELINE]: true };
}

/** True for what `pipeline` made, also by another copy of the engine. */
export function isPipeline(value: unknown): value is Pipeline {
  return typeof value === "object" && value !== null && PIPELINE in value;
}
