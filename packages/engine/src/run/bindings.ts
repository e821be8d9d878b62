import { TidemarkError } from "../foundation/error.ts";
import type { Binding } from "../connector/binding.ts";
import { assertServes, parseBinding, type BindablePort } from "../files/binding-spec.ts";
import { stdout } from "../files/stdout.ts";
import { DEAD_LETTER_PORT, type LogicalGraph } from "../graph/logical-graph.ts";

/** Bindings by port, as objects or as specs ("jsonl:flights.jsonl"). */
export type BindOptions = Readonly<Record<string, Binding | string>>;

/**
 * The binding of every port of a graph. Later layers win. A sink that nobody binds prints its records to standard output after its name; a
 * source that nobody binds, and a binding of a port that does not exist, are TM_BINDING.
 */
export function resolveBindings(graph: LogicalGraph, layers: readonly BindOptions[]): Map<string, Binding> {
  const ports = portsOf(graph);
  const bindings = new Map<string, Binding>();
  for (const [name, given] of Object.entries(Object.assign({}, ...layers) as BindOptions)) {
    // Read as a spec in every case, so that an unknown port gets the same answer.
    const spec = typeof given === "string" ? given : "memory";
    const { binding } = parseBinding(`${name}=${spec}`, {
      ports: typeof given === "string" ? ports : ports.map(asSink),
    });
    bindings.set(name, typeof given === "string" ? binding : given);
  }
  for (const port of ports) {
    const binding = bindings.get(port.name) ?? unbound(port);
    assertServes(port, binding, binding.description);
    bindings.set(port.name, binding);
  }
  refuseShared(ports, bindings);
  return bindings;
}

/** Two writers of one file, or two readers of one input, would each spoil what the other counts on. */
function refuseShared(ports: readonly BindablePort[], bindings: ReadonlyMap<string, Binding>): void {
  const owners = new Map<string, string>();
  for (const { name, direction } of ports) {
    const claim = bindings.get(name)?.claims?.[direction];
    if (claim === undefined) continue;
    const owner = owners.get(`${direction} ${claim}`);
    if (owner !== undefined) {
      throw new TidemarkError(
        "TM_BINDING",
        `${direction} ports "${owner}" and "${name}" are both bound to ${claim}; give each its own`,
        { facts: { ports: `${owner}, ${name}`, claim } },
      );
    }
    owners.set(`${direction} ${claim}`, name);
  }
}

const asSink = (port: BindablePort): BindablePort => ({ name: port.name, direction: "sink" });

function unbound(port: BindablePort): Binding {
  if (port.direction === "sink") return stdout({ pretty: true });
  throw new TidemarkError(
    "TM_BINDING",
    `source port "${port.name}" is not bound; give --bind ${port.name}=jsonl:FILE, or bind it in tidemark.config.ts`,
    {
      facts: { port: port.name },
    },
  );
}

/** Every port that needs a binding, in order of the graph. */
function portsOf(graph: LogicalGraph): BindablePort[] {
  const ports: BindablePort[] = [];
  let hasDeadLetters = graph.onError === "deadLetter";
  for (const node of graph.nodes) {
    if (node.kind === "source" || node.kind === "sink") ports.push({ name: node.name, direction: node.kind });
    if (node.kind === "source") hasDeadLetters ||= node.options.onInvalid === "deadLetter";
  }
  return hasDeadLetters ? [...ports, { name: DEAD_LETTER_PORT, direction: "sink" }] : ports;
}
