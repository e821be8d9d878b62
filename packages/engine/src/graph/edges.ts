import { assert } from "../foundation/assert.ts";
import type { LogicalGraph, LogicalNode, NodeId } from "./logical-graph.ts";

/** One use of a node's output. */
export interface Consumer {
  readonly output: string;
  readonly node: LogicalNode;
  /** Position among the consumer's inputs. */
  readonly input: number;
}

/** The node of an id; ids are positions. */
export function nodeOf(graph: LogicalGraph, id: NodeId): LogicalNode {
  const node = graph.nodes[id];
  assert(node !== undefined, () => `graph ${graph.name} has no node ${id}`);
  return node;
}

/** Who consumes each node's outputs, by node id, in graph order. */
export function consumersOf(graph: LogicalGraph): readonly (readonly Consumer[])[] {
  const consumers: Consumer[][] = graph.nodes.map(() => []);
  for (const node of graph.nodes) {
    node.inputs.forEach((input, position) => {
      consumers[input.node]?.push({ output: input.output, node, input: position });
    });
  }
  return consumers;
}

/** True where a step's records carry keys: after keyBy, after a step whose output stays keyed, and where such streams merge. */
export function isKeyed(graph: LogicalGraph, id: NodeId): boolean {
  const node = nodeOf(graph, id);
  if (node.kind === "merge") return node.inputs.every((input) => isKeyed(graph, input.node));
  return node.kind === "keyBy" || isChangelog(node);
}

/** True where a step's output is a changelog stream, which stays keyed. */
export function isChangelog(node: LogicalNode): boolean {
  return node.kind === "aggregate" || node.kind === "reduce";
}
