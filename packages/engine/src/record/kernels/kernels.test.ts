import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { kernelMemory, PAGE_BYTES, type KernelMemory } from "./kernel-memory.ts";
import { openKernels, twinKernels } from "./kernels.ts";
import { webAssembly } from "./web-assembly.ts";

test("the committed module is what the sources compile to", () => {
  const script = fileURLToPath(new URL("../../../../../scripts/build-kernels.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
});

for (const isShared of [false, true]) {
  const kind = isShared ? "shared" : "plain";

  test(`${kind} memory grows, keeps what it holds, and says where it ends`, () => {
    const memory = kernelMemory({ bytes: 1, bytesMax: 3 * PAGE_BYTES, isShared });
    memory.views().bytes[5] = 7;
    assert.equal(memory.reserve(PAGE_BYTES + 1), true);
    const { bytes, int32, float64 } = memory.views();
    assert.equal(bytes.length, 2 * PAGE_BYTES);
    assert.deepEqual([bytes[5], int32.length, float64.length], [7, bytes.length / 4, bytes.length / 8]);
    assert.equal(memory.reserve(4 * PAGE_BYTES), false);
    assert.equal(memory.views().bytes[5], 7);
    assert.equal(bytes.buffer instanceof SharedArrayBuffer, isShared);
  });

  test(`${kind} memory: copyBytes and its twin do the same`, () => {
    const memory = kernelMemory({ bytes: PAGE_BYTES, isShared });
    const other = kernelMemory({ bytes: PAGE_BYTES, isShared });
    const kernels = openKernels(memory);
    const twins = twinKernels(other);
    const place = fc.nat(3_000);
    fc.assert(
      fc.property(place, place, place, fc.nat(255), (to, from, length, seed) => {
        for (const { bytes } of [memory.views(), other.views()]) for (let i = 0; i < 6_000; i++) bytes[i] = i * seed;
        kernels.copyBytes(to, from, length);
        twins.copyBytes(to, from, length);
        assert.deepEqual(content(memory), content(other));
      }),
      { numRuns: 50 },
    );
  });
}

test("without addresses for a memory of WebAssembly there are the twins", () => {
  const global = (globalThis as unknown as { WebAssembly: { Memory: unknown } }).WebAssembly;
  const { Memory } = global;
  global.Memory = class {
    constructor() {
      throw new RangeError("could not allocate memory");
    }
  };
  try {
    for (const isShared of [false, true]) {
      const memory = kernelMemory({ bytes: 1, isShared });
      assert.equal(memory.wasm, null);
      memory.views().bytes[0] = 7;
      openKernels(memory).copyBytes(1, 0, 1);
      assert.equal(memory.views().bytes[1], 7);
    }
  } finally {
    global.Memory = Memory;
  }
});

test("kernels are WebAssembly's exactly where it is there", () => {
  assert.equal(kernelMemory({ bytes: 1 }).wasm !== null, webAssembly() !== null);
});

function content(memory: KernelMemory): Uint8Array {
  return new Uint8Array(memory.views().bytes.subarray(0, 6_000));
}
