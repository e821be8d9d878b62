import { TidemarkError } from "../foundation/error.ts";
import { assert } from "../foundation/assert.ts";
import { DEAD_LETTER_PORT } from "../graph/logical-graph.ts";
import type { SinkWriter } from "../connector/sink-connector.ts";
import { Chain, type ChainContext } from "../task/chain.ts";
import type { ChannelHub } from "../task/channel-hub.ts";
import { DeadLetters } from "../task/dead-letters.ts";
import { Exchange } from "../task/exchange.ts";
import { GateInput } from "../task/gate-input.ts";
import type { SelfTimes } from "../task/self-times.ts";
import { SourceRunner, sourceMeters, type SourceMeters, type SourceSplit } from "../task/source-runner.ts";
import type { GatePlan, SourcePlan, TaskPlan } from "../task/task-plan.ts";
import { Task, type TaskSnapshot, type TaskWriter } from "../task/task.ts";
import { restoredWatermark } from "./restore-plan.ts";
import { sinkScratch } from "./state-directory.ts";
import type { WorkerOptions } from "./worker-options.ts";

/** Opens one subtask of a task: its sink writers, its chain, its source or its gates. */
export async function openTask(
  plan: TaskPlan,
  subtask: number,
  options: WorkerOptions,
  { hub, times }: { hub: ChannelHub; times: SelfTimes },
  onSnapshot: (task: Task, snapshot: TaskSnapshot) => void,
): Promise<Task> {
  const { host, start } = options;
  const exchanges = openExchanges(plan, subtask, options, hub);
  const writers = await openWriters(plan, subtask, options);
  const deadLetters = await openDeadLetters(plan, subtask, options);
  const meters = plan.source === null ? null : sourceMeters(plan.source.port, times);
  const context: ChainContext = {
    subtask,
    clock: host.clock,
    backend: options.backend,
    keyGroupBits: start.keyGroupBits,
    debug: start.debug,
    onError: start.onError,
    deadLetters: deadLetters === null ? null : new DeadLetters(deadLetters.writer),
    exchanges,
    writers: new Map([...writers].map(([node, { writer }]) => [node, writer])),
    times,
  };
  const chain = new Chain(plan.name, plan.nodes, context);
  const source =
    plan.source === null || meters === null
      ? null
      : await openSource({ plan: plan.source, meters }, subtask, chain, context, options);
  const gates = plan.gates.map((gate) => openGate(plan, gate, subtask, chain, context, options, hub));
  const task: Task = new Task({
    name: plan.name,
    subtask,
    chain,
    exchanges: [...exchanges.values()],
    writers: deadLetters === null ? [...writers.values()] : [...writers.values(), deadLetters],
    source,
    gates,
    times,
    onSnapshot: (snapshot) => {
      onSnapshot(task, snapshot);
    },
  });
  return task;
}

function openExchanges(
  plan: TaskPlan,
  subtask: number,
  options: WorkerOptions,
  hub: ChannelHub,
): Map<number, Exchange> {
  const { graph, start } = options;
  const exchanges = new Map<number, Exchange>();
  for (const edge of graph.edges) {
    if (graph.tasks[edge.fromTask] !== plan) continue;
    const targets = edge.partition === "key" ? range(start.parallelism) : [subtask];
    const writers = targets.map((to) => hub.writer({ edge: edge.id, from: subtask, to }));
    exchanges.set(edge.id, new Exchange(writers, start.keyGroupBits));
  }
  return exchanges;
}

function openGate(
  plan: TaskPlan,
  gate: GatePlan,
  subtask: number,
  chain: Chain,
  context: ChainContext,
  options: WorkerOptions,
  hub: ChannelHub,
): GateInput {
  const edge = options.graph.edges[gate.edge];
  assert(edge !== undefined, () => `gate of unknown edge ${gate.edge}`);
  const senders = edge.partition === "key" ? range(options.start.parallelism) : [subtask];
  const operators = gate.targets.flatMap((target) =>
    target.kind === "node" ? [{ operator: chain.links[target.node]?.operator, input: target.input }] : [],
  );
  return new GateInput({
    name: gate.name,
    readers: senders.map((from) => hub.reader({ edge: gate.edge, from, to: subtask })),
    output: chain.entry(gate.targets),
    floor: restoredWatermark(plan.name, options.start.restore?.watermarks ?? {}),
    isWanted: () => !gate.mayWait || operators.every(({ operator, input }) => operator?.wantsInput?.(input) ?? true),
  });
}

async function openSource(
  { plan, meters }: { plan: SourcePlan; meters: SourceMeters },
  subtask: number,
  chain: Chain,
  context: ChainContext,
  options: WorkerOptions,
): Promise<SourceRunner> {
  const { host, start } = options;
  const connector = options.bindings.get(plan.port)?.source;
  if (connector === undefined) {
    throw new TidemarkError("TM_BINDING", `source port "${plan.port}" is not bound to a source`, {
      facts: { port: plan.port },
    });
  }
  const splits: SourceSplit[] = [];
  for (const assigned of start.splits) {
    if (assigned.port !== plan.port || assigned.subtask !== subtask) continue;
    const readerContext = { host, port: plan.port, schema: plan.schema };
    const hasEnded = assigned.position?.ended === true;
    const reader = hasEnded
      ? null
      : await connector.openReader(assigned.split, assigned.position?.position ?? null, readerContext);
    splits.push({ id: assigned.split.id, reader, position: assigned.position });
  }
  return new SourceRunner({
    plan,
    subtask,
    bounded: connector.bounded,
    clock: host.clock,
    splits,
    output: chain.entry(plan.targets),
    deadLetters: context.deadLetters,
    debug: context.debug,
    times: context.times,
    meters,
  });
}

/** Writers of the chain's sinks by node name. */
async function openWriters(plan: TaskPlan, subtask: number, options: WorkerOptions): Promise<Map<string, TaskWriter>> {
  const writers = new Map<string, TaskWriter>();
  for (const node of plan.nodes) {
    if (typeof node.make !== "object") continue;
    const port = node.make.sinkPort;
    writers.set(node.name, await openWriter(port, `${plan.name}-${subtask}`, options));
  }
  return writers;
}

async function openDeadLetters(plan: TaskPlan, subtask: number, options: WorkerOptions): Promise<TaskWriter | null> {
  if (!options.bindings.has(DEAD_LETTER_PORT)) return null;
  return openWriter(DEAD_LETTER_PORT, `${plan.name}-${subtask}`, options);
}

async function openWriter(port: string, name: string, options: WorkerOptions): Promise<TaskWriter> {
  const { host, start } = options;
  const sink = options.bindings.get(port)?.sink;
  if (sink === undefined) {
    throw new TidemarkError("TM_BINDING", `sink port "${port}" is not bound to a sink`, { facts: { port } });
  }
  const scratch = sinkScratch(start.stateDirectory, port);
  const writer: SinkWriter = await sink.openWriter({ host, port, scratch, writer: name, epoch: start.epoch });
  return { port, name, writer };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
