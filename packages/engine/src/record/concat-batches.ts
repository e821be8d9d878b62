import { BATCH_ROWS_MAX, type RecordBatch } from "./batch.ts";
import type { Column, Utf8Column } from "./column.ts";
import { tupleColumn } from "./tuple-column.ts";

/**
 * The rows of `batches`, in order, in fewer batches: neighbours are joined where their rows can stand in one (same layout, same split, and no
 * keys).
 */
export function concatBatches(batches: readonly RecordBatch[]): RecordBatch[] {
  const joined: RecordBatch[] = [];
  let run: RecordBatch[] = [];
  let rows = 0;
  const end = (): void => {
    if (run.length > 0) joined.push(run.length === 1 ? (run[0] as RecordBatch) : concat(run, rows));
    run = [];
    rows = 0;
  };
  for (const batch of batches) {
    const [first] = run;
    if (first !== undefined && (rows + batch.length > BATCH_ROWS_MAX || !fit(first, batch))) end();
    run.push(batch);
    rows += batch.length;
  }
  end();
  return joined;
}

/** Whether rows of both can stand in one batch. */
function fit(a: RecordBatch, b: RecordBatch): boolean {
  return (
    a.layout === b.layout &&
    (a.rowKinds === null) === (b.rowKinds === null) &&
    a.keys === null &&
    b.keys === null &&
    a.origin?.port === b.origin?.port &&
    a.origin?.split === b.origin?.split &&
    a.columns.every((column, i) => {
      const other = b.columns[i] as Column;
      return column.kind !== "dictionary" || (other.kind === "dictionary" && other.dictionary === column.dictionary);
    })
  );
}

function concat(batches: readonly RecordBatch[], length: number): RecordBatch {
  const [first] = batches as [RecordBatch];
  const { layout, rowKinds, origin } = first;
  return {
    layout,
    length,
    columns: first.columns.map((column, field) => {
      const parts = batches.map((batch) => ({ column: batch.columns[field] as Column, rows: batch.length }));
      return concatCells(column, parts, length);
    }),
    timestamps: fill(new Float64Array(length), batches, (batch) => batch.timestamps),
    watermarks: fill(new Float64Array(length), batches, (batch) => batch.watermarks),
    rowKinds: rowKinds === null ? null : fill(new Uint8Array(length), batches, (batch) => batch.rowKinds as Uint8Array),
    keys: null,
    origin:
      origin === null
        ? null
        : { ...origin, offsets: fill(new Float64Array(length), batches, (batch) => offsetsOf(batch)) },
  };
}

function offsetsOf({ origin, length }: RecordBatch): Float64Array {
  return origin?.offsets ?? new Float64Array(length);
}

/** Copies the first `length` cells of each batch, one after another. */
function fill<A extends Float64Array | Int32Array | Uint8Array, B extends { readonly length: number }>(
  to: A,
  parts: readonly B[],
  cells: (part: B) => A,
): A {
  let at = 0;
  for (const part of parts) {
    to.set(cells(part).subarray(0, part.length), at);
    at += part.length;
  }
  return to;
}

interface Part {
  readonly column: Column;
  readonly rows: number;
}

function concatCells(like: Column, parts: readonly Part[], length: number): Column {
  const presence = concatPresence(parts, length);
  const sized = parts.map(({ column, rows }) => ({ column, length: rows }));
  const cells = <C extends Column>({ column }: { column: Column }): C => column as C;
  switch (like.kind) {
    case "int32":
    case "dictionary":
      return {
        ...like,
        presence,
        values: fill(new Int32Array(length), sized, (part) => cells<typeof like>(part).values),
      };
    case "float64":
      return {
        ...like,
        presence,
        values: fill(new Float64Array(length), sized, (part) => cells<typeof like>(part).values),
      };
    case "boolean":
      return {
        ...like,
        presence,
        values: fill(new Uint8Array(length), sized, (part) => cells<typeof like>(part).values),
      };
    case "json":
      return (
        concatTuples(parts, length) ?? {
          kind: "json",
          presence,
          values: parts.flatMap(({ column, rows }) => cells<typeof like>({ column }).values.slice(0, rows)),
        }
      );
    case "utf8":
      return concatStrings(
        parts.map(({ column, rows }) => ({ column: column as Utf8Column, rows })),
        presence,
        length,
      );
  }
}

/** Arrays that all columns hold in the same parts; null if they do not. */
function concatTuples(columns: readonly Part[], length: number): Column | null {
  const tuples: (readonly Column[])[] = [];
  for (const { column } of columns) {
    const parts = column.kind === "json" ? column.parts : undefined;
    if (parts === undefined) return null;
    tuples.push(parts);
  }
  const [first] = tuples as [readonly Column[]];
  const isAlike = tuples.every(
    (parts) =>
      parts.length === first.length &&
      parts.every(({ kind }, part) => kind === first[part]?.kind && kind !== "dictionary"),
  );
  if (!isAlike) return null;
  return tupleColumn(
    first.map((like, part) =>
      concatCells(
        like,
        columns.map(({ rows }, i) => ({ column: tuples[i]?.[part] as Column, rows })),
        length,
      ),
    ),
    length,
  );
}

function concatPresence(parts: readonly Part[], length: number): Uint8Array | null {
  if (parts.every(({ column }) => column.presence === null)) return null;
  return fill(
    new Uint8Array(length),
    parts.map(({ column, rows }) => ({ column, length: rows })),
    ({ column, length: rows }) => column.presence ?? new Uint8Array(rows),
  );
}

/** Bytes are shared where all parts share them, as cuts of one batch do; else those of the cells are copied. */
function concatStrings(
  parts: readonly { readonly column: Utf8Column; readonly rows: number }[],
  presence: Uint8Array | null,
  length: number,
): Utf8Column {
  const [first] = parts as [(typeof parts)[number]];
  const isShared = parts.every(({ column }) => column.bytes === first.column.bytes);
  const offsets = new Int32Array(length);
  const lengths = new Int32Array(length);
  const strings = new Array<string | undefined>(length);
  const pieces: Uint8Array[] = [];
  let total = 0;
  let at = 0;
  for (const { column, rows } of parts) {
    for (let row = 0; row < rows; row++, at++) {
      const offset = column.offsets[row] as number;
      const bytes = column.lengths[row] as number;
      lengths[at] = bytes;
      strings[at] = column.strings[row];
      offsets[at] = isShared ? offset : total;
      if (isShared || bytes <= 0) continue;
      pieces.push(column.bytes.subarray(offset, offset + bytes));
      total += bytes;
    }
  }
  return {
    kind: "utf8",
    presence,
    bytes: isShared ? first.column.bytes : joined(pieces, total),
    offsets,
    lengths,
    strings,
  };
}

function joined(pieces: readonly Uint8Array[], total: number): Uint8Array {
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
