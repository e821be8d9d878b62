/**
 * Loaded before everything else by `npm test -- --twins`: without `WebAssembly.Memory` the engine has no kernels and runs on their
 * twins. Node's own modules need no imported memory.
 */
Reflect.deleteProperty(WebAssembly, "Memory");

declare const WebAssembly: object;
