// What the module exports; each has a member in src/record/kernels/kernels.ts and a twin.
export { copyBytes } from "./copy-bytes";
