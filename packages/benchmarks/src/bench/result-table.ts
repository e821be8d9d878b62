import type { KeysRow } from "./keys.ts";
import type { ResultRow } from "./nexmark.ts";
import type { PipelinesRow } from "./pipelines.ts";

/** The columns of a table of results. */
type Columns<Row> = readonly { readonly title: string; readonly of: (row: Row) => string }[];

const NEXMARK: Columns<ResultRow> = [
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
  { title: "GB/s", of: (row) => row.gigabytesPerSecond?.toFixed(1) ?? "" },
  { title: "rows out", of: (row) => String(row.outputRows) },
  { title: "checksum", of: (row) => row.checksum },
];

const PIPELINES: Columns<PipelinesRow> = [
  { title: "query", of: (row) => row.shape },
  { title: "pipelines", of: (row) => String(row.pipelines) },
  { title: "records", of: (row) => String(row.records) },
  { title: "ns/record", of: (row) => number(row.nsPerRecord) },
  { title: "of one", of: (row) => row.ofOne.toFixed(2) },
  { title: "wall s", of: (row) => (row.wallMs / 1_000).toFixed(2) },
  { title: "peak RSS MB", of: (row) => number(row.peakRssMb) },
  { title: "stall max ms", of: (row) => number(row.stallMs) },
  { title: "stall p99 ms", of: (row) => number(row.stallP99Ms) },
  { title: "rows out", of: (row) => String(row.outputRows) },
];

const KEYS: Columns<KeysRow> = [
  { title: "kept", of: (row) => row.kept },
  { title: "phase", of: (row) => row.phase },
  { title: "records", of: (row) => String(row.records) },
  { title: "k records/CPU-s", of: (row) => number(row.recordsPerCpuSecond / 1_000) },
  { title: "wall s", of: (row) => (row.wallMs / 1_000).toFixed(2) },
  { title: "RSS B/key", of: (row) => number(row.rssBytesPerKey) },
  { title: "state B/key", of: (row) => number(row.stateBytesPerKey) },
  { title: "peak RSS MB", of: (row) => number(row.peakRssMb) },
  { title: "checkpoints", of: (row) => String(row.checkpoints) },
  { title: "stall max ms", of: (row) => number(row.stallMs) },
  { title: "stall p99 ms", of: (row) => number(row.stallP99Ms) },
];

export function resultTable(rows: readonly ResultRow[]): string {
  return table(NEXMARK, rows);
}

export function pipelinesTable(rows: readonly PipelinesRow[]): string {
  return table(PIPELINES, rows);
}

export function keysTable(rows: readonly KeysRow[]): string {
  return table(KEYS, rows);
}

/** Results as a Markdown table that also reads well in a terminal. */
function table<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => of(row)))];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const rule = widths.map((width) => "-".repeat(width));
  const [head = [], ...body] = lines;
  const text = (line: readonly string[]): string =>
    `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return `${[head, rule, ...body].map(text).join("\n")}\n`;
}

function number(value: number | null): string {
  return value === null ? "" : String(Math.round(value));
}
