// What the module exports; each has a member in src/record/kernels/kernels.ts and a twin.
export { copyBytes } from "./copy-bytes";
export { equalBytes } from "./equal-bytes";
export { gather4, gather8, partitionRows } from "./gather";
export { hashBytes, hashIntegers } from "./hash-keys";
export { moveSlots } from "./move-slots";
export { resolveBytes, resolveIntegers, resolvePairs } from "./resolve-keys";
export { decodeJsonLines } from "./json-lines";
