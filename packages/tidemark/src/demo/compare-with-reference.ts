import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { compareOutputs, referenceRun } from "@tidemark/engine/testing";
import type { DemoFlight } from "./demo-flights.ts";
import pipeline from "./flights.ts";

/** Outputs that are compared, with the field that names a row's key. */
const OUTPUTS = { hourly: "key", "too-late": "origin", bursts: "airport" } as const;

/** How the committed output of a port compares with the reference's. */
export interface PortComparison {
  readonly port: string;
  readonly rows: number;
  /** Null: the same rows, in the same order per key. */
  readonly difference: string | null;
}

/** Runs the reference interpreter over the same flights and compares what it gives with the committed files. */
export async function compareWithReference(folder: string, flights: readonly DemoFlight[]): Promise<PortComparison[]> {
  const input = flights.map((value) => ({ kind: "record", value }) as const);
  const reference = referenceRun(pipeline.graph, { flights: [input] }, { now: Date.now() });
  const comparisons: PortComparison[] = [];
  for (const [port, key] of Object.entries(OUTPUTS)) {
    const text = await readFile(join(folder, `${port}.jsonl`), "utf8");
    const committed = text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown);
    // What JSON Lines can show of the reference's rows.
    const expected = JSON.parse(JSON.stringify(reference.sinks[port] ?? [])) as unknown[];
    const keyOf = (row: unknown): unknown => (row as Record<string, unknown>)[key];
    const { equal, report } = compareOutputs(committed, expected, { keyOf });
    // Two empty outputs would be equal, and prove nothing.
    const difference = expected.length === 0 ? "the reference has no rows" : equal ? null : report;
    comparisons.push({ port, rows: committed.length, difference });
  }
  return comparisons;
}
