import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BATCH_ROWS_MAX } from "../../record/batch.ts";
import { integerKeys } from "../../record/integer-keys.ts";
import { RowTable } from "./row-table.ts";
import { TimerHeap, type FrozenHeap } from "./timer-heap.ts";

/** A table whose row of each integer below `count` it returns, in another order than that of the keys. */
function tableOf(count: number): { table: RowTable; rows: Int32Array } {
  const table = new RowTable("timers");
  const rows = new Int32Array(count);
  const keys = Float64Array.from({ length: count }, (_, i) => (i * 7_919) % count);
  const found = new Int32Array(BATCH_ROWS_MAX);
  for (let from = 0; from < count; from += BATCH_ROWS_MAX) {
    const some = keys.subarray(from, from + BATCH_ROWS_MAX);
    table.resolve(integerKeys(some), some.length, found);
    for (const [i, key] of some.entries()) rows[key] = found[i] as number;
  }
  return { table, rows };
}

function entriesOf(frozen: FrozenHeap): Map<number, number> {
  const entries = new Map<number, number>();
  for (let position = 0; position < frozen.size; position++) entries.set(frozen.row(position), frozen.time(position));
  return entries;
}

const change = fc.tuple(fc.constantFrom("set", "set", "set", "remove", "pop", "freeze"), fc.nat(499), fc.nat(20));

test("timers come in order of time, then of keys, and are frozen as they were", () => {
  const { table, rows } = tableOf(500);
  fc.assert(
    fc.property(fc.array(change, { minLength: 30, maxLength: 1_500, size: "max" }), (changes) => {
      const heap = new TimerHeap(table);
      const model = new Map<number, number>();
      let frozen: { readonly heap: FrozenHeap; readonly was: Map<number, number> } | null = null;
      const check = (): void => {
        if (frozen !== null) assert.deepEqual(entriesOf(frozen.heap), frozen.was);
      };
      for (const [what, key, time] of changes) {
        const row = rows[key] as number;
        if (what === "set") {
          heap.set(row, time);
          model.set(row, time);
        } else if (what === "freeze") {
          check();
          frozen = { heap: heap.freeze(), was: new Map(model) };
        } else {
          const gone = what === "pop" ? heap.first : row;
          if (gone < 0 || !heap.has(gone)) continue;
          if (what === "pop") {
            const least = [...model].sort(([a, x], [b, y]) => x - y || table.compareKeys(a, b))[0];
            assert.deepEqual([gone, heap.time(gone)], least);
          }
          heap.remove(gone);
          model.delete(gone);
        }
        assert.equal(heap.size, model.size);
        assert.equal(heap.has(row), model.has(row));
        if (model.has(row)) assert.equal(heap.time(row), model.get(row));
      }
      check();
      heap.thaw();
      let last = Number.NEGATIVE_INFINITY;
      for (; heap.size > 0; heap.remove(heap.first)) {
        const time = heap.time(heap.first);
        assert.ok(time >= last);
        last = time;
      }
    }),
    { numRuns: 60 },
  );
});

test("many timers: what was frozen stays while they are moved and their memory grows", () => {
  const count = 60_000;
  const { table, rows } = tableOf(count);
  const heap = new TimerHeap(table);
  for (const row of rows.subarray(0, 20_000)) heap.set(row, row % 1_000);
  const frozen = heap.freeze();
  for (const row of rows) heap.set(row, (row * 31) % 5_000);
  for (let i = 0; i < 10_000; i++) heap.remove(heap.first);
  const entries = entriesOf(frozen);
  assert.equal(entries.size, 20_000);
  for (const row of rows.subarray(0, 20_000)) assert.equal(entries.get(row), row % 1_000);
});
