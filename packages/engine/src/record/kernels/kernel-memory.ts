import { assert } from "../../foundation/assert.ts";
import { webAssembly, type WasmMemory, type WebAssemblyApi } from "./web-assembly.ts";

/** Bytes of a page; a memory is a whole number of them. */
export const PAGE_BYTES: number = 64 * 1_024;

/** The most pages that a memory can have: 4 GiB. */
export const PAGES_MAX: number = 65_536;

/** Typed views of a whole memory. */
export interface MemoryViews {
  readonly bytes: Uint8Array;
  readonly int32: Int32Array;
  readonly float64: Float64Array;
  readonly data: DataView;
}

/** Memory that kernels work on, addressed from 0 in bytes. */
export interface KernelMemory {
  /** Of WebAssembly, or null: plain memory for the twins. */
  readonly wasm: WasmMemory | null;
  readonly isShared: boolean;
  /** Views of all of it; asked for again after each call that may `reserve`, for a memory that grew may have moved. */
  views(): MemoryViews;
  /** Makes it at least `bytes` long; what is there stays, what is new is zero. False: more than there can be. */
  reserve(bytes: number): boolean;
}

/**
 * A memory of at least `bytes` bytes: WebAssembly's where there is one. A shared one may be used by several threads; the memory of
 * the twins can then grow only up to `bytesMax`. Throws the platform's RangeError where there is no room for it.
 */
export function kernelMemory(options: { bytes: number; bytesMax?: number; isShared?: boolean }): KernelMemory {
  const { bytes, bytesMax = PAGES_MAX * PAGE_BYTES, isShared = false } = options;
  const initial = pagesOf(bytes);
  const maximum = pagesOf(bytesMax);
  assert(initial <= maximum && maximum <= PAGES_MAX, "a memory of kernels is larger than it may be");
  const api = webAssembly();
  const wasm = api === null ? null : newMemory(api, { initial, maximum, shared: isShared });
  if (wasm !== null) return wasmMemory(wasm, maximum, isShared);
  return isShared ? sharedTwinMemory(initial, maximum) : twinMemory(initial, maximum);
}

/** Null where the process may not have the gigabytes of addresses that the platform sets aside for each memory. */
function newMemory(
  api: WebAssemblyApi,
  descriptor: ConstructorParameters<WebAssemblyApi["Memory"]>[0],
): WasmMemory | null {
  try {
    return new api.Memory(descriptor);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function pagesOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / PAGE_BYTES));
}

function viewsOf(buffer: ArrayBufferLike): MemoryViews {
  return {
    bytes: new Uint8Array(buffer),
    int32: new Int32Array(buffer),
    float64: new Float64Array(buffer),
    data: new DataView(buffer),
  };
}

function wasmMemory(wasm: WasmMemory, pagesMax: number, isShared: boolean): KernelMemory {
  let views = viewsOf(wasm.buffer);
  return {
    wasm,
    isShared,
    views() {
      // Also another thread may have made a shared memory longer.
      if (views.bytes.buffer !== wasm.buffer) views = viewsOf(wasm.buffer);
      return views;
    },
    reserve(bytes) {
      const missing = pagesOf(bytes) - wasm.buffer.byteLength / PAGE_BYTES;
      if (missing <= 0) return true;
      if (pagesOf(bytes) > pagesMax) return false;
      try {
        wasm.grow(missing);
      } catch (error) {
        if (error instanceof RangeError) return false;
        throw error;
      }
      return true;
    },
  };
}

function twinMemory(pages: number, pagesMax: number): KernelMemory {
  let views = viewsOf(new ArrayBuffer(pages * PAGE_BYTES));
  return {
    wasm: null,
    isShared: false,
    views: () => views,
    reserve(bytes) {
      if (bytes <= views.bytes.length) return true;
      if (pagesOf(bytes) > pagesMax) return false;
      const longer = viewsOf(new ArrayBuffer(pagesOf(bytes) * PAGE_BYTES));
      longer.bytes.set(views.bytes);
      views = longer;
      return true;
    },
  };
}

/** The views track the buffer's length. */
function sharedTwinMemory(pages: number, pagesMax: number): KernelMemory {
  const buffer = new SharedArrayBuffer(pages * PAGE_BYTES, { maxByteLength: pagesMax * PAGE_BYTES });
  const views = viewsOf(buffer);
  return {
    wasm: null,
    isShared: true,
    views: () => views,
    reserve(bytes) {
      if (bytes <= buffer.byteLength) return true;
      if (pagesOf(bytes) > pagesMax) return false;
      buffer.grow(pagesOf(bytes) * PAGE_BYTES);
      return true;
    },
  };
}
