import { assert } from "../foundation/assert.ts";
import type { SinkWriter } from "../connector/sink-connector.ts";
import type { Clock } from "../host/clock.ts";
import type { MergeOperator } from "../operator/merge-operator.ts";
import type { Operator, OperatorContext, Output } from "../operator/operator.ts";
import type { RecordBatch } from "../record/batch.ts";
import type { KeyedState, StateBackend } from "../state/state-backend.ts";
import { stateSchema } from "../state/state-schema.ts";
import type { OperatorStates } from "../checkpoint/manifest.ts";
import type { DeadLetters } from "./dead-letters.ts";
import { DiamondOutput, meetingPoints, waysFrom } from "./diamond.ts";
import type { Exchange } from "./exchange.ts";
import { SinkOperator } from "./sink-operator.ts";
import type { SelfTimes, StepMeter, TimeUse } from "./self-times.ts";
import type { ChainNodePlan, Target } from "./task-plan.ts";
import { handleUserError, type ErrorPolicy } from "./user-error.ts";

/** What an operator does in one call of that which grows with the number of keys: some milliseconds of it. */
const KEYS_AT_ONCE = 8_192;

/** In debug mode few: there even small tests see what is put off. */
const DEBUGGED_KEYS_AT_ONCE = 3;

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
  readonly times: SelfTimes;
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
  readonly meter: StepMeter;
  state: KeyedState | null;
  states: OperatorStates | null;
}

/** Operators fused into one call path: what one emits, the next one handles at once. */
export class Chain {
  readonly links: readonly ChainLink[];
  /** Of what goes into taking records from other tasks, and handing them on. */
  readonly exchangeMeter: StepMeter;
  readonly #parts: ChainParts;

  /** `task`: the name of the task that runs it. */
  constructor(task: string, nodes: readonly ChainNodePlan[], context: ChainContext) {
    const links: ChainLink[] = [];
    this.links = links;
    const meters = nodes.map((node) => context.times.meter(meteredName(node), useOf(node.kind)));
    this.exchangeMeter = context.times.meter(task, "exchange");
    this.#parts = { nodes, links, context, exchangeMeter: this.exchangeMeter };
    // Consumers are made before producers, so that every output can be wired when its operator is made.
    for (let index = nodes.length - 1; index >= 0; index--) {
      links[index] = buildLink(nodes[index] as ChainNodePlan, meters[index] as StepMeter, this.#parts);
    }
  }

  /** Output that feeds `targets`, for gates and sources. */
  entry(targets: readonly Target[]): Output {
    return outputTo(targets, this.#parts, null);
  }
}

/** The nodes of a chain, the links that were built of them so far, and what they are built with. */
interface ChainParts {
  readonly nodes: readonly ChainNodePlan[];
  readonly links: readonly ChainLink[];
  readonly context: ChainContext;
  readonly exchangeMeter: StepMeter;
}

/** Operators are metered by the name users know; a sink stands once in each task that feeds it. */
function meteredName({ name, make }: ChainNodePlan): string {
  return typeof make === "object" ? make.sinkPort : name;
}

const USES: Readonly<Record<string, TimeUse>> = {
  map: "steps",
  filter: "steps",
  flatMap: "steps",
  merge: "steps",
  keyBy: "keys",
  sink: "encode",
};

/** Every other kind of operator keeps state. */
function useOf(kind: string): TimeUse {
  return USES[kind] ?? "state";
}

function buildLink(plan: ChainNodePlan, meter: StepMeter, parts: ChainParts): ChainLink {
  const { context } = parts;
  const counters: OperatorCounters = { recordsIn: 0, recordsOut: 0, named: {} };
  const outputs = new Map<string, Output>();
  for (const [name, targets] of Object.entries(plan.outputs)) {
    outputs.set(name, outputTo(targets, parts, name === "main" ? counters : null));
  }
  const main = outputs.get("main") ?? outputTo([], parts, counters);
  const count = (name: string, amount: number): void => {
    counters.named[name] = (counters.named[name] ?? 0) + amount;
  };
  const opened: { state: KeyedState | null; states: OperatorStates | null } = { state: null, states: null };
  const operatorContext: OperatorContext = {
    name: plan.name,
    keysAtOnce: keysAtOnce(plan, parts),
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
  return { name: plan.name, kind: plan.kind, operator, counters, meter, ...opened };
}

function keysAtOnce(plan: ChainNodePlan, { nodes, context }: ChainParts): number {
  if (leadsToMerge(plan, nodes)) return Number.POSITIVE_INFINITY;
  return context.debug ? DEBUGGED_KEYS_AT_ONCE : KEYS_AT_ONCE;
}

/** True where branches may meet again, which is in an order of rows that nothing may change: nothing is put off there. */
function leadsToMerge({ outputs }: ChainNodePlan, nodes: readonly ChainNodePlan[]): boolean {
  const ways = Object.values(outputs).flatMap((targets) => targets.map((target) => waysFrom(target, nodes)));
  return ways.some((way) => [...way].some((node) => nodes[node]?.kind === "merge"));
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
    states: options.states.map((state) => {
      const { schemaHash, jsonSchema } = stateSchema(state);
      return {
        name: state.name,
        kind: state.kind,
        schemaHash,
        jsonSchema: jsonSchema as OperatorStates["states"][number]["jsonSchema"],
      };
    }),
  };
}

type Receiver = { readonly link: ChainLink; readonly input: number };

/** Output that feeds `targets`; branches that are merged again further down go row by row. */
function outputTo(targets: readonly Target[], parts: ChainParts, counters: OperatorCounters | null): Output {
  const { nodes, links } = parts;
  const meetings = meetingPoints(targets, nodes);
  if (meetings.length === 0) return fanOut(targets, parts, counters);
  const isBranch = (target: Target): boolean => meetings.some((node) => waysFrom(target, nodes).has(node));
  const leadsTo = (from: number, to: number): boolean =>
    waysFrom({ kind: "node", node: from, input: 0 }, nodes).has(to);
  return new DiamondOutput({
    branches: fanOut(targets.filter(isBranch), parts, null),
    others: fanOut(
      targets.filter((target) => !isBranch(target)),
      parts,
      counters,
    ),
    merges: meetings
      .filter((node) => !meetings.some((other) => other !== node && leadsTo(node, other)))
      .map((node) => links[node]?.operator as MergeOperator),
  });
}

/** Hands every element to each target in turn; batches are immutable and shared. */
function fanOut(targets: readonly Target[], parts: ChainParts, counters: OperatorCounters | null): Output {
  const receivers: Receiver[] = [];
  const edges: Exchange[] = [];
  for (const target of targets) {
    if (target.kind === "edge") {
      const exchange = parts.context.exchanges.get(target.edge);
      assert(exchange !== undefined, () => `edge ${target.edge} has no exchange`);
      edges.push(exchange);
    } else {
      const link = parts.links[target.node];
      assert(link !== undefined, () => `node ${target.node} is used before it is made`);
      receivers.push({ link, input: target.input });
    }
  }
  return new FanOut(receivers, edges, counters, parts);
}

class FanOut implements Output {
  readonly borrows: boolean;
  readonly #receivers: readonly Receiver[];
  readonly #edges: readonly Exchange[];
  readonly #counters: OperatorCounters | null;
  readonly #times: SelfTimes;
  readonly #exchangeMeter: StepMeter;

  constructor(
    receivers: readonly Receiver[],
    edges: readonly Exchange[],
    counters: OperatorCounters | null,
    { context, exchangeMeter }: ChainParts,
  ) {
    this.borrows = edges.length === 0 && receivers.every(({ link }) => link.operator.borrows === true);
    this.#receivers = receivers;
    this.#edges = edges;
    this.#counters = counters;
    this.#times = context.times;
    this.#exchangeMeter = exchangeMeter;
  }

  batch(batch: RecordBatch): void {
    const { length } = batch;
    if (length === 0) return;
    if (this.#counters !== null) this.#counters.recordsOut += length;
    for (const { link, input } of this.#receivers) {
      link.counters.recordsIn += length;
      const caller = this.#times.enter(link.meter, length);
      link.operator.onBatch(input, batch);
      this.#times.leave(caller);
    }
    for (const edge of this.#edges) {
      const caller = this.#times.enter(this.#exchangeMeter, length);
      edge.batch(batch);
      this.#times.leave(caller);
    }
  }

  watermark(watermark: number): void {
    for (const { link, input } of this.#receivers) {
      // Only what keeps state has something to do before it hands the watermark on.
      if (link.state === null) {
        link.operator.onWatermark(input, watermark);
        continue;
      }
      const caller = this.#times.enterAnyway(link.meter);
      link.operator.onWatermark(input, watermark);
      this.#times.leave(caller);
    }
    for (const edge of this.#edges) edge.watermark(watermark);
  }

  idle(idle: boolean): void {
    for (const { link, input } of this.#receivers) link.operator.onIdle?.(input, idle);
    for (const edge of this.#edges) edge.idle(idle);
  }
}
