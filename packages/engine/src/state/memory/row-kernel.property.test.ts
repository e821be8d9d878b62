import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { byteKeys } from "../../record/byte-keys.ts";
import { integerKeys } from "../../record/integer-keys.ts";
import { encodeKey, keyColumnOf } from "../../record/key-codec.ts";
import type { Key, KeyColumn } from "../../record/key-column.ts";
import { moveSlots } from "../../record/kernels/move-slots-twin.ts";
import { BYTES_INDEX, INTEGER_INDEX, PAIR_INDEX } from "../../record/kernels/row-layout.ts";
import { webAssembly } from "../../record/kernels/web-assembly.ts";
import { resolveBytes, resolveIntegers, resolvePairs } from "../../record/kernels/resolve-keys-twin.ts";
import { pairKeys } from "../../record/pair-keys.ts";
import { isGrowing } from "./row-index.ts";
import { RowKernel } from "./row-kernel.ts";
import { RowStore } from "./row-store.ts";

/** A store that the kernel works on beside one of the twin: after the same calls their memories are the same, byte for byte. */
class Pair {
  readonly withKernel = new RowStore();
  readonly withTwin = new RowStore();
  readonly #kernel: RowKernel;
  readonly #rows = [new Int32Array(1_024), new Int32Array(1_024)] as const;
  readonly #made = [new Int32Array(1_024), new Int32Array(1_024)] as const;

  constructor() {
    // The scratch area, so that addresses are the same.
    this.withTwin.memory.allocate(6 * 4_096);
    this.withTwin.memory.allocate(262_144);
    this.#kernel = RowKernel.open(this.withKernel.memory) as RowKernel;
    this.#first = this.withKernel.memory.allocate(8);
    assert.equal(this.withTwin.memory.allocate(8), this.#first);
  }
  readonly #first: number;

  resolve(keys: KeyColumn, length: number): Int32Array {
    const { integers, pairs } = keys;
    this.#grow(16);
    for (const store of [this.withKernel, this.withTwin]) {
      const others = integers === null ? length : 0;
      const cells = integers === null ? Math.ceil((keys.bytes.length / 8 + length * 4) * 1.25) : 0;
      assert.ok(store.reserve({ integers: length, pairs: others, others, cells }));
    }
    const { words, bytes } = this.withTwin.memory;
    const [rows, twinRows] = this.#rows;
    const [made, twinMade] = this.#made;
    const counts = [0, 0];
    if (pairs !== null) {
      counts[0] = this.#kernel.resolvePairs(pairs, length, rows, made);
      counts[1] = resolvePairs(words, bytes, pairs, length, twinRows, twinMade);
    } else if (integers === null) {
      counts[0] = this.#kernel.resolveBytes(keys, length, rows, made);
      const { memory } = this.withKernel;
      // Too long for the scratch area.
      if (counts[0] < 0) counts[0] = resolveBytes(memory.words, memory.bytes, keys, length, rows, made);
      counts[1] = resolveBytes(words, bytes, keys, length, twinRows, twinMade);
    } else {
      counts[0] = this.#kernel.resolveIntegers(integers, length, rows, made);
      counts[1] = resolveIntegers(words, integers, length, twinRows, twinMade);
    }
    assert.equal(counts[0], counts[1]);
    assert.deepEqual(rows, twinRows);
    assert.deepEqual(made.subarray(0, counts[0]), twinMade.subarray(0, counts[0]));
    return rows.slice(0, length);
  }

  /** Goes on with the growth of the indexes, in the kernel and in the twin. */
  #grow(slots: number): void {
    for (const index of [INTEGER_INDEX, PAIR_INDEX, BYTES_INDEX]) {
      if (!isGrowing(this.withTwin.memory.words, index)) continue;
      const isDone = this.#kernel.moveSlots(index, slots);
      assert.equal(isDone, moveSlots(this.withTwin.memory.words, index, slots));
    }
    // Releases the old index where it is done.
    this.withKernel.advance(0);
    this.withTwin.advance(0);
  }

  /** Finding makes none: what is not there is -1 in both. */
  find(keys: KeyColumn, length: number): void {
    const { integers, pairs } = keys;
    const { words, bytes } = this.withTwin.memory;
    const [rows, twinRows] = this.#rows;
    if (pairs !== null) {
      this.#kernel.resolvePairs(pairs, length, rows, null);
      resolvePairs(words, bytes, pairs, length, twinRows, null);
    } else if (integers === null) {
      if (this.#kernel.resolveBytes(keys, length, rows, null) < 0) return;
      resolveBytes(words, bytes, keys, length, twinRows, null);
    } else {
      this.#kernel.resolveIntegers(integers, length, rows, null);
      resolveIntegers(words, integers, length, twinRows, null);
    }
    assert.deepEqual(rows, twinRows);
  }

  compare(): void {
    const { bytes } = this.withKernel.memory;
    const { bytes: expected } = this.withTwin.memory;
    const length = Math.min(bytes.length, expected.length);
    const header = 448;
    assert.ok(same(bytes.subarray(0, header), expected.subarray(0, header)), "the headers differ");
    assert.ok(same(bytes.subarray(this.#first, length), expected.subarray(this.#first, length)), "the memories differ");
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.length).equals(Buffer.from(b.buffer, b.byteOffset, b.length));
}

/** A column whose hashes are chosen, so that slots and tags collide. */
function collide(column: KeyColumn, keep: number): KeyColumn {
  const { bytes, offsets, lengths } = column;
  return byteKeys({ bytes, offsets, lengths, hashes: column.hashes.map((hash) => (hash & keep) >>> 0) });
}

const anyKey: fc.Arbitrary<Key> = fc.oneof(
  fc.string(),
  fc.constantFrom("", "x".repeat(60_000), "y".repeat(60_000)),
  fc.string({ minLength: 120, maxLength: 400, size: "max" }),
  fc.tuple(fc.integer(), fc.nat(9)),
  fc.tuple(fc.maxSafeInteger(), fc.integer()),
  fc.integer(),
  fc.double(),
);
const anyInteger = fc.oneof(
  fc.integer(),
  fc.nat(300),
  fc.maxSafeInteger(),
  fc.nat(300).map((value) => value * 16),
);

/** Many of few, so that batches share them; some that take more than 32 bits a number. */
const anyPair = fc.oneof(
  fc.tuple(fc.nat(20), fc.nat(20)),
  fc.tuple(fc.integer(), fc.integer()),
  fc.tuple(anyInteger, fc.constantFrom(0, -1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32, Number.MIN_SAFE_INTEGER)),
);

function pairsOf(keys: readonly (readonly [number, number])[]): KeyColumn {
  return pairKeys({
    first: Float64Array.from(keys, ([first]) => first),
    second: Float64Array.from(keys, ([, second]) => second),
  });
}

test("the kernel leaves the memory as its twin does", { skip: webAssembly() === null }, () => {
  const batch = fc.oneof(
    fc
      .array(anyInteger, { minLength: 1, maxLength: 600, size: "max" })
      .map((keys) => integerKeys(Float64Array.from(keys))),
    fc.array(anyPair, { minLength: 1, maxLength: 600, size: "max" }).map(pairsOf),
    fc.array(anyPair, { minLength: 1, maxLength: 100 }).map((keys) => keyColumnOf(["no pair", ...keys])),
    fc
      .tuple(fc.array(anyKey, { minLength: 1, maxLength: 200, size: "max" }), fc.constantFrom(-1, -1, 0xff, 0x40_0000))
      .map(([keys, keep]) =>
        keep === -1 ? keyColumnOf(["no integer", ...keys]) : collide(keyColumnOf(["", ...keys]), keep),
      ),
  );
  fc.assert(
    fc.property(fc.array(batch, { minLength: 1, maxLength: 12 }), fc.nat(4), (batches, removed) => {
      const pair = new Pair();
      const live = new Set<number>();
      for (const keys of batches) {
        const length = keys.offsets.length;
        pair.find(keys, length);
        for (const row of pair.resolve(keys, length)) live.add(row);
        for (const row of [...live]) {
          if (row % 5 !== removed) continue;
          pair.withKernel.settle(row);
          pair.withTwin.settle(row);
          live.delete(row);
        }
        pair.find(keys, length);
        pair.compare();
      }
    }),
    { numRuns: 40 },
  );
});

test(
  "fuzz: batches of sequential, strided and random integers, and pairs of them, through many growths",
  { skip: webAssembly() === null },
  () => {
    const pair = new Pair();
    let state = 7;
    const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
    for (let round = 0; round < 120; round++) {
      const from = random() % 100_000;
      const stride = [1, 16, 1_000, 2 ** 32][random() % 4]!;
      const keys = Float64Array.from({ length: 1_024 }, (_, i) =>
        round % 2 === 0 ? from + i * stride : random() % 200_000,
      );
      const second = Float64Array.from(keys, (key) => key % 7);
      const rows = pair.resolve(round % 4 === 1 ? pairKeys({ first: keys, second }) : integerKeys(keys), 1_024);
      if (round % 3 === 0) {
        for (const row of new Set(rows.subarray(0, 300))) {
          pair.withKernel.settle(row);
          pair.withTwin.settle(row);
        }
      }
      if (round % 10 === 0) pair.compare();
    }
    pair.compare();
  },
);

test("keys that are too long for the scratch area are left to the twin", { skip: webAssembly() === null }, () => {
  const store = new RowStore();
  const kernel = RowKernel.open(store.memory) as RowKernel;
  const keys = keyColumnOf(Array.from({ length: 6 }, (_, i) => `${i}${"x".repeat(65_000)}`));
  assert.equal(kernel.resolveBytes(keys, 6, new Int32Array(6), new Int32Array(6)), -1);
  assert.equal(store.liveRows, 0);
  assert.equal(encodeKey("").length, 1);
});
