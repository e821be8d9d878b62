// The public entry `@tidemark/arrow`.
export { arrow, type ArrowOptions } from "./arrow-binding.ts";
