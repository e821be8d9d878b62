import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jsonl, rows, start, type Binding, type Job } from "@tidemark/engine";
import { columnSource } from "./column-source.ts";
import type { Dataset } from "./dataset.ts";
import type { TableName } from "./model.ts";
import type { NexmarkQuery } from "./query.ts";

/** How a query's input comes: decoded columns in memory, or binary rows or JSON Lines on disk. */
export const INPUT_MODES = ["columns", "rows", "jsonl"] as const;
export type InputMode = (typeof INPUT_MODES)[number];

/** The bindings of a query's sources; `rows` need `makeRows` before. */
export function sourceBindings(query: NexmarkQuery, dataset: Dataset, mode: InputMode): Record<string, Binding> {
  const source: Readonly<Record<InputMode, (name: TableName) => Binding>> = {
    columns: (name) => columnSource(dataset.table(name)),
    rows: (name) => rows(dataset.rows(name)),
    jsonl: (name) => jsonl(dataset.jsonLines(name)),
  };
  return Object.fromEntries(query.reads.map((name) => [name, source[mode](name)]));
}

/** Runs a query to the end of its input, with a checkpoint every second; resolves to the number of records it read. */
export async function runQuery(
  query: NexmarkQuery,
  bind: Readonly<Record<string, Binding>>,
  onStarted: (job: Job) => void = () => undefined,
): Promise<number> {
  const stateDirectory = mkdtempSync(join(tmpdir(), `nexmark-${query.name}-`));
  try {
    const { job, result } = await start(query.pipeline, { bind, stateDirectory, checkpoint: { every: "1s" } });
    if (job !== null) onStarted(job);
    return (await result).records;
  } finally {
    rmSync(stateDirectory, { recursive: true, force: true });
  }
}
