// Made by `npm run kernels` from packages/engine/kernels; do not edit.

/** Where the flags of the imported memory stand in the module: 1, or 3 where the memory is shared. */
export const MEMORY_FLAGS_AT: number = 32;

/** The kernels' WebAssembly module, base64. */
export const KERNELS_WASM: string =
  "AGFzbQEAAAABBwFgA39/fwACEgEDZW52Bm1lbW9yeQIBAYCABAMCAQAHFgIJY29weUJ5dGVzAAAGbWVtb3J5AgAKDgEMACAAIAEgAvwKAAAL";
