import type { Binding } from "../connector/binding.ts";
import { memorySink } from "../connector/memory-sink.ts";
import { TidemarkError } from "../foundation/error.ts";
import { nearestName } from "../foundation/nearest-name.ts";
import { blocks, csv, jsonl, rows } from "./file-binding.ts";
import { stdin } from "./stdin.ts";
import { stdout } from "./stdout.ts";

/** Makes a binding of a kind from what follows the colon; null: nothing followed. */
export type BindingKind = (argument: string | null) => Binding;

/** A port of a pipeline, as far as a binding is concerned. */
export interface BindablePort {
  readonly name: string;
  readonly direction: "source" | "sink";
}

/** The kinds that come with the engine. */
export const BINDING_KINDS: Readonly<Record<string, BindingKind>> = {
  jsonl: (argument) => jsonl(needed("jsonl", argument, "flights.jsonl")),
  csv: (argument) => csv(needed("csv", argument, "flights.csv")),
  rows: (argument) => rows(needed("rows", argument, "flights.rows")),
  blocks: (argument) => blocks(needed("blocks", argument, "flights.blocks")),
  stdin: (argument) => without("stdin", argument, stdin),
  stdout: (argument) => without("stdout", argument, stdout),
  memory: (argument) => without("memory", argument, memorySink),
};

/**
 * Reads `PORT=KIND:ARG`, such as "flights=jsonl:flights.jsonl" or "hourly=stdout". TM_BINDING, with the nearest name, if the port or
 * the kind is unknown or the kind cannot serve the port's direction. `kinds` adds the kinds of other packages.
 */
export function parseBinding(
  spec: string,
  options: { ports: readonly BindablePort[]; kinds?: Readonly<Record<string, BindingKind>> },
): { readonly port: string; readonly binding: Binding } {
  const match = /^([^=]+)=([^:]+)(?::(.*))?$/s.exec(spec);
  if (match === null)
    throw bindingError('a binding is PORT=KIND:ARG, such as "flights=jsonl:flights.jsonl"', { given: spec });
  const [, portName, kindName, argument = null] = match as unknown as [string, string, string, string?];
  const port = options.ports.find(({ name }) => name === portName);
  if (port === undefined)
    throw unknownName(
      "port",
      portName,
      options.ports.map(({ name }) => name),
    );
  const kinds = { ...BINDING_KINDS, ...options.kinds };
  const kind = Object.hasOwn(kinds, kindName) ? kinds[kindName] : undefined;
  if (kind === undefined) throw unknownKind(port, kindName, argument, Object.keys(kinds));
  const binding = kind(argument);
  assertServes(port, binding, kindName);
  return { port: portName, binding };
}

/** TM_BINDING unless the binding has what the port needs. */
export function assertServes(port: BindablePort, binding: Binding, kind: string): void {
  if (binding[port.direction] !== undefined) return;
  const other = port.direction === "source" ? "written to, not read from" : "read from, not written to";
  throw bindingError(`"${port.name}" is a ${port.direction}, and ${binding.description} can only be ${other}`, {
    port: port.name,
    kind,
  });
}

function unknownKind(
  port: BindablePort,
  kind: string,
  argument: string | null,
  kinds: readonly string[],
): TidemarkError {
  const suffix = /\.(jsonl|ndjson|csv|rows|blocks)(\.gz|\.zst)?$/.exec(kind)?.[1];
  if (argument === null && suffix !== undefined) {
    const meant = `${port.name}=${suffix === "ndjson" ? "jsonl" : suffix}:${kind}`;
    return bindingError(`a binding names its kind: did you mean "${meant}"?`, { given: `${port.name}=${kind}` });
  }
  return unknownName("kind of binding", kind, kinds);
}

function unknownName(what: string, given: string, names: readonly string[]): TidemarkError {
  const nearest = nearestName(given, names);
  const hint =
    nearest === undefined
      ? `there ${names.length === 0 ? "are none" : `are ${names.join(", ")}`}`
      : `did you mean "${nearest}"?`;
  return bindingError(`unknown ${what} "${given}": ${hint}`, {});
}

function needed(kind: string, argument: string | null, example: string): string {
  if (argument !== null && argument !== "") return argument;
  throw bindingError(`a ${kind} binding needs a path, such as "${kind}:${example}"`, {});
}

function without(kind: string, argument: string | null, make: () => Binding): Binding {
  if (argument === null) return make();
  throw bindingError(`a ${kind} binding takes nothing after its kind`, { given: `${kind}:${argument}` });
}

function bindingError(message: string, facts: Readonly<Record<string, string>>): TidemarkError {
  return new TidemarkError("TM_BINDING", message, { facts });
}
