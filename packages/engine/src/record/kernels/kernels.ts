import { assert } from "../../foundation/assert.ts";
import { copyBytesTwin } from "./copy-bytes-twin.ts";
import type { KernelMemory } from "./kernel-memory.ts";
import { KERNELS_WASM, MEMORY_FLAGS_AT } from "./kernels-wasm.ts";
import { webAssembly, type WebAssemblyApi } from "./web-assembly.ts";

/** The kernels on one memory. Addresses and lengths are bytes; what each asks of its caller stands beside its source. */
export interface Kernels {
  copyBytes(to: number, from: number, length: number): void;
}

/** Flags of an imported memory with a maximum that is shared. */
const SHARED_MEMORY = 3;

/** The modules of this thread, compiled when first asked for. */
const modules: { plain: object | null; shared: object | null } = { plain: null, shared: null };

/** The kernels on a memory: WebAssembly's if the memory is, else the twins. */
export function openKernels(memory: KernelMemory): Kernels {
  if (memory.wasm === null) return twinKernels(memory);
  const api = webAssembly();
  assert(api !== null, "a memory of WebAssembly needs WebAssembly");
  const kind = memory.isShared ? "shared" : "plain";
  const module = (modules[kind] ??= compile(api, memory.isShared));
  return new api.Instance(module, { env: { memory: memory.wasm } }).exports as Kernels;
}

/** The same in TypeScript: the specification, and for where WebAssembly is missing. */
export function twinKernels(memory: KernelMemory): Kernels {
  return {
    copyBytes: copyBytesTwin(memory),
  };
}

function compile(api: WebAssemblyApi, isShared: boolean): object {
  const text = atob(KERNELS_WASM);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  if (isShared) bytes[MEMORY_FLAGS_AT] = SHARED_MEMORY;
  return new api.Module(bytes);
}
