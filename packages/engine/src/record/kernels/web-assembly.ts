/** The memory of a WebAssembly instance. A memory that is not shared gets a new `buffer` when it grows, and old views end. */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  /** Adds pages of 64 KiB; gives the number there were. */
  grow(pages: number): number;
}

/** The part of the `WebAssembly` global that kernels need. */
export interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: WasmMemory } },
  ) => { readonly exports: object };
  readonly Memory: new (options: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
}

declare const WebAssembly: Partial<WebAssemblyApi> | undefined;

/** The process's WebAssembly, or null where it has none (as with `--jitless`), or not all that kernels need. */
export function webAssembly(): WebAssemblyApi | null {
  if (typeof WebAssembly === "undefined") return null;
  const { Module, Instance, Memory } = WebAssembly;
  if (Module === undefined || Instance === undefined || Memory === undefined) return null;
  return { Module, Instance, Memory };
}
