import type { AggregateFunction } from "../operator/aggregate-function.ts";
import type { WindowSpec } from "../operator/window-spec.ts";
import { nodeOf } from "./edges.ts";
import type { LogicalGraph, LogicalNode, NodeInput } from "./logical-graph.ts";
import { hashText } from "./text-hash.ts";

/**
 * What of a graph a checkpoint depends on, as text: one line for each port and each step that owns state, sorted, with the step's
 * kind, window, aggregates, states and timers, and how records get from one to the next. Steps without state are seen through,
 * so neither their number, their generated names nor any function body matter; nor do the order of writing, allowed lateness or
 * time options, which do not change what a state means.
 */
export function fingerprintText(graph: LogicalGraph): string {
  const lines = graph.nodes.filter(isLandmark).map((node) => {
    const inputs = node.inputs.map((input) => landmarksBefore(graph, input).join(" + "));
    const edge = inputs.length === 0 ? "" : ` <- ${inputs.join(" ; ")}`;
    return `${node.kind} ${node.name}${traits(node)}${edge}`;
  });
  return ["graph 1", ...lines.sort(byCodeUnit)].join("\n");
}

/** Hash of {@link fingerprintText}, 16 hex digits. */
export function fingerprintOf(graph: LogicalGraph): string {
  return hashText(fingerprintText(graph));
}

function isLandmark(node: LogicalNode): boolean {
  return !["map", "filter", "flatMap", "merge", "keyBy"].includes(node.kind);
}

/** The landmarks whose output arrives at `input` without passing another one, sorted: several streams may merge. */
function landmarksBefore(graph: LogicalGraph, input: NodeInput): readonly string[] {
  const node = nodeOf(graph, input.node);
  if (!isLandmark(node)) {
    return [...new Set(node.inputs.flatMap((before) => landmarksBefore(graph, before)))].sort(byCodeUnit);
  }
  const side = input.output === "main" ? "" : `/${input.output}`;
  // A port and a step may share a name.
  return [`${node.kind === "source" ? "source " : ""}${node.name}${side}`];
}

function traits(node: LogicalNode): string {
  switch (node.kind) {
    case "window":
      return ` ${windowTraits(node.window)} ${aggregateTraits(node.aggregates)}`;
    case "aggregate":
      return ` ${aggregateTraits(node.aggregates)}`;
    case "process": {
      const states = node.spec.states.map(
        ({ name, kind, codec }) => `${JSON.stringify(name)} ${kind} ${codec.schemaHash}`,
      );
      const timers = node.spec.timers.map(({ name, domain }) => `${JSON.stringify(name)} ${domain}`);
      return ` states (${states.sort(byCodeUnit).join(", ")}) timers (${timers.sort(byCodeUnit).join(", ")})`;
    }
    default:
      return "";
  }
}

/** Not describeWindow: its wording may improve, this may not change. */
function windowTraits({ kind, ...sizes }: WindowSpec): string {
  const parts = Object.entries(sizes).map(([name, ms]) => `${name}=${ms}`);
  return `${kind} ${parts.sort(byCodeUnit).join(" ")}`;
}

/** In sorted order: a stored accumulator is found by its result's name. */
function aggregateTraits(aggregates: Readonly<Record<string, AggregateFunction>>): string {
  const parts = Object.entries(aggregates).map(([name, { kind, parameters, codec }]) => {
    const settings = Object.entries(parameters).map(([parameter, value]) => `${parameter}=${value}`);
    return [JSON.stringify(name), kind, ...settings.sort(byCodeUnit), codec.schemaHash].join(" ");
  });
  return `aggregates (${parts.sort(byCodeUnit).join(", ")})`;
}

/** Not localeCompare: the text must be the same on every machine. */
function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
