import { consumersOf, isChangelog, isKeyed, nodeOf } from "./edges.ts";
import type { LogicalGraph, LogicalNode, NodeId, SourceNode } from "./logical-graph.ts";
import { pipelineError } from "./pipeline-error.ts";

/** Something about a graph that its author should know. An `error` graph must not run, a `warning` one may. */
export interface GraphProblem {
  readonly severity: "error" | "warning";
  /** The node it is about; null: the graph as a whole. */
  readonly node: NodeId | null;
  readonly message: string;
}

/** Returns the graph's warnings; throws TM_PIPELINE with every error that makes it unfit to run. */
export function validateGraph(graph: LogicalGraph): readonly GraphProblem[] {
  const problems = graphProblems(graph);
  const errors = problems.filter((problem) => problem.severity === "error");
  if (errors.length > 0) {
    throw pipelineError(errors.map((problem) => problem.message).join("; "), { pipeline: graph.name });
  }
  return problems;
}

/** Every problem of a graph, in graph order. Checks also what the DSL cannot get wrong, for graphs made in other ways. */
export function graphProblems(graph: LogicalGraph): readonly GraphProblem[] {
  if (!graph.nodes.some((node) => node.kind === "source")) {
    const message = "a pipeline needs a source: begin with p.source(port, schema)";
    return [{ severity: "error", node: null, message }];
  }
  const shape = [...shapeErrors(graph), ...nameErrors(graph)];
  // The other checks follow edges and would stumble over broken ones.
  if (shape.length > 0) return shape;
  const problems = [...keyErrors(graph), ...changelogErrors(graph), ...eventTimeErrors(graph), ...deadEnds(graph)];
  return problems.sort((a, b) => (a.node ?? 0) - (b.node ?? 0));
}

const error = (node: LogicalNode, message: string): GraphProblem => ({ severity: "error", node: node.id, message });

/** Bounds of the number of inputs by kind. */
const INPUTS: Readonly<Record<LogicalNode["kind"], readonly [min: number, max: number]>> = {
  source: [0, 0],
  map: [1, 1],
  filter: [1, 1],
  flatMap: [1, 1],
  merge: [2, Infinity],
  keyBy: [1, 1],
  window: [1, 1],
  aggregate: [1, 1],
  reduce: [1, 1],
  process: [1, 1],
  lookup: [2, 2],
  sink: [1, Infinity],
};

/** Inputs that exist and come first imply that every step is reachable from a source. */
function* shapeErrors(graph: LogicalGraph): Iterable<GraphProblem> {
  for (const [position, node] of graph.nodes.entries()) {
    if (node.id !== position) yield error(node, `node "${node.name}" stands at ${position} but has id ${node.id}`);
    const [min, max] = INPUTS[node.kind];
    if (node.inputs.length < min || node.inputs.length > max) {
      yield error(node, `${node.kind} "${node.name}" has ${node.inputs.length} inputs, which it cannot`);
    }
    for (const input of node.inputs) {
      const from = graph.nodes[input.node];
      if (from === undefined || input.node >= position) {
        yield error(
          node,
          `${node.kind} "${node.name}" takes input from node ${input.node}, which does not come before it`,
        );
      } else if (from.kind === "sink") {
        yield error(node, `${node.kind} "${node.name}" takes input from sink "${from.name}", which has no output`);
      } else if (input.output !== "main" && !(from.kind === "window" && input.output === "late")) {
        yield error(node, `${from.kind} "${from.name}" has no output "${input.output}"`);
      }
    }
  }
}

function* nameErrors(graph: LogicalGraph): Iterable<GraphProblem> {
  const seen = new Set<string>();
  for (const node of graph.nodes) {
    const isPort = node.kind === "source" || node.kind === "sink";
    const what = isPort ? "port" : "step";
    if (seen.has(`${what} ${node.name}`)) yield error(node, `two ${what}s are named "${node.name}"; names must differ`);
    seen.add(`${what} ${node.name}`);
  }
}

function* keyErrors(graph: LogicalGraph): Iterable<GraphProblem> {
  for (const node of graph.nodes) {
    if (node.kind === "merge") {
      const keyed = node.inputs.filter((input) => isKeyed(graph, input.node)).length;
      if (keyed > 0 && keyed < node.inputs.length) {
        yield error(node, `"${node.name}" merges keyed streams with unkeyed ones; merge first, then keyBy`);
      }
    }
    const isLookup = node.kind === "lookup";
    if (!isLookup && node.kind !== "window" && node.kind !== "process" && !isChangelog(node)) continue;
    for (const input of node.inputs) {
      if (isKeyed(graph, input.node)) continue;
      const from = nodeOf(graph, input.node);
      yield error(node, `${node.kind} "${node.name}" needs a keyed stream: put keyBy between it and "${from.name}"`);
    }
  }
}

function* changelogErrors(graph: LogicalGraph): Iterable<GraphProblem> {
  for (const node of graph.nodes) {
    for (const [position, input] of node.inputs.entries()) {
      const from = nodeOf(graph, input.node);
      if (!isChangelog(from) || node.kind === "sink" || (node.kind === "lookup" && position === 1)) continue;
      yield error(
        node,
        `${node.kind} "${node.name}" cannot read the changelog of table "${from.name}"; write it to a sink or look it up`,
      );
    }
  }
}

function* eventTimeErrors(graph: LogicalGraph): Iterable<GraphProblem> {
  for (const node of graph.nodes) {
    const use = eventTimeUse(node);
    if (use === null) continue;
    for (const source of sourcesOf(graph, node.id)) {
      if (source.options.eventTime !== null) continue;
      yield error(
        node,
        `${use} needs event time, but source "${source.name}" declares none: give it an option such as eventTime: (r) => r.time`,
      );
    }
  }
}

/** What of a node needs event time; null where nothing does. */
function eventTimeUse(node: LogicalNode): string | null {
  if (node.kind === "window") return `window "${node.name}"`;
  if (node.kind !== "process") return null;
  const timer = node.spec.timers.find((declared) => declared.domain === "eventTime");
  return timer === undefined ? null : `timer "${timer.name}" of process "${node.name}"`;
}

/** Sources whose records reach a node; those that only feed a looked-up table do not count. */
function sourcesOf(graph: LogicalGraph, id: NodeId): readonly SourceNode[] {
  const sources: SourceNode[] = [];
  const seen = new Set<NodeId>();
  const visit = (at: NodeId): void => {
    if (seen.has(at)) return;
    seen.add(at);
    const node = nodeOf(graph, at);
    if (node.kind === "source") sources.push(node);
    const inputs = node.kind === "lookup" ? node.inputs.slice(0, 1) : node.inputs;
    for (const input of inputs) visit(input.node);
  };
  visit(id);
  return sources;
}

function* deadEnds(graph: LogicalGraph): Iterable<GraphProblem> {
  const consumers = consumersOf(graph);
  for (const node of graph.nodes) {
    // A process function that emits nothing is there for its state.
    if (node.kind === "sink" || (node.kind === "process" && node.spec.emits === null)) continue;
    if (consumers[node.id]?.some((consumer) => consumer.output === "main")) continue;
    const message = `the stream of ${node.kind} "${node.name}" leads nowhere; write it to a sink with .to(…), or remove it`;
    yield { severity: "warning", node: node.id, message };
  }
}
