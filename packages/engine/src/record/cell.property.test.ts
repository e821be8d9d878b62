import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { cellOf } from "./cell.ts";
import type { Utf8Column } from "./column.ts";

interface Cell {
  /** Null: only the string is there. */
  readonly text: string;
  readonly hasBytes: boolean;
  /** Stands before the cell's bytes, and belongs to nothing. */
  readonly gap: Uint8Array;
}

const unit = fc.constantFrom("a", "b", "/", "é", "😀", "\u{feff}");
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit, maxLength: 8 }) },
);
const gap = fc.oneof(
  { weight: 5, arbitrary: fc.constant(new Uint8Array(0)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }) },
  { weight: 1, arbitrary: fc.constant(new Uint8Array(5_000).fill(0x20)) },
);
const cell: fc.Arbitrary<Cell> = fc.record({
  text,
  hasBytes: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  gap,
});

function columnOf(cells: readonly Cell[]): Utf8Column {
  const pieces = cells.flatMap(({ text: own, hasBytes, gap: before }) => [
    before,
    hasBytes ? new TextEncoder().encode(own) : new Uint8Array(0),
  ]);
  const ends: number[] = [];
  pieces.reduce((at, piece) => (ends.push(at + piece.length), at + piece.length), 0);
  return {
    kind: "utf8",
    presence: null,
    bytes: Uint8Array.from(Buffer.concat(pieces)),
    offsets: Int32Array.from(cells, (_, row) => ends[2 * row] as number),
    lengths: Int32Array.from(cells, ({ hasBytes }, row) =>
      hasBytes ? (ends[2 * row + 1] as number) - (ends[2 * row] as number) : -1,
    ),
    strings: cells.map(({ text: own, hasBytes }) => (hasBytes ? undefined : own)),
  };
}

test("a string is that of its bytes, in whatever order rows are read and whatever stands between them", () => {
  fc.assert(
    fc.property(
      fc.array(cell, { minLength: 1, maxLength: 150 }),
      fc.constantFrom(1, 2, 3, 7),
      fc.nat(),
      (cells, step, start) => {
        const column = columnOf(cells);
        for (let i = 0; i < cells.length; i++) {
          const row = (start + i * step) % cells.length;
          assert.equal(cellOf(column, row), cells[row]?.text);
        }
        for (const [row, { text: own }] of cells.entries()) assert.equal(cellOf(column, row), own);
      },
    ),
    { numRuns: 300 },
  );
});
