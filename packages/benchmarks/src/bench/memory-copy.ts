import type { Table, TableColumn } from "../nexmark/dataset.ts";

/** Columns of the bids that each query's functions read, event time included: what has to pass through memory whatever the program does. */
export const COLUMNS_READ: Readonly<Record<string, readonly string[]>> = {
  q0: ["auction", "bidder", "price", "dateTime", "extra"],
  q1: ["auction", "bidder", "price", "dateTime", "extra"],
  q2: ["auction", "price", "dateTime"],
  q5: ["auction", "dateTime"],
  q11: ["bidder", "dateTime"],
  q17: ["auction", "price", "dateTime"],
  q18: ["auction", "bidder", "price", "channel", "url", "dateTime", "extra"],
};

/** Copies until this much time has passed: one copy is over too fast to be timed. */
const COPY_FOR_MS = 200;

/** How long one copy of some columns takes. */
export interface CopyTime {
  readonly bytes: number;
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** Copies the columns from one place in memory to another, again and again. */
export function copyColumns({ columns }: Table, names: readonly string[]): CopyTime {
  const sources = names.flatMap((name) => partsOf(columns[name] as TableColumn));
  // Written to once, so that no page is missing when it counts.
  const targets = sources.map((source) => new Uint8Array(source.length).fill(1));
  const cpu = process.cpuUsage();
  const begun = performance.now();
  let times = 0;
  do {
    for (const [index, source] of sources.entries()) targets[index]?.set(source);
    times++;
  } while (performance.now() - begun < COPY_FOR_MS);
  const wallMs = (performance.now() - begun) / times;
  const { user, system } = process.cpuUsage(cpu);
  return {
    bytes: sources.reduce((sum, { length }) => sum + length, 0),
    cpuMs: (user + system) / 1_000 / times,
    wallMs,
  };
}

function partsOf(column: TableColumn): Uint8Array[] {
  const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array | Float64Array): Uint8Array =>
    new Uint8Array(buffer, byteOffset, byteLength);
  if (column.kind !== "utf8") return [bytesOf(column.values)];
  return [column.bytes, bytesOf(column.offsets), bytesOf(column.lengths)];
}
