import { assert } from "../foundation/assert.ts";
import { ROW_KINDS, type RecordBatch } from "../record/batch.ts";
import type { Column } from "../record/column.ts";
import { sliceRows } from "../record/row-copy.ts";
import type { ColumnPart } from "./cell-bytes.ts";
import type { FrameField } from "./frame-layout.ts";

/** Rows of batches, all together. */
export function rowCount(batches: readonly RecordBatch[]): number {
  return batches.reduce((sum, { length }) => sum + length, 0);
}

/** The columns of a field in neighbouring batches; none for the kind of change. */
export function columnParts(
  batches: readonly RecordBatch[],
  fields: readonly FrameField[],
  index: number,
): readonly ColumnPart[] {
  const field = fields[index] as FrameField;
  if (field.kind === "rowKind") return [];
  const place = fields[0]?.kind === "rowKind" ? index - 1 : index;
  return batches.map(({ columns, length }) => {
    const column = columns[place] as Column;
    assert(column.kind === field.kind, () => `a batch holds field ${field.name} as ${column.kind}, not ${field.kind}`);
    return { column, length };
  });
}

/** The kinds of change of neighbouring batches. */
export function rowKindsOf(batches: readonly RecordBatch[], rows: number): Uint8Array {
  const kinds = new Uint8Array(rows).fill(ROW_KINDS.insert);
  let at = 0;
  for (const { rowKinds, length } of batches) {
    if (rowKinds !== null) kinds.set(rowKinds.subarray(0, length), at);
    at += length;
  }
  return kinds;
}

/** The presence codes of neighbouring columns. */
export function presenceOf(parts: readonly ColumnPart[], rows: number): Uint8Array {
  const codes = new Uint8Array(rows);
  let at = 0;
  for (const { column, length } of parts) {
    if (column.presence !== null) codes.set(column.presence.subarray(0, length), at);
    at += length;
  }
  return codes;
}

/** The same rows in two halves. */
export function halves(batches: readonly RecordBatch[]): readonly [RecordBatch[], RecordBatch[]] {
  const first: RecordBatch[] = [];
  const second: RecordBatch[] = [];
  let rest = Math.floor(rowCount(batches) / 2);
  for (const batch of batches) {
    const taken = Math.min(rest, batch.length);
    if (taken > 0) first.push(sliceRows(batch, 0, taken));
    if (taken < batch.length) second.push(sliceRows(batch, taken, batch.length));
    rest -= taken;
  }
  return [first, second];
}
