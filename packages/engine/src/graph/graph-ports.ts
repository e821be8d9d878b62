import { DEAD_LETTER_PORT, type LogicalGraph } from "./logical-graph.ts";

/** The ports that bindings can name. */
export interface GraphPorts {
  readonly sources: readonly string[];
  /** With "dead-letters" at the end where any policy of the graph sends records there. */
  readonly sinks: readonly string[];
}

/** The ports of a graph in the order in which they were declared. */
export function graphPorts(graph: LogicalGraph): GraphPorts {
  const sources = graph.nodes.filter((node) => node.kind === "source");
  const sinks = graph.nodes.filter((node) => node.kind === "sink").map((node) => node.name);
  const hasDeadLetters =
    graph.onError === "deadLetter" || sources.some((source) => source.options.onInvalid === "deadLetter");
  return {
    sources: sources.map((source) => source.name),
    sinks: hasDeadLetters ? [...sinks, DEAD_LETTER_PORT] : sinks,
  };
}
