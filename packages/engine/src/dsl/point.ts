import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { NodeInput } from "../graph/logical-graph.ts";
import { pipelineError } from "../graph/pipeline-error.ts";
import type { Sink } from "./sink.ts";

/** The place of each stream and table, out of users' sight. */
const places = new WeakMap<object, Point>();

/** Notes where a stream or table stands; returns the place. */
export function placed(step: object, at: Point): Point {
  places.set(step, at);
  return at;
}

/** A place in a graph that is being written: the output that the next step reads. */
export class Point {
  readonly builder: GraphBuilder;
  readonly output: NodeInput;
  readonly #sinks: WeakSet<object>;

  /** `sinks` are those that belong to the builder's pipeline. */
  constructor(builder: GraphBuilder, output: NodeInput, sinks: WeakSet<object>) {
    this.builder = builder;
    this.output = output;
    this.#sinks = sinks;
  }

  /** The same pipeline at another output. */
  at(output: NodeInput): Point {
    return new Point(this.builder, output, this.#sinks);
  }

  /** Leads this output to a sink; TM_PIPELINE if it was not made by this pipeline's `p.sink`. */
  connect(sink: Sink<never>): void {
    if (typeof sink !== "object" || sink === null || !this.#sinks.has(sink)) {
      throw pipelineError("a stream can only lead to a sink of its own pipeline: pass what p.sink(port) returned", {
        pipeline: this.builder.name,
      });
    }
    this.builder.connect(this.output, sink.port);
  }

  /** The output of another step of the same pipeline; TM_PIPELINE if `other` is none. */
  outputOf(other: object, what: string): NodeInput {
    const its = places.get(other);
    if (its?.builder === this.builder) return its.output;
    throw pipelineError(`${what} must be of the same pipeline`, { pipeline: this.builder.name });
  }
}
