import { describeNode } from "./describe-node.ts";
import type { LogicalGraph, LogicalNode, NodeInput } from "./logical-graph.ts";

/** Opening and closing of a Mermaid node, so that ports and state are told apart by shape. */
const SHAPES: Readonly<Record<LogicalNode["kind"], readonly [open: string, close: string]>> = {
  source: ["([", "])"],
  sink: ["[[", "]]"],
  map: ["[", "]"],
  filter: ["[", "]"],
  flatMap: ["[", "]"],
  merge: ["[", "]"],
  keyBy: ["{{", "}}"],
  window: ["[(", ")]"],
  aggregate: ["[(", ")]"],
  reduce: ["[(", ")]"],
  process: ["[(", ")]"],
  lookup: ["[(", ")]"],
};

/** A graph as a Mermaid flow chart: sources rounded, sinks boxed, steps with state as cylinders. Ends with a line end. */
export function graphMermaid(graph: LogicalGraph): string {
  const lines = ["flowchart LR"];
  for (const node of graph.nodes) {
    const [open, close] = SHAPES[node.kind];
    const words = describeNode(node);
    const title = words === "" ? escapeText(node.name) : `${escapeText(node.name)}<br/>${escapeText(words)}`;
    lines.push(`  n${node.id}${open}"${title}"${close}`);
  }
  for (const node of graph.nodes) {
    node.inputs.forEach((input, position) => {
      lines.push(`  n${input.node} ${arrow(node, input, position)} n${node.id}`);
    });
  }
  return `${lines.join("\n")}\n`;
}

function arrow(node: LogicalNode, input: NodeInput, position: number): string {
  const labels = [input.output === "main" ? "" : input.output, node.kind === "lookup" && position === 1 ? "table" : ""];
  const label = labels.filter((part) => part !== "").join(" ");
  return label === "" ? "-->" : `-->|${label}|`;
}

/** Mermaid reads quotes and angle brackets in a title as its own; the names of aggregates and states are free text. */
function escapeText(text: string): string {
  return text.replace(/[#"<>&`]/g, (character) => `#${character.charCodeAt(0)};`);
}
