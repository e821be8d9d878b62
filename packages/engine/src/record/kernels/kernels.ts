import { assert } from "../../foundation/assert.ts";
import { type AppendTexts, appendTextsTwin } from "./append-texts-twin.ts";
import { copyBytesTwin } from "./copy-bytes-twin.ts";
import { type HashKeys, hashKeysTwin } from "./hash-keys-twin.ts";
import { type DecodeJsonLines, decodeJsonLinesTwin } from "./json-lines-twin.ts";
import type { KernelMemory } from "./kernel-memory.ts";
import { KERNELS_WASM, MEMORY_FLAGS_AT } from "./kernels-wasm.ts";
import { type MoveSlots, moveSlotsTwin } from "./move-slots-twin.ts";
import { type ResolveKeys, resolveKeysTwin } from "./resolve-keys-twin.ts";
import { webAssembly, type WasmMemory, type WebAssemblyApi } from "./web-assembly.ts";

/** The kernels on one memory. Addresses and lengths are bytes; what each asks of its caller stands beside its source. */
export interface Kernels extends AppendTexts, HashKeys, MoveSlots, ResolveKeys, DecodeJsonLines {
  copyBytes(to: number, from: number, length: number): void;
}

/** Flags of an imported memory with a maximum that is shared. */
const SHARED_MEMORY = 3;

/** The modules of this thread, compiled when first asked for. */
const modules: { plain: object | null; shared: object | null } = { plain: null, shared: null };

/** The kernels on a memory: WebAssembly's if the memory is, else the twins. */
export function openKernels(memory: KernelMemory): Kernels {
  return memory.wasm === null ? twinKernels(memory) : wasmKernels(memory.wasm, memory.isShared);
}

/** The kernels on a memory of WebAssembly that another room manages. */
export function wasmKernels(memory: WasmMemory, isShared: boolean): Kernels {
  const api = webAssembly();
  assert(api !== null, "a memory of WebAssembly needs WebAssembly");
  const kind = isShared ? "shared" : "plain";
  const module = (modules[kind] ??= compile(api, isShared));
  return new api.Instance(module, { env: { memory } }).exports as Kernels;
}

/** The same in TypeScript: the specification, and for where WebAssembly is missing. */
export function twinKernels(memory: KernelMemory): Kernels {
  return {
    copyBytes: copyBytesTwin(memory),
    ...appendTextsTwin(memory),
    ...hashKeysTwin(memory),
    ...moveSlotsTwin(memory),
    ...resolveKeysTwin(memory),
    ...decodeJsonLinesTwin(memory),
  };
}

function compile(api: WebAssemblyApi, isShared: boolean): object {
  const text = atob(KERNELS_WASM);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  if (isShared) bytes[MEMORY_FLAGS_AT] = SHARED_MEMORY;
  return new api.Module(bytes);
}
