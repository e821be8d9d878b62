import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FIRST_IMAGE, ImageMemory } from "./image-memory.ts";

/** Bytes that a text has in the column, and those before it that are nobody's. */
const part = fc.record({ text: fc.uint8Array({ maxLength: 90 }), gap: fc.constantFrom(0, 0, 0, 5, 700) });

for (const kernels of [true, false]) {
  for (const longs of [64, 30_000]) {
    test(`texts are appended ${kernels ? "with" : "without"} a kernel to images that end at long ${longs}`, () => {
      fc.assert(
        fc.property(fc.array(fc.array(part, { minLength: 20, maxLength: 20 }), { maxLength: 3 }), (columns) => {
          const memory = new ImageMemory({ kernels });
          const made = columns.map(columnOf);
          memory.reserve(
            FIRST_IMAGE + longs,
            made.map(({ region }) => region),
          );
          const room = Math.floor((longs * 8) / 20);
          const kept = columns.map((column) => column.map(({ text }) => (text.length * 3 > room ? 0 : text.length)));
          for (let k = 0; k < 20; k++) memory.ends[k] = FIRST_IMAGE * 8 + k * room;
          made.forEach(({ bytes, offsets, region }, c) => {
            memory.lengths.set(kept[c] as number[]);
            memory.offsets.set(offsets);
            memory.appendTexts(bytes, region, 20);
          });
          for (let k = 0; k < 20; k++) {
            const begin = FIRST_IMAGE * 8 + k * room;
            const expected = columns.flatMap((column, c) => [
              ...(column[k]?.text.subarray(0, (kept[c] as number[])[k]) ?? []),
            ]);
            assert.deepEqual([...memory.bytes.subarray(begin, memory.ends[k])], expected);
          }
        }),
        { numRuns: 50 },
      );
    });
  }
}

function columnOf(parts: readonly { text: Uint8Array; gap: number }[]): {
  bytes: Uint8Array;
  offsets: number[];
  region: { first: number; end: number; sum: number };
} {
  const offsets: number[] = [];
  let end = 0;
  let sum = 0;
  for (const { text, gap } of parts) {
    offsets.push(end + gap);
    end += gap + text.length;
    sum += text.length;
  }
  const bytes = new Uint8Array(end);
  parts.forEach(({ text }, k) => bytes.set(text, offsets[k]));
  return { bytes, offsets, region: { first: offsets[0] ?? 0, end, sum } };
}
