import {
  compareOutputs,
  record,
  referenceRun,
  roundRobin,
  type OutputDifference,
  type ReferenceInputs,
  type ReferencePick,
  type ReferenceResult,
} from "@tidemark/engine/testing";
import type { LogicalGraph } from "@tidemark/engine";
import type { Manifest } from "@tidemark/engine/inspect";
import type { Scenario } from "./scenario.ts";

/** What a scenario has to give: the reference's output, at every prefix of its input. Computed once. */
export class Expected {
  readonly #scenario: Scenario;
  readonly #inputs: ReferenceInputs;
  readonly #at = new Map<string, Readonly<Record<string, readonly unknown[]>>>();
  #whole: Readonly<Record<string, readonly unknown[]>> | null = null;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#inputs = Object.fromEntries(
      Object.entries(scenario.inputs).map(([port, splits]) => [port, splits.map((records) => records.map(record))]),
    );
  }

  /** Records of a sink port, of the whole input. */
  whole(port: string): readonly unknown[] {
    const { graph } = this.#scenario.pipeline;
    this.#whole ??= shown(referenceRun(graph, this.#inputs, { now: START }), graph);
    return this.#whole[port] ?? [];
  }

  /** Records of a sink port as a checkpoint has to have committed them. */
  at(manifest: Manifest, port: string): readonly unknown[] {
    if (manifest.finished) return this.whole(port);
    const { name, inputs, order } = this.#cut(manifest);
    let outputs = this.#at.get(name);
    if (outputs === undefined) {
      const { graph } = this.#scenario.pipeline;
      outputs = shown(referenceRun(graph, inputs, { now: START, order, end: false }), graph);
      this.#at.set(name, outputs);
    }
    return outputs[port] ?? [];
  }

  /** So much of the input as a checkpoint has read, and the ends of splits that it has seen. */
  #cut({ sources }: Manifest): {
    readonly name: string;
    readonly inputs: ReferenceInputs;
    readonly order: readonly ReferencePick[];
  } {
    const read = new Map<string, number>();
    const ends: ReferencePick[] = [];
    for (const { port, split, position, ended } of sources) {
      read.set(`${split} ${port}`, (position as { readonly next: number } | null)?.next ?? 0);
      if (ended) ends.push([port, Number(split)]);
    }
    const inputs = Object.fromEntries(
      Object.entries(this.#inputs).map(([port, splits]) => [
        port,
        splits.map((elements, split) => elements.slice(0, read.get(`${split} ${port}`) ?? 0)),
      ]),
    );
    const name = JSON.stringify([[...read], ends]);
    // One pick beyond the last element ends a split.
    return { name, inputs, order: [...roundRobin(inputs), ...ends] };
  }

  compare(port: string, actual: readonly unknown[], wanted: readonly unknown[]): OutputDifference {
    return compareOutputs(actual, wanted, this.#scenario.settings.compare?.[port] ?? {});
  }
}

const known = new WeakMap<Scenario, Expected>();

/** The same for the same scenario, so that many seeds share what was computed. */
export function expectedOf(scenario: Scenario): Expected {
  let expected = known.get(scenario);
  if (expected === undefined) known.set(scenario, (expected = new Expected(scenario)));
  return expected;
}

/** Wall clock at the start of every simulation. */
const START = Date.UTC(2100, 0, 1);

const OPERATIONS = { insert: "+I", updateBefore: "-U", updateAfter: "+U", delete: "-D" } as const;

/** As JSON Lines show them: with the kind of change first where the port takes a changelog. */
function shown({ outputs }: ReferenceResult, graph: LogicalGraph): Readonly<Record<string, readonly unknown[]>> {
  const ports = Object.entries(outputs).map(([port, rows]) => {
    const isChangelog = leadsFromTable(graph, port);
    return [
      port,
      rows.map(({ record: row, kind }) => (isChangelog ? { op: OPERATIONS[kind], ...(row as object) } : row)),
    ];
  });
  return JSON.parse(JSON.stringify(Object.fromEntries(ports))) as Record<string, unknown[]>;
}

/** True if what comes to a sink are the changes of a table: an aggregate or reduce with nothing but stateless steps between. */
function leadsFromTable(graph: LogicalGraph, port: string): boolean {
  const sink = graph.nodes.find((node) => node.kind === "sink" && node.name === port);
  const before = (id: number): boolean => {
    const node = graph.nodes[id];
    if (node === undefined) return false;
    if (node.kind === "aggregate" || node.kind === "reduce") return true;
    return ["map", "filter", "flatMap", "merge"].includes(node.kind) && node.inputs.some((input) => before(input.node));
  };
  return sink?.inputs.some((input) => before(input.node)) ?? false;
}
