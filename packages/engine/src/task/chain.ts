import { assert } from "../foundation/assert.ts";
import type { SinkWriter } from "../connector/sink-connector.ts";
import type { Clock } from "../host/clock.ts";
import type { MergeOperator } from "../operator/merge-operator.ts";
import type { Operator, OperatorContext, Output } from "../operator/operator.ts";
import type { RecordBatch } from "../record/batch.ts";
import type { KeyedState, StateBackend } from "../state/state-backend.ts";
import type { OperatorStates } from "../checkpoint/manifest.ts";
import type { DeadLetters } from "./dead-letters.ts";
import { DiamondOutput, meetingPoints, waysFrom } from "./diamond.ts";
import type { Exchange } from "./exchange.ts";
import { SinkOperator } from "./sink-operator.ts";
import type { ChainNodePlan, Target } from "./task-plan.ts";
import { handleUserError, type ErrorPolicy } from "./user-error.ts";

/** What a chain is built with. */
export interface ChainContext {
  readonly subtask: number;
  readonly clock: Clock;
  readonly backend: StateBackend;
  readonly keyGroupBits: number;
  readonly debug: boolean;
  readonly onError: ErrorPolicy;
  readonly deadLetters: DeadLetters | null;
  /** By edge id. */
  readonly exchanges: ReadonlyMap<number, Exchange>;
  /** By node name. */
  readonly writers: ReadonlyMap<string, SinkWriter>;
}

/** Counters of one operator, since the task started. */
export interface OperatorCounters {
  recordsIn: number;
  recordsOut: number;
  /** Counts of the operator's own, such as "late-dropped". */
  readonly named: Record<string, number>;
}

/** One built operator. */
export interface ChainLink {
  readonly name: string;
  readonly kind: string;
  readonly operator: Operator;
  readonly counters: OperatorCounters;
  state: KeyedState | null;
  states: OperatorStates | null;
}

/** Operators fused into one call path: what one emits, the next one handles at once. */
export class Chain {
  readonly links: readonly ChainLink[];
  readonly #nodes: readonly ChainNodePlan[];

  constructor(nodes: readonly ChainNodePlan[], context: ChainContext) {
    const links: ChainLink[] = [];
    this.links = links;
    this.#nodes = nodes;
    // Consumers are made before producers, so that every output can be wired when its operator is made.
    for (let index = nodes.length - 1; index >= 0; index--) {
      links[index] = buildLink(nodes[index] as ChainNodePlan, { nodes, links }, context);
    }
  }

  /** Output that feeds `targets`, for gates and sources. */
  entry(targets: readonly Target[], exchanges: ReadonlyMap<number, Exchange>): Output {
    return outputTo(targets, { nodes: this.#nodes, links: this.links }, exchanges, null);
  }
}

/** The nodes of a chain, and the links that were built of them so far. */
interface ChainParts {
  readonly nodes: readonly ChainNodePlan[];
  readonly links: readonly ChainLink[];
}

function buildLink(plan: ChainNodePlan, parts: ChainParts, context: ChainContext): ChainLink {
  const counters: OperatorCounters = { recordsIn: 0, recordsOut: 0, named: {} };
  const outputs = new Map<string, Output>();
  for (const [name, targets] of Object.entries(plan.outputs)) {
    outputs.set(name, outputTo(targets, parts, context.exchanges, name === "main" ? counters : null));
  }
  const main = outputs.get("main") ?? outputTo([], parts, context.exchanges, counters);
  const count = (name: string, amount: number): void => {
    counters.named[name] = (counters.named[name] ?? 0) + amount;
  };
  const opened: { state: KeyedState | null; states: OperatorStates | null } = { state: null, states: null };
  const operatorContext: OperatorContext = {
    name: plan.name,
    clock: context.clock,
    output: main,
    sideOutput: (name) => outputs.get(name) ?? null,
    keyedState: (options) => {
      assert(opened.state === null, () => `operator ${plan.name} opened its state twice`);
      opened.state = context.backend.openKeyedState({
        ...options,
        operator: plan.name,
        keyGroupBits: context.keyGroupBits,
      });
      opened.states = describeStates(plan, options);
      return opened.state;
    },
    userError: (error, where) => {
      handleUserError(error, where, {
        operator: plan.name,
        subtask: context.subtask,
        policy: context.onError,
        deadLetters: context.deadLetters,
        count,
      });
    },
    debug: context.debug,
    count,
  };
  const operator = makeOperator(plan, operatorContext, main, context);
  return { name: plan.name, kind: plan.kind, operator, counters, ...opened };
}

function makeOperator(plan: ChainNodePlan, context: OperatorContext, main: Output, chain: ChainContext): Operator {
  if (typeof plan.make === "object") {
    const writer = chain.writers.get(plan.name);
    assert(writer !== undefined, () => `no writer was opened for sink ${plan.name}`);
    return new SinkOperator(writer);
  }
  const operator = plan.make(context);
  // An operator with one input is idle exactly when that input is.
  operator.onIdle ??= (_input, idle) => {
    main.idle(idle);
  };
  return operator;
}

function describeStates(plan: ChainNodePlan, options: Parameters<OperatorContext["keyedState"]>[0]): OperatorStates {
  return {
    operator: plan.name,
    kind: plan.kind,
    timers: options.timers,
    states: options.states.map((state) => ({
      name: state.name,
      kind: state.kind,
      schemaHash: state.codec.schemaHash,
      jsonSchema: (state.codec.jsonSchema ?? null) as OperatorStates["states"][number]["jsonSchema"],
    })),
  };
}

type Receiver = { readonly link: ChainLink; readonly input: number };

/** Output that feeds `targets`; branches that are merged again further down go row by row. */
function outputTo(
  targets: readonly Target[],
  { nodes, links }: ChainParts,
  exchanges: ReadonlyMap<number, Exchange>,
  counters: OperatorCounters | null,
): Output {
  const meetings = meetingPoints(targets, nodes);
  if (meetings.length === 0) return fanOut(targets, links, exchanges, counters);
  const isBranch = (target: Target): boolean => meetings.some((node) => waysFrom(target, nodes).has(node));
  const leadsTo = (from: number, to: number): boolean =>
    waysFrom({ kind: "node", node: from, input: 0 }, nodes).has(to);
  return new DiamondOutput({
    branches: fanOut(targets.filter(isBranch), links, exchanges, null),
    others: fanOut(
      targets.filter((target) => !isBranch(target)),
      links,
      exchanges,
      counters,
    ),
    merges: meetings
      .filter((node) => !meetings.some((other) => other !== node && leadsTo(node, other)))
      .map((node) => links[node]?.operator as MergeOperator),
  });
}

/** Hands every element to each target in turn; batches are immutable and shared. */
function fanOut(
  targets: readonly Target[],
  links: readonly ChainLink[],
  exchanges: ReadonlyMap<number, Exchange>,
  counters: OperatorCounters | null,
): Output {
  const receivers: Receiver[] = [];
  const edges: Exchange[] = [];
  for (const target of targets) {
    if (target.kind === "edge") {
      const exchange = exchanges.get(target.edge);
      assert(exchange !== undefined, () => `edge ${target.edge} has no exchange`);
      edges.push(exchange);
    } else {
      const link = links[target.node];
      assert(link !== undefined, () => `node ${target.node} is used before it is made`);
      receivers.push({ link, input: target.input });
    }
  }
  return new FanOut(receivers, edges, counters);
}

class FanOut implements Output {
  readonly #receivers: readonly Receiver[];
  readonly #edges: readonly Exchange[];
  readonly #counters: OperatorCounters | null;

  constructor(receivers: readonly Receiver[], edges: readonly Exchange[], counters: OperatorCounters | null) {
    this.#receivers = receivers;
    this.#edges = edges;
    this.#counters = counters;
  }

  batch(batch: RecordBatch): void {
    if (batch.length === 0) return;
    if (this.#counters !== null) this.#counters.recordsOut += batch.length;
    for (const { link, input } of this.#receivers) {
      link.counters.recordsIn += batch.length;
      link.operator.onBatch(input, batch);
    }
    for (const edge of this.#edges) edge.batch(batch);
  }

  watermark(watermark: number): void {
    for (const { link, input } of this.#receivers) link.operator.onWatermark(input, watermark);
    for (const edge of this.#edges) edge.watermark(watermark);
  }

  idle(idle: boolean): void {
    for (const { link, input } of this.#receivers) link.operator.onIdle?.(input, idle);
    for (const edge of this.#edges) edge.idle(idle);
  }
}
