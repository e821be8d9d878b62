import type { StandardSchemaV1 } from "@standard-schema/spec";
import { assert } from "../foundation/assert.ts";
import {
  DEAD_LETTER_PORT,
  type ErrorPolicy,
  type LogicalGraph,
  type LogicalNode,
  type NodeInput,
  type SourceOptions,
} from "./logical-graph.ts";
import { checkName, isGeneratedName } from "./names.ts";
import { pipelineError } from "./pipeline-error.ts";

type WithoutIdentity<N> = N extends LogicalNode ? Omit<N, "id" | "name"> : never;
type NodeOfKind<Kind extends LogicalNode["kind"]> = Extract<LogicalNode, { kind: Kind }>;

/** A step without state: its name is generated. */
export type StatelessStep = WithoutIdentity<NodeOfKind<"map" | "filter" | "flatMap" | "merge" | "keyBy">>;
/** A step that owns state: its stable id is its name. */
export type StatefulStep = WithoutIdentity<NodeOfKind<"window" | "aggregate" | "reduce" | "process" | "lookup">>;

interface OpenSink {
  readonly schema: StandardSchemaV1 | null;
  readonly inputs: NodeInput[];
}

/**
 * Collects the nodes of one logical graph while its pipeline is being written. Names are checked as they come, so that the
 * error's stack points at the line to mend; what only the whole graph can tell is validate-graph's. Ports (sources and sinks)
 * share one name space, steps another. A sink becomes a node at the end, because several streams may lead to it.
 */
export class GraphBuilder {
  readonly name: string;
  readonly #nodes: LogicalNode[] = [];
  readonly #steps = new Set<string>();
  readonly #ports = new Set<string>();
  readonly #sinks = new Map<string, OpenSink>();
  readonly #generated = new Map<string, number>();
  #finished = false;

  /** TM_PIPELINE if the name cannot be one. */
  constructor(name: string) {
    checkName(name, "a pipeline", undefined);
    this.name = name;
  }

  /** Adds a source; TM_PIPELINE if the port is taken, reserved, or no name. */
  source(port: string, schema: StandardSchemaV1, options: SourceOptions): NodeInput {
    this.#claimPort(port, "source");
    return this.#add({ kind: "source", id: this.#nodes.length, name: port, inputs: [], schema, options });
  }

  /** Opens a sink port that streams can be connected to; TM_PIPELINE if the port is taken, reserved, or no name. */
  sink(port: string, schema: StandardSchemaV1 | null): void {
    this.#claimPort(port, "sink");
    this.#sinks.set(port, { schema, inputs: [] });
  }

  /** Leads a stream to an open sink port. */
  connect(input: NodeInput, port: string): void {
    this.#assertOpen(`a stream to sink "${port}"`);
    const sink = this.#sinks.get(port);
    assert(sink !== undefined, () => `sink ${port} was never opened`);
    if (sink.inputs.some((other) => other.node === input.node && other.output === input.output)) {
      throw pipelineError(`the same stream leads to sink "${port}" twice; remove one of the calls`, {
        pipeline: this.name,
      });
    }
    sink.inputs.push(input);
  }

  /** Adds a step without state and gives it the next name of its kind. */
  stateless(step: StatelessStep): NodeInput {
    this.#assertOpen(`a ${step.kind}`);
    const number = (this.#generated.get(step.kind) ?? 0) + 1;
    this.#generated.set(step.kind, number);
    return this.#add({ ...step, id: this.#nodes.length, name: `${step.kind}-${number}` });
  }

  /** Adds a step that owns state under its stable id; TM_PIPELINE if the id is taken or no name. */
  stateful(id: string, step: StatefulStep): NodeInput {
    this.claimStableId(id, `a ${step.kind} step`);
    return this.#add({ ...step, id: this.#nodes.length, name: id });
  }

  /** Takes a stable id for something that is not a node of its own, such as a table made of a keyed stream. */
  claimStableId(id: string, what: string): void {
    this.#assertOpen(what);
    checkName(id, `the stable id of ${what}`, this.name);
    if (isGeneratedName(id)) {
      throw pipelineError(`"${id}" looks like a generated name; choose a stable id that says what the step does`, {
        pipeline: this.name,
      });
    }
    if (this.#steps.has(id)) {
      throw pipelineError(`stable id "${id}" is used twice; give each step that owns state an id of its own`, {
        pipeline: this.name,
      });
    }
    this.#steps.add(id);
  }

  /** Ends the pipeline: appends its sinks in the order in which they were opened. Nothing can be added afterwards. */
  finish(onError: ErrorPolicy): LogicalGraph {
    this.#assertOpen("the end");
    this.#finished = true;
    for (const [port, { schema, inputs }] of this.#sinks) {
      if (inputs.length === 0) {
        throw pipelineError(`no stream leads to sink "${port}"; write stream.to(…) to it, or remove the sink`, {
          pipeline: this.name,
        });
      }
      this.#add({ kind: "sink", id: this.#nodes.length, name: port, inputs, schema });
    }
    return { name: this.name, nodes: this.#nodes, onError };
  }

  #add(node: LogicalNode): NodeInput {
    this.#nodes.push(node);
    return { node: node.id, output: "main" };
  }

  #claimPort(port: string, what: "source" | "sink"): void {
    this.#assertOpen(`a ${what}`);
    checkName(port, `the port of a ${what}`, this.name);
    if (port === DEAD_LETTER_PORT) {
      throw pipelineError(
        `port "${DEAD_LETTER_PORT}" is reserved: bind it in the configuration, and set onError or onInvalid to "deadLetter"`,
        { pipeline: this.name },
      );
    }
    if (this.#ports.has(port)) {
      throw pipelineError(
        `port "${port}" is declared twice; keep the first ${what} in a variable and use it again, or choose another name`,
        { pipeline: this.name },
      );
    }
    this.#ports.add(port);
  }

  #assertOpen(what: string): void {
    if (this.#finished) {
      throw pipelineError(
        `${what} was added after the pipeline's build function had returned; add every step inside it`,
        {
          pipeline: this.name,
        },
      );
    }
  }
}
