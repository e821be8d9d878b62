import { assert } from "../foundation/assert.ts";
import { consumersOf } from "../graph/edges.ts";
import type {
  LogicalGraph,
  LogicalNode,
  NodeId,
  NodeInput,
  SinkNode,
  SourceNode,
  StatelessNode,
} from "../graph/logical-graph.ts";
import { recordSchema } from "../record/record-schema.ts";
import type { ChainNodePlan, EdgePlan, GatePlan, SourcePlan, Target, TaskPlan } from "../task/task-plan.ts";
import { lookupsThatMayWait } from "./lookup-waits.ts";
import { operatorOf, statelessRun } from "./operator-of.ts";

/** A pipeline as scheduled: chains of operators (tasks), each run by every subtask, and the edges between them. */
export interface PhysicalGraph {
  readonly tasks: readonly TaskPlan[];
  readonly edges: readonly EdgePlan[];
}

interface TaskDraft {
  readonly index: number;
  readonly nodes: ChainNodeDraft[];
  readonly gates: { edge: number; name: string; targets: Target[]; mayWait: boolean }[];
  source: SourceNode | null;
  readonly sourceTargets: Target[];
  name: string;
}
interface ChainNodeDraft {
  readonly name: string;
  /** One node, or a run of stateless ones, each the only consumer of the one before. */
  readonly nodes: [LogicalNode, ...LogicalNode[]];
  readonly outputs: Record<string, Target[]>;
}
/** Where a logical node came to stand; a source has no chain node of its own. */
interface Place {
  readonly task: TaskDraft;
  readonly node: number | null;
}

/**
 * Cuts a logical graph into tasks. A node joins the task of its inputs if they are all in one task and none is a keyBy;
 * consumers of the same keyBy alone share one task behind one exchange; any other node starts a task with a gate for each
 * input. A sink fed from several tasks stands once in each.
 */
export function planPhysicalGraph(graph: LogicalGraph): PhysicalGraph {
  const planner = new Planner(graph);
  for (const node of graph.nodes) planner.place(node);
  return planner.finish();
}

class Planner {
  readonly #graph: LogicalGraph;
  readonly #consumers: ReturnType<typeof consumersOf>;
  readonly #mayWait: ReadonlySet<NodeId>;
  readonly #places = new Map<NodeId, Place>();
  readonly #tasks: TaskDraft[] = [];
  readonly #edges: EdgePlan[] = [];
  /** The gate of the task that consumes a keyBy alone. */
  readonly #keyedGates = new Map<NodeId, { task: TaskDraft; targets: Target[] }>();

  constructor(graph: LogicalGraph) {
    this.#graph = graph;
    this.#consumers = consumersOf(graph);
    this.#mayWait = lookupsThatMayWait(graph);
  }

  place(node: LogicalNode): void {
    if (node.kind === "source") {
      const task = this.#newTask(node.name);
      task.source = node;
      this.#places.set(node.id, { task, node: null });
    } else if (node.kind === "sink") {
      this.#placeSink(node);
    } else {
      this.#placeOperator(node);
    }
  }

  finish(): PhysicalGraph {
    const tasks = this.#tasks.map((draft): TaskPlan => ({
      name: draft.name,
      nodes: draft.nodes.map((chainNode): ChainNodePlan => ({
        name: chainNode.name,
        kind: chainNode.nodes[0].kind,
        make: makeOf(chainNode.nodes),
        outputs: chainNode.outputs,
      })),
      gates: draft.gates satisfies GatePlan[],
      source: draft.source === null ? null : sourcePlan(draft.source, draft.sourceTargets),
    }));
    return { tasks, edges: this.#edges };
  }

  #placeSink(node: SinkNode): void {
    const byTask = new Map<TaskDraft, NodeInput[]>();
    for (const input of node.inputs) {
      const { task } = this.#placeOf(input.node);
      byTask.set(task, [...(byTask.get(task) ?? []), input]);
    }
    for (const [task, inputs] of byTask) {
      const index = this.#addNode(task, node, `${node.name}@${task.name}`);
      for (const input of inputs) this.#targetsOf(input).push({ kind: "node", node: index, input: 0 });
    }
  }

  #placeOperator(node: Exclude<LogicalNode, SourceNode | SinkNode>): void {
    const [first] = node.inputs;
    assert(first !== undefined, () => `node ${node.name} has no input`);
    const tasks = new Set(node.inputs.map((input) => this.#placeOf(input.node).task));
    const keyed = node.inputs.some((input) => this.#nodeOf(input.node).kind === "keyBy");
    if (keyed && node.inputs.length === 1) {
      const gate = this.#keyedGates.get(first.node) ?? this.#newKeyedTask(node, first);
      const index = this.#addNode(gate.task, node, node.name);
      gate.targets.push({ kind: "node", node: index, input: 0 });
      this.#places.set(node.id, { task: gate.task, node: index });
    } else if (this.#joinsRun(node, first)) {
      const place = this.#placeOf(first.node);
      place.task.nodes[place.node as number]?.nodes.push(node);
      this.#places.set(node.id, place);
    } else if (!keyed && tasks.size === 1) {
      const task = this.#placeOf(first.node).task;
      const index = this.#addNode(task, node, node.name);
      for (const [input, from] of node.inputs.entries())
        this.#targetsOf(from).push({ kind: "node", node: index, input });
      this.#places.set(node.id, { task, node: index });
    } else {
      const task = this.#newTask(node.name);
      const index = this.#addNode(task, node, node.name);
      for (const [input, from] of node.inputs.entries())
        this.#newGate(task, from, [{ kind: "node", node: index, input }], this.#mayWait.has(node.id));
      this.#places.set(node.id, { task, node: index });
    }
  }

  /** True for a stateless node that alone consumes a stateless node: both become one driver. */
  #joinsRun(node: LogicalNode, from: NodeInput): boolean {
    return isStateless(node) && isStateless(this.#nodeOf(from.node)) && this.#consumers[from.node]?.length === 1;
  }

  #newKeyedTask(node: LogicalNode, from: NodeInput): { task: TaskDraft; targets: Target[] } {
    const task = this.#newTask(node.name);
    const gate = { task, targets: [] as Target[] };
    this.#newGate(task, from, gate.targets);
    this.#keyedGates.set(from.node, gate);
    return gate;
  }

  /** A task's name is its first node's; a port and a step may share one, tasks may not. */
  #newTask(wanted: string): TaskDraft {
    let name = wanted;
    for (let n = 2; this.#tasks.some((task) => task.name === name); n++) name = `${wanted}-${n}`;
    const task: TaskDraft = { index: this.#tasks.length, nodes: [], gates: [], source: null, sourceTargets: [], name };
    this.#tasks.push(task);
    return task;
  }

  #addNode(task: TaskDraft, node: LogicalNode, name: string): number {
    return task.nodes.push({ name, nodes: [node], outputs: { main: [] } }) - 1;
  }

  #newGate(task: TaskDraft, from: NodeInput, targets: Target[], mayWait = false): void {
    const producer = this.#nodeOf(from.node);
    const edge: EdgePlan = {
      id: this.#edges.length,
      partition: producer.kind === "keyBy" ? "key" : "forward",
      fromTask: this.#placeOf(from.node).task.index,
      toTask: task.index,
    };
    this.#edges.push(edge);
    this.#targetsOf(from).push({ kind: "edge", edge: edge.id });
    task.gates.push({ edge: edge.id, name: producer.name, targets, mayWait });
  }

  /** The list of targets of a node's output, to add to. */
  #targetsOf(from: NodeInput): Target[] {
    const place = this.#placeOf(from.node);
    if (place.node === null) return place.task.sourceTargets;
    const chainNode = place.task.nodes[place.node];
    assert(chainNode !== undefined, "a placed node stands in its task");
    return (chainNode.outputs[from.output] ??= []);
  }

  #placeOf(id: NodeId): Place {
    const place = this.#places.get(id);
    assert(place !== undefined, () => `node ${id} is used before it is placed`);
    return place;
  }

  #nodeOf(id: NodeId): LogicalNode {
    const node = this.#graph.nodes.find((candidate) => candidate.id === id);
    assert(node !== undefined, () => `node ${id} does not exist`);
    return node;
  }
}

function sourcePlan(node: SourceNode, targets: readonly Target[]): SourcePlan {
  const { options } = node;
  return {
    port: node.name,
    schema: recordSchema(node.schema, { trust: options.trust }),
    eventTime: options.eventTime,
    outOfOrderMs: options.outOfOrderMs,
    idleMs: options.idleMs,
    maxAheadMs: options.maxAheadMs,
    onInvalid: options.onInvalid,
    targets,
  };
}

function makeOf([node, ...others]: ChainNodeDraft["nodes"]): ChainNodePlan["make"] {
  assert(node.kind !== "source", "a source heads its task and is no node of the chain");
  if (node.kind === "sink") return { sinkPort: node.name };
  return isStateless(node) ? statelessRun([node, ...others.filter(isStateless)]) : operatorOf(node);
}

function isStateless(node: LogicalNode): node is StatelessNode {
  return node.kind === "map" || node.kind === "filter" || node.kind === "flatMap";
}
