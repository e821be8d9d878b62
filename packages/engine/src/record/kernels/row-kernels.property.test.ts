import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type KernelMemory, kernelMemory, PAGE_BYTES } from "./kernel-memory.ts";
import { type Kernels, openKernels, twinKernels } from "./kernels.ts";

const AT = { a: 0, b: 16_384, c: 32_768, d: 49_152 };

/** A call on a memory of the kernels and on one of the twins, filled alike; both memories are then the same. */
function bothDo(fill: (memory: KernelMemory) => void, call: (kernels: Kernels) => unknown): void {
  const memory = kernelMemory({ bytes: PAGE_BYTES });
  const other = kernelMemory({ bytes: PAGE_BYTES });
  fill(memory);
  fill(other);
  assert.equal(call(openKernels(memory)), call(twinKernels(other)));
  assert.ok(Buffer.from(memory.views().bytes).equals(other.views().bytes));
}

test("hashes of keys and their twins agree", () => {
  const integers = fc.array(fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.nat(300)), { maxLength: 200 });
  const keys = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 60 });
  fc.assert(
    fc.property(integers, keys, (values, texts) => {
      bothDo(
        (memory) => memory.views().float64.set(values, AT.a / 8),
        (kernels) => kernels.hashIntegers(AT.a, values.length, AT.b),
      );
      bothDo(
        (memory) => memory.views().float64.set(values, AT.a / 8),
        (kernels) => kernels.hashPairs(AT.a, AT.a + 8, Math.max(0, values.length - 1), AT.b),
      );
      bothDo(
        (memory) => {
          const { bytes, int32 } = memory.views();
          let end = 0;
          texts.forEach((text, i) => {
            bytes.set(text, AT.a + end);
            int32[AT.b / 4 + i] = end;
            int32[AT.c / 4 + i] = text.length;
            end += text.length;
          });
        },
        (kernels) => kernels.hashBytes(AT.a, AT.b, AT.c, texts.length, AT.d),
      );
    }),
    { numRuns: 60 },
  );
});

test("texts that are appended and their twin agree", () => {
  const texts = fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 60 });
  fc.assert(
    fc.property(
      texts,
      fc.nat(20),
      fc.option(fc.uint8Array({ minLength: 512, maxLength: 600 })),
      (short, apart, long) => {
        const all = long === null ? short : [...short, long];
        bothDo(
          (memory) => {
            const { bytes, int32 } = memory.views();
            let end = 0;
            let to = AT.d;
            all.forEach((text, i) => {
              bytes.set(text, AT.a + 100 + end);
              int32[AT.b / 4 + i] = end;
              int32[AT.b / 4 + 100 + i] = text.length;
              int32[AT.c / 4 + i] = to;
              end += text.length;
              to += text.length + apart;
            });
          },
          (kernels) => kernels.appendTexts(AT.a + 100, AT.b, AT.b + 400, AT.c, all.length),
        );
      },
    ),
    { numRuns: 100 },
  );
});
