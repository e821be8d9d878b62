// What the module exports; each has a member in src/record/kernels/kernels.ts and a twin.
export { appendTexts } from "./append-texts";
export { copyBytes } from "./copy-bytes";
export { hashBytes, hashIntegers, hashPairs } from "./hash-keys";
export { moveSlots } from "./move-slots";
export { resolveBytes, resolveIntegers, resolvePairs } from "./resolve-keys";
export { decodeJsonLines } from "./json-lines";
