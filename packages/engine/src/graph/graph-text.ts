import { describeNode } from "./describe-node.ts";
import { consumersOf, type Consumer } from "./edges.ts";
import type { LogicalGraph, LogicalNode, NodeId } from "./logical-graph.ts";

/**
 * A graph as a text tree for a terminal: each source with what its records go through, side outputs marked `[late]`. A step with
 * several inputs is drawn once, below the first; below the others stands its name and "(above)". Ends with a line end.
 */
export function graphText(graph: LogicalGraph): string {
  const consumers = consumersOf(graph);
  const drawn = new Set<NodeId>();
  const lines = [graph.name];
  // Depth is the number of steps, not of records, so recursion is bounded by what a person wrote.
  const draw = (consumer: Consumer, indent: string, isLast: boolean): void => {
    const isAgain = drawn.has(consumer.node.id);
    lines.push(`${indent}${isLast ? "└─ " : "├─ "}${label(consumer)}${isAgain ? " (above)" : ""}`);
    if (isAgain) return;
    drawn.add(consumer.node.id);
    const next = consumers[consumer.node.id] ?? [];
    next.forEach((child, position) => {
      draw(child, indent + (isLast ? "   " : "│  "), position === next.length - 1);
    });
  };
  const sources = graph.nodes.filter((node) => node.kind === "source");
  sources.forEach((node, position) => {
    draw({ output: "main", node, input: 0 }, "", position === sources.length - 1);
  });
  return `${lines.join("\n")}\n`;
}

function label({ output, node, input }: Consumer): string {
  const side = output === "main" ? "" : `[${output}] `;
  const role = node.kind === "lookup" && input === 1 ? " as its table" : "";
  return `${side}${nodeTitle(node)}${role}`;
}

function nodeTitle(node: LogicalNode): string {
  const words = describeNode(node);
  // "map-3" says its kind already.
  const kind = node.name.startsWith(`${node.kind}-`) ? "" : `  ${node.kind}`;
  return `${node.name}${kind}${words === "" ? "" : `  ${words}`}`;
}
