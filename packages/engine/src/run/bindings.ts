import { TidemarkError } from "../foundation/error.ts";
import { nearestName } from "../foundation/nearest-name.ts";
import type { Binding } from "../connector/binding.ts";
import { bindingOfSpec } from "../files/binding-spec.ts";
import { DEAD_LETTER_PORT, type LogicalGraph } from "../graph/logical-graph.ts";

/** Bindings by port, as objects or as specs ("jsonl:flights.jsonl"). */
export type BindOptions = Readonly<Record<string, Binding | string>>;

/**
 * The binding of every port of a graph. Later layers win. A sink that nobody binds prints its records to standard output after its name; a
 * source that nobody binds, and a binding of a port that does not exist, are TM_BINDING.
 */
export function resolveBindings(graph: LogicalGraph, layers: readonly BindOptions[]): Map<string, Binding> {
  const given: Record<string, Binding | string> = Object.assign({}, ...layers);
  const ports = portsOf(graph);
  for (const port of Object.keys(given)) {
    if (ports.has(port)) continue;
    const nearest = nearestName(port, [...ports.keys()]);
    const hint = nearest === undefined ? `its ports are ${[...ports.keys()].join(", ")}` : `did you mean "${nearest}"?`;
    throw new TidemarkError("TM_BINDING", `pipeline "${graph.name}" has no port "${port}"; ${hint}`, { facts: { port } });
  }
  const bindings = new Map<string, Binding>();
  for (const [port, direction] of ports) {
    const bound = given[port] ?? (direction === "sink" ? `stdout:${port}` : undefined);
    if (bound === undefined) {
      throw new TidemarkError("TM_BINDING", `source port "${port}" is not bound; give --bind ${port}=jsonl:FILE, or bind it in tidemark.config.ts`, { facts: { port } });
    }
    const binding = typeof bound === "string" ? bindingOfSpec(bound) : bound;
    if (binding[direction] === undefined) {
      throw new TidemarkError("TM_BINDING", `port "${port}" is a ${direction} and "${binding.description}" cannot be one`, { facts: { port } });
    }
    bindings.set(port, binding);
  }
  return bindings;
}

/** Every port that needs a binding, in order of the graph. */
function portsOf(graph: LogicalGraph): Map<string, "source" | "sink"> {
  const ports = new Map<string, "source" | "sink">();
  let deadLetters = graph.onError === "deadLetter";
  for (const node of graph.nodes) {
    if (node.kind === "source" || node.kind === "sink") ports.set(node.name, node.kind);
    if (node.kind === "source") deadLetters ||= node.options.onInvalid === "deadLetter";
  }
  if (deadLetters) ports.set(DEAD_LETTER_PORT, "sink");
  return ports;
}
