import type { Dataset } from "./dataset.ts";
import type { Oracle } from "./oracle.ts";
import { recordSink } from "./output-sink.ts";
import type { Answer, NexmarkQuery } from "./query.ts";
import { runQuery, sourceBindings, type InputMode } from "./run-query.ts";

/** How a query's output compares with the oracle's answer. */
export interface Comparison {
  /** Rows of the answer. */
  readonly rows: number;
  /** Rows that only one side has, the first few, each with how often the engine has it more. */
  readonly differences: readonly string[];
  /** Retractions of rows that were not there. */
  readonly wrongRetractions: number;
}

const DIFFERENCES_MAX = 5;

/** Runs a query and compares the table that its output comes to with DuckDB's. */
export async function checkQuery(
  query: NexmarkQuery,
  { dataset, oracle, mode }: { readonly dataset: Dataset; readonly oracle: Oracle; readonly mode: InputMode },
): Promise<Comparison> {
  const folded = new Folded(query.answer);
  const sink = recordSink((record, retracts) => folded.take(record, retracts));
  await runQuery(query, { ...sourceBindings(query, dataset, mode), result: sink });
  const counts = folded.rows();
  let rows = 0;
  for await (const row of oracle.rows(query.answer.sql)) {
    rows++;
    add(counts, row.join("|"), -1);
  }
  const differences = [...counts]
    .slice(0, DIFFERENCES_MAX)
    .map(([row, count]) => `${count > 0 ? "+" : ""}${count} ${row}`);
  return { rows, differences, wrongRetractions: folded.wrongRetractions };
}

/** An output folded to the table it stands for. */
class Folded {
  wrongRetractions = 0;
  readonly #answer: Answer;
  readonly #counts = new Map<string, number>();
  readonly #newest = new Map<string, string>();
  readonly #sums = new Map<string, number>();

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  take(record: unknown, retracts: boolean): void {
    const { kind, keyColumns = 0, row } = this.#answer;
    const columns = row === undefined ? Object.values(record as object) : row(record as never);
    if (kind === "append" || kind === "changelog") {
      const text = columns.join("|");
      if (retracts && !this.#counts.has(text)) this.wrongRetractions++;
      add(this.#counts, text, retracts ? -1 : 1);
      return;
    }
    const key = columns.slice(0, keyColumns).join("|");
    if (kind === "upsert") this.#newest.set(key, columns.join("|"));
    else this.#sums.set(key, (this.#sums.get(key) ?? 0) + Number(columns[keyColumns]));
  }

  /** How often each row is there. */
  rows(): Map<string, number> {
    const counts = new Map(this.#counts);
    for (const row of this.#newest.values()) add(counts, row, 1);
    for (const [key, sum] of this.#sums) add(counts, `${key}|${sum}`, 1);
    return counts;
  }
}

function add(counts: Map<string, number>, row: string, change: number): void {
  const count = (counts.get(row) ?? 0) + change;
  if (count === 0) counts.delete(row);
  else counts.set(row, count);
}
