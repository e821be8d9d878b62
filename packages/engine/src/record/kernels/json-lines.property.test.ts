import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Field } from "../layout.ts";
import { BLOCK, BLOCK_COLUMN, COLUMN_KIND, PADDING_BYTES, planBlock, type BlockPlan } from "./json-lines-block.ts";
import { kernelMemory, type KernelMemory } from "./kernel-memory.ts";
import { openKernels, twinKernels, type Kernels } from "./kernels.ts";

const INPUT_BYTES = 4_096;
const RUNS = process.env["TIDEMARK_LONG"] === undefined ? 2_000 : 50_000;

const FIELDS: readonly Field[] = [
  { name: "i", kind: "int32", nullable: true, optional: false },
  { name: "a number with a name longer than a vector", kind: "float64", nullable: false, optional: true },
  { name: "b", kind: "boolean", nullable: true, optional: true },
  { name: "s", kind: "utf8", nullable: false, optional: true },
];
const PLAN = planBlock(FIELDS, { inputBytes: INPUT_BYTES, textBytes: INPUT_BYTES }) as BlockPlan;

interface Side {
  readonly memory: KernelMemory;
  readonly kernels: Kernels;
}

function openSide(open: (memory: KernelMemory) => Kernels): Side {
  const memory = kernelMemory({ bytes: PLAN.bytes });
  return { memory, kernels: open(memory) };
}

/** What decoding tells of the input: where and why it stopped, and the cells of each row. */
function decode(
  { memory, kernels }: Side,
  input: Uint8Array,
  limits: { rows: number; stopAt: number; isClosed: number },
): unknown {
  const { bytes, int32, float64 } = memory.views();
  bytes.set(PLAN.image.subarray(PLAN.address), PLAN.address);
  const word = (at: number): number => int32[at >> 2] as number;
  int32[(PLAN.address + BLOCK.rowsMax) >> 2] = limits.rows;
  int32[(PLAN.address + BLOCK.lineBytesMax) >> 2] = 300;
  int32[(PLAN.address + BLOCK.isClosed) >> 2] = limits.isClosed;
  bytes.set(input, PLAN.input);
  bytes.fill(0x0a, PLAN.input + input.length, PLAN.input + input.length + PADDING_BYTES);
  const end = PLAN.input + input.length;
  const at = kernels.decodeJsonLines(PLAN.address, PLAN.input, end, PLAN.input + limits.stopAt, 1e12);
  const rows = word(PLAN.address + BLOCK.row);
  const cells = Array.from({ length: rows }, (_, row) => [
    float64[(PLAN.offsets >> 3) + row],
    ...PLAN.columns.map(({ kind, values, lengths, presence, text }) => {
      const code = bytes[presence + row];
      if (kind === COLUMN_KIND.float64) return [code, float64[(values >> 3) + row]];
      if (kind === COLUMN_KIND.boolean) return [code, bytes[values + row]];
      if (kind === COLUMN_KIND.int32) return [code, word(values + 4 * row)];
      const from = text + word(values + 4 * row);
      return [code, bytes.slice(from, from + word(lengths + 4 * row))];
    }),
  ]);
  const lacking = PLAN.columns.map((column) => word(column.at + BLOCK_COLUMN.isLacking));
  return { at, outcome: word(PLAN.address + BLOCK.outcome), cells, lacking };
}

const part = fc.oneof(
  fc.constantFrom(
    ...[
      '{"i":1',
      '"s":"',
      '"',
      "}\n",
      "}\r\n",
      ",",
      ":",
      "{",
      "}",
      "[",
      "]",
      "null",
      "true",
      "false",
      " ",
      "\n",
      "\\",
      "\\u",
      "d83d",
    ],
    ...[
      '{"i":-5,"a number with a name longer than a vector":2.5e3,"b":true,"s":"x"}\n',
      '{"i":null,"s":"\\ud83d\\ude00é"}\n',
    ],
    ...[
      '"i":',
      '"b":',
      '"a number with a name longer than a vector":',
      "12345678",
      "9",
      ".",
      "e",
      "E-",
      "-",
      "0",
      "\ufeff",
      "€",
      "\u0007",
    ],
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.integer().map((n) => `{"i":${n},"x":[${n},{"y":"z"}]}\n`),
  fc.double().map((n) => `{"a number with a name longer than a vector":${n},"b":null,"i":7}\n`),
);

const inputs = fc
  .tuple(fc.array(part, { maxLength: 30 }), fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 2 }))
  .map(([parts, damages]) => {
    const bytes = new TextEncoder().encode(parts.join("")).slice(0, INPUT_BYTES);
    for (const [at, value] of damages) if (at < bytes.length) bytes[at] = value;
    return bytes;
  });

test("decodeJsonLines and its twin do the same, whatever the bytes", () => {
  const wasm = openSide(openKernels);
  const twin = openSide((memory) => twinKernels(memory));
  const limits = fc.record({
    rows: fc.constantFrom(0, 1, 3, 1_024),
    stopAt: fc.constantFrom(0, 40, 5_000),
    isClosed: fc.constantFrom(0, 1),
  });
  fc.assert(
    fc.property(inputs, limits, (input, limit) => {
      assert.deepStrictEqual(decode(wasm, input, limit), decode(twin, input, limit));
    }),
    { numRuns: RUNS },
  );
});
