import type { ResultRow } from "./nexmark.ts";

const COLUMNS: readonly { readonly title: string; readonly of: (row: ResultRow) => string }[] = [
  { title: "query", of: (row) => row.query },
  { title: "input", of: (row) => row.mode },
  { title: "system", of: (row) => row.system },
  { title: "records", of: (row) => String(row.records) },
  { title: "k records/CPU-s", of: (row) => number(row.recordsPerCpuSecond / 1_000) },
  { title: "of limit", of: (row) => (row.ofLimit === null ? "" : row.ofLimit.toFixed(2)) },
  { title: "wall s", of: (row) => (row.wallMs / 1_000).toFixed(2) },
  { title: "peak RSS MB", of: (row) => number(row.peakRssMb) },
  { title: "keys", of: (row) => number(row.keys) },
  { title: "state B/key", of: (row) => number(row.bytesPerKey) },
  { title: "stall max ms", of: (row) => number(row.stallMs) },
  { title: "stall p99 ms", of: (row) => number(row.stallP99Ms) },
  { title: "rows out", of: (row) => String(row.outputRows) },
  { title: "checksum", of: (row) => row.checksum },
];

/** Results as a Markdown table that also reads well in a terminal. */
export function resultTable(rows: readonly ResultRow[]): string {
  const lines = [COLUMNS.map(({ title }) => title), ...rows.map((row) => COLUMNS.map(({ of }) => of(row)))];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const rule = widths.map((width) => "-".repeat(width));
  const [head = [], ...body] = lines;
  const text = (line: readonly string[]): string =>
    `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return `${[head, rule, ...body].map(text).join("\n")}\n`;
}

function number(value: number | null): string {
  return value === null ? "" : String(Math.round(value));
}
