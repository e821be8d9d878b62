import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { byteKeys } from "../../record/byte-keys.ts";
import { decodeKey, encodeKey, keyColumnOf } from "../../record/key-codec.ts";
import type { Key, KeyColumn } from "../../record/key-column.ts";
import { hashKey } from "../../record/key-hash.ts";
import { RowTable, type RowTableOptions } from "./row-table.ts";
import { TableMemory } from "./table-memory.ts";

/** Byte keys whose hash is chosen, so that slots and tags collide; the table believes the hash it is given. */
interface RawKey {
  readonly bytes: Uint8Array;
  readonly hash: number;
}

function columnOf(keys: readonly RawKey[]): KeyColumn {
  const lengths = Int32Array.from(keys, ({ bytes }) => bytes.length);
  const offsets = new Int32Array(keys.length);
  for (let i = 1; i < keys.length; i++) offsets[i] = offsets[i - 1]! + lengths[i - 1]!;
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  keys.forEach((key, i) => bytes.set(key.bytes, offsets[i]));
  return byteKeys({ bytes, offsets, lengths, hashes: Uint32Array.from(keys, ({ hash }) => hash) });
}

/** A table beside a Map; every row is held so often as the model says. */
class Pair {
  readonly table: RowTable;
  readonly rows = new Map<string, number>();
  readonly holds = new Map<string, number>();

  constructor(options: RowTableOptions) {
    this.table = new RowTable("model", options);
  }

  resolve(keys: readonly RawKey[], column: KeyColumn = columnOf(keys)): number[] {
    const rows = new Int32Array(keys.length);
    this.table.resolve(column, keys.length, rows);
    const taken = new Map(Array.from(this.rows, ([name, row]) => [row, name]));
    keys.forEach(({ bytes }, i) => {
      const name = nameOf(bytes);
      const known = this.rows.get(name);
      if (known === undefined) assert.equal(taken.get(rows[i]!) ?? name, name, "a row of another key");
      else assert.equal(rows[i], known, "a key's row changed");
      this.rows.set(name, rows[i]!);
      taken.set(rows[i]!, name);
    });
    return [...rows];
  }

  hold(name: string, by: 1 | -1): void {
    const row = this.rows.get(name);
    const holds = this.holds.get(name) ?? 0;
    if (row === undefined || holds + by < 0) return;
    if (by === 1) this.table.hold(row);
    else this.table.letGo(row);
    this.holds.set(name, holds + by);
  }

  release(): void {
    this.table.releaseEmptyRows();
    for (const name of this.rows.keys()) {
      if ((this.holds.get(name) ?? 0) > 0) continue;
      this.rows.delete(name);
      this.holds.delete(name);
    }
  }

  compare(): void {
    assert.equal(this.table.liveRows, this.rows.size);
    for (const [name, row] of this.rows) {
      assert.equal(nameOf(this.table.keyBytes(row)), name);
      assert.equal(this.table.isHeld(row), (this.holds.get(name) ?? 0) > 0);
      assert.ok(row < this.table.rowEnd);
    }
  }
}

function nameOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

const rawKey = fc.oneof(
  fc.record({ bytes: fc.uint8Array({ maxLength: 3 }), hash: fc.constantFrom(0, 64, 0xffff_ffff) }),
  fc.record({ bytes: fc.uint8Array({ maxLength: 300 }), hash: fc.constantFrom(7, 0x8000_0007) }),
  fc.record({
    bytes: fc
      .tuple(fc.constantFrom(0, 8, 16, 65_535, 65_536), fc.nat(2))
      .map(([length, fill]) => new Uint8Array(length).fill(fill)),
    hash: fc.constant(3),
  }),
  fc
    .oneof(
      fc.integer(),
      fc.nat(40),
      fc.maxSafeInteger(),
      fc.tuple(fc.nat(20), fc.nat(20)),
      fc.tuple(fc.maxSafeInteger(), fc.integer()),
      fc.string(),
    )
    .map((key) => {
      const bytes = encodeKey(key);
      return { bytes, hash: hashKey(bytes, 0, bytes.length) };
    }),
);
/** One hash per bytes, as of a real hash. */
const keySet = fc.uniqueArray(rawKey, { selector: ({ bytes }) => nameOf(bytes), minLength: 1, maxLength: 60 });
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ on: fc.constant("resolve" as const), keys: fc.array(fc.nat(), { maxLength: 40 }) }),
  },
  { weight: 6, arbitrary: fc.record({ on: fc.constantFrom("hold" as const, "letGo" as const), key: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ on: fc.constant("release" as const) }) },
);

const OPTIONS: Readonly<Record<string, RowTableOptions>> = {
  "one store": {},
  "plain buffers": { webAssembly: false },
  "many stores": { rowsMax: 5 },
  "some stores": { rowsMax: 30 },
  "stores of 192 KiB": { bytesMax: 196_608 },
};

/** A Map beside a table that is given keys as they are, in columns of integers, of pairs and of bytes. */
const ANY_NUMBER = fc.oneof(
  fc.nat(9),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, 0.5, Number.NaN, 2 ** 31, 2 ** 53, -(2 ** 53), Number.POSITIVE_INFINITY),
);
const ANY_KEYS: fc.Arbitrary<Key[]> = fc.oneof(
  fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 60 }),
  fc.array(fc.tuple(fc.integer(), fc.maxSafeInteger()), { minLength: 1, maxLength: 60 }),
  fc.array(fc.tuple(ANY_NUMBER, ANY_NUMBER), { minLength: 1, maxLength: 60 }),
  fc.array(fc.oneof(ANY_NUMBER, fc.tuple(ANY_NUMBER, ANY_NUMBER), fc.tuple(ANY_NUMBER), fc.string()), {
    minLength: 1,
    maxLength: 60,
  }),
);

for (const [name, options] of Object.entries(OPTIONS)) {
  test(`pairs and other keys have one row each, and come back as they were: ${name}`, () => {
    fc.assert(
      fc.property(fc.array(ANY_KEYS, { minLength: 1, maxLength: 8 }), (batches) => {
        const table = new RowTable("pairs", options);
        const rowOf = new Map<string, number>();
        for (const keys of batches) {
          const rows = new Int32Array(keys.length);
          table.resolve(keyColumnOf(keys), keys.length, rows);
          const column = table.keyColumn(rows, keys.length);
          keys.forEach((key, i) => {
            const bytes = encodeKey(key);
            const row = rows[i]!;
            assert.equal(rowOf.get(nameOf(bytes)) ?? row, row);
            rowOf.set(nameOf(bytes), row);
            assert.equal(nameOf(table.keyBytes(row)), nameOf(bytes));
            assert.equal(table.keyLength(row), bytes.length);
            assert.equal(table.resolveOne(bytes), row);
            assert.deepEqual(table.key(row), decodeKey(bytes));
            assert.equal(table.hash(row), hashKey(bytes, 0, bytes.length));
            assert.equal(column.hashes[i], hashKey(bytes, 0, bytes.length));
            const at = column.offsets[i]!;
            assert.equal(nameOf(column.bytes.subarray(at, at + column.lengths[i]!)), nameOf(bytes));
            const other = rows[0]!;
            const order = Buffer.compare(table.keyBytes(row), table.keyBytes(other));
            assert.equal(Math.sign(table.compareKeys(row, other)), order);
          });
        }
        assert.equal(table.liveRows, rowOf.size);
        table.releaseEmptyRows();
        assert.equal(table.liveRows, 0);
      }),
      { numRuns: 60 },
    );
  });
}

for (const [name, options] of Object.entries(OPTIONS)) {
  test(`a row table keeps rows as a map would: ${name}`, () => {
    fc.assert(
      fc.property(keySet, fc.array(step, { maxLength: 60, size: "max" }), (keys, steps) => {
        const pair = new Pair(options);
        const at = (index: number): RawKey => keys[index % keys.length]!;
        for (const each of steps) {
          if (each.on === "resolve") pair.resolve(each.keys.map(at));
          else if (each.on === "release") pair.release();
          else pair.hold(nameOf(at(each.key).bytes), each.on === "hold" ? 1 : -1);
        }
        pair.compare();
        pair.resolve(keys);
        pair.compare();
      }),
      { numRuns: 120 },
    );
  });
}

test("integer keys given as numbers and as bytes are one row, and come back as numbers", () => {
  const integers = fc.array(fc.oneof(fc.integer(), fc.nat(99), fc.maxSafeInteger()), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(integers, fc.nat(1), (values, extra) => {
      const table = new RowTable("integers");
      const rows = new Int32Array(values.length);
      table.resolve(keyColumnOf(values), values.length, rows);
      const mixed: Key[] = ["no integer", ...values];
      const again = new Int32Array(mixed.length);
      table.resolve(keyColumnOf(mixed), mixed.length, again);
      assert.deepEqual([...again.subarray(1)], [...rows]);
      const some = extra === 0 ? rows : again;
      const column = table.keyColumn(some, some.length);
      const expected = keyColumnOf(extra === 0 ? values : mixed);
      assert.equal(column.integers !== null, extra === 0);
      some.forEach((row, i) => {
        assert.deepEqual(table.key(row), decodeKey(table.keyBytes(row)));
        assert.equal(column.hashes[i], expected.hashes[i]);
        assert.equal(table.hash(row), expected.hashes[i]);
      });
      for (const a of again) {
        for (const b of again.subarray(0, 5)) {
          assert.equal(Math.sign(table.compareKeys(a, b)), Buffer.compare(table.keyBytes(a), table.keyBytes(b)));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("rows stay while the indexes grow in slices, and keys that go meanwhile are gone", () => {
  for (const kind of ["integers", "pairs", "wide pairs", "strings"]) {
    const table = new RowTable("growth");
    const keyOf = (i: number): Key => {
      if (kind === "integers") return i * 7;
      if (kind === "pairs") return [i % 50, i];
      return kind === "strings" ? `key ${i}` : [2 ** 40, i];
    };
    const rowOf = new Map<number, number>();
    const rows = new Int32Array(1_024);
    let next = 0;
    for (let round = 0; round < 90; round++) {
      // Small batches keep a growth under way for long.
      const size = round % 3 === 0 ? 1_024 : 1;
      const fresh = Array.from({ length: size }, () => next++);
      table.resolve(keyColumnOf(fresh.map(keyOf)), size, rows);
      fresh.forEach((i, at) => {
        table.hold(rows[at]!);
        rowOf.set(i, rows[at]!);
      });
      for (let i = round; i < next; i += 37) {
        const row = rowOf.get(i);
        if (row !== undefined && i % 2 === 0) {
          table.letGo(row);
          rowOf.delete(i);
        }
      }
      table.releaseEmptyRows();
      assert.equal(table.liveRows, rowOf.size);
    }
    const known = [...rowOf.keys()];
    for (let from = 0; from < known.length; from += 1_024) {
      const some = known.slice(from, from + 1_024);
      table.resolve(keyColumnOf(some.map(keyOf)), some.length, rows);
      some.forEach((i, at) => assert.equal(rows[at], rowOf.get(i)));
    }
    assert.equal(table.liveRows, rowOf.size);
  }
});

test("a full table says so, and goes on when there is room again", () => {
  const table = new RowTable("small", { rowsMax: 3, storesMax: 2 });
  const rows = new Int32Array(6);
  table.resolve(keyColumnOf([1, 2, 3, "a", "b", "c"]), 6, rows);
  assert.deepEqual([...rows], [0, 1, 2, 2 ** 24, 2 ** 24 + 1, 2 ** 24 + 2]);
  for (const row of rows) table.hold(row);
  assert.throws(() => table.resolve(keyColumnOf(["d"]), 1, new Int32Array(1)), {
    code: "TM_STATE_FULL",
    message: /a task holds more keys than it can address; run the job with a higher parallelism/,
  });
  table.letGo(rows[1]!);
  table.releaseEmptyRows();
  assert.equal(table.resolveOne(encodeKey("d")), 1);
  assert.equal(table.liveRows, 6);
});

test("memory that the machine does not give is an error that says what to do", () => {
  const memory = new TableMemory({ webAssembly: false, bytesMax: 2 ** 52 });
  assert.equal(memory.allocate(100), 0);
  assert.throws(() => memory.allocate(2 ** 50), {
    code: "TM_STATE_FULL",
    message: /the machine has no more memory for the keys of a task; clear state/,
  });
  assert.equal(memory.allocate(8), 104);
});

test("key bytes that come and go are kept in the room of those that went", () => {
  const table = new RowTable("churn");
  const rows = new Int32Array(1_000);
  let bytes = 0;
  for (let round = 0; round < 40; round++) {
    const keys = Array.from({ length: 1_000 }, (_, i) => `${round}-${i}-${"x".repeat((i + round) % 200)}`);
    table.resolve(keyColumnOf(keys), keys.length, rows);
    table.releaseEmptyRows();
    assert.equal(table.liveRows, 0);
    if (round === 10) bytes = table.memoryBytes;
  }
  assert.equal(table.memoryBytes, bytes);
});
