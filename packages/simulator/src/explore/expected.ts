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
    this.#whole ??= shown(referenceRun(this.#scenario.pipeline.graph, this.#inputs, { now: START }));
    return this.#whole[port] ?? [];
  }

  /** Records of a sink port as a checkpoint has to have committed them. */
  at(manifest: Manifest, port: string): readonly unknown[] {
    if (manifest.finished) return this.whole(port);
    const { name, inputs, order } = this.#cut(manifest);
    let outputs = this.#at.get(name);
    if (outputs === undefined) {
      const { graph } = this.#scenario.pipeline;
      outputs = shown(referenceRun(graph, inputs, { now: START, order, end: false }));
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

/** As JSON Lines show them. */
function shown({ sinks }: ReferenceResult): Readonly<Record<string, readonly unknown[]>> {
  return JSON.parse(JSON.stringify(sinks)) as Record<string, unknown[]>;
}
