import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { compareOutputs, referenceRun } from "@tidemark/engine/testing";
import flights from "./flights.ts";
import { DEMO_DATA } from "./settings.ts";

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
export async function compareWithReference(folder: string): Promise<PortComparison[]> {
  const input: { kind: "record"; value: unknown }[] = [];
  for await (const line of createInterface(createReadStream(DEMO_DATA).pipe(createGunzip()))) {
    input.push({ kind: "record", value: JSON.parse(line) });
  }
  const reference = referenceRun(flights.graph, { flights: [input] }, { now: Date.now() });
  const comparisons: PortComparison[] = [];
  for (const [port, key] of Object.entries(OUTPUTS)) {
    const text = await readFile(join(folder, `${port}.jsonl`), "utf8");
    const committed = text.split("\n").slice(0, -1).map((line) => JSON.parse(line) as unknown);
    // What JSON Lines can show of the reference's rows.
    const expected = JSON.parse(JSON.stringify(reference.sinks[port] ?? [])) as unknown[];
    const keyOf = (row: unknown): unknown => (row as Record<string, unknown>)[key];
    const { equal, report } = compareOutputs(committed, expected, { keyOf });
    comparisons.push({ port, rows: committed.length, difference: equal ? null : report });
  }
  return comparisons;
}
