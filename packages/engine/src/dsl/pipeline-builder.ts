import { durationMs, type Duration } from "../foundation/duration.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { ErrorPolicy } from "../graph/logical-graph.ts";
import { pipelineError } from "../graph/pipeline-error.ts";
import { checkFunction } from "./check-function.ts";
import { Point } from "./point.ts";
import { checkSchema, type RecordOf, type Schema } from "./schema.ts";
import type { Sink } from "./sink.ts";
import { Stream } from "./stream.ts";

/** How a source's records are read and what is known of their time. */
export interface SourceConfig<T> {
  /** Event time of a record, epoch ms. Windows and event-time timers need it. */
  readonly eventTime?: (record: Readonly<T>) => number;
  /** How much earlier than its forerunners a record may be without being late. Default: "0ms". */
  readonly outOfOrder?: Duration;
  /** After how long without records a split no longer holds back the others' time. Default: "1m". */
  readonly idle?: Duration | "never";
  /** Records further ahead of the wall clock than this do not move time on. Default: "1d". */
  readonly maxAhead?: Duration;
  /** What becomes of input that cannot be decoded or does not fit the schema. Default: "fail". */
  readonly onInvalid?: ErrorPolicy;
  /** True: the input is known to fit the schema and is not validated, nor transformed by it. Default: false. */
  readonly trust?: boolean;
}

const POLICIES: readonly unknown[] = ["fail", "skip", "deadLetter"] satisfies ErrorPolicy[];

/** Refuses what is no error policy with TM_PIPELINE. */
export function checkPolicy(policy: unknown, what: string, pipeline: string): void {
  if (POLICIES.includes(policy)) return;
  throw pipelineError(`${what} must be "fail", "skip" or "deadLetter"`, { pipeline, given: String(policy) });
}

/** What a pipeline's build function is given: the beginning of streams and their ends. */
export class PipelineBuilder {
  readonly #graph: GraphBuilder;
  readonly #sinks = new WeakSet<object>();

  /** Made by `pipeline`. */
  constructor(graph: GraphBuilder) {
    this.#graph = graph;
  }

  /**
   * The stream that comes in at a port. The port is bound to a file, a topic or a test outside the pipeline; records have the type
   * of the schema's output: `p.source("flights", Flight, { eventTime: (f) => Date.parse(f.date), outOfOrder: "15m" })`.
   */
  source<S extends Schema>(port: string, schema: S, options: SourceConfig<RecordOf<S>> = {}): Stream<RecordOf<S>> {
    const what = `source "${port}"`;
    const pipeline = this.#graph.name;
    checkSchema(schema, what, pipeline);
    const {
      eventTime = null,
      outOfOrder = "0ms",
      idle = "1m",
      maxAhead = "1d",
      onInvalid = "fail",
      trust = false,
    } = options;
    if (eventTime !== null) checkFunction(eventTime, `eventTime of ${what}`, pipeline);
    checkPolicy(onInvalid, `onInvalid of ${what}`, pipeline);
    const output = this.#graph.source(port, schema, {
      eventTime,
      outOfOrderMs: durationMs(outOfOrder, `outOfOrder of ${what}`),
      idleMs: idle === "never" ? null : durationMs(idle, `idle of ${what}`),
      maxAheadMs: durationMs(maxAhead, `maxAhead of ${what}`),
      onInvalid,
      trust,
    });
    return new Stream(new Point(this.#graph, output, this.#sinks));
  }

  /** A port through which records leave. With a schema, only streams whose records fit its output type can be led to it. */
  sink(port: string): Sink<unknown>;
  sink<S extends Schema>(port: string, schema: S): Sink<RecordOf<S>>;
  sink(port: string, schema?: Schema): Sink<never> {
    if (schema !== undefined) checkSchema(schema, `sink "${port}"`, this.#graph.name);
    this.#graph.sink(port, schema ?? null);
    const sink: Sink<never> = Object.freeze({ port });
    this.#sinks.add(sink);
    return sink;
  }
}
