import type { LogicalGraph, LogicalNode, NodeId } from "../graph/logical-graph.ts";

/**
 * Lookups that may stop taking their stream until their table has caught up. That stops the sources of the stream; where the
 * table's sources are among them, or are stopped for their part until those have gone on, the wait would have no end.
 */
export function lookupsThatMayWait(graph: LogicalGraph): ReadonlySet<NodeId> {
  const sources = sourcesByNode(graph);
  const of = (lookup: LogicalNode, input: number): ReadonlySet<NodeId> =>
    sources[lookup.inputs[input]?.node ?? -1] ?? new Set();
  const lookups = graph.nodes.filter((node) => node.kind === "lookup" && of(node, 0).isDisjointFrom(of(node, 1)));
  /** The sources waited for, and those that they may wait for in turn. */
  const neededBy = (lookup: LogicalNode): ReadonlySet<NodeId> => {
    let needed = of(lookup, 1);
    for (let before = -1; before < needed.size;) {
      before = needed.size;
      for (const other of lookups) if (!of(other, 0).isDisjointFrom(needed)) needed = needed.union(of(other, 1));
    }
    return needed;
  };
  const mayWait = lookups.filter((lookup) => of(lookup, 0).isDisjointFrom(neededBy(lookup)));
  return new Set(mayWait.map(({ id }) => id));
}

/** Per node, every source whose records reach it, through tables too. */
function sourcesByNode(graph: LogicalGraph): readonly ReadonlySet<NodeId>[] {
  const sources: Set<NodeId>[] = [];
  for (const node of graph.nodes) {
    const reaching = node.inputs.flatMap((input) => [...(sources[input.node] ?? [])]);
    sources[node.id] = new Set(node.kind === "source" ? [node.id] : reaching);
  }
  return sources;
}
