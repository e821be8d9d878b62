import { randomBytes } from "node:crypto";
import type { Random } from "../host/host.ts";

/** The operating system's randomness for ids, the engine's for numbers. */
export function nodeRandom(): Random {
  return {
    next: () => Math.random(),
    id: () => randomBytes(16).toString("hex"),
  };
}
