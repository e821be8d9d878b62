import type { Json } from "../foundation/json.ts";
import type { AggregateFunction } from "../operator/aggregate-function.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { LogicalGraph, LogicalNode } from "./logical-graph.ts";

/** A graph as plain JSON, as `tidemark graph --json` prints it; user functions are left out, durations are in ms. */
export function graphJson(graph: LogicalGraph): Json {
  return {
    name: graph.name,
    onError: graph.onError,
    fingerprint: fingerprintOf(graph),
    nodes: graph.nodes.map((node) => ({
      id: node.id,
      name: node.name,
      kind: node.kind,
      inputs: node.inputs.map((input) => ({ node: input.node, output: input.output })),
      ...details(node),
    })),
  };
}

function details(node: LogicalNode): { readonly [name: string]: Json } {
  switch (node.kind) {
    case "source":
      return {
        hasEventTime: node.options.eventTime !== null,
        outOfOrderMs: node.options.outOfOrderMs,
        idleMs: node.options.idleMs,
        maxAheadMs: node.options.maxAheadMs,
        onInvalid: node.options.onInvalid,
        isTrusted: node.options.trust,
      };
    case "window":
      return {
        window: { ...node.window },
        allowedLatenessMs: node.allowedLatenessMs,
        aggregates: aggregatesJson(node.aggregates),
      };
    case "aggregate":
      return { aggregates: aggregatesJson(node.aggregates) };
    case "process":
      return {
        states: node.spec.states.map(({ name, kind }) => ({ name, kind })),
        timers: node.spec.timers.map(({ name, domain }) => ({ name, domain })),
      };
    case "sink":
      return { hasSchema: node.schema !== null };
    default:
      return {};
  }
}

function aggregatesJson(aggregates: Readonly<Record<string, AggregateFunction>>): Json {
  return Object.fromEntries(
    Object.entries(aggregates).map(([name, { kind, parameters }]) => [name, { kind, parameters: { ...parameters } }]),
  );
}
