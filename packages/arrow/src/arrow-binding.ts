import type { Binding } from "@tidemark/engine/connector";
import { fileBinding, type FileSourceOptions } from "@tidemark/engine/files";
import { arrowFormat } from "./arrow-format.ts";

/** Settings of an Arrow binding. */
export interface ArrowOptions extends FileSourceOptions {
  /** As a sink: fields of numbers that are epoch milliseconds, written as Arrow timestamps. A source reads any timestamp as such a number. */
  readonly timestamps?: readonly string[];
}

/**
 * Arrow IPC. As a source: streams and files, any number of paths and patterns (`*`, `?`, `**`), read in parallel; streams also compressed
 * as a whole (`.gz`, `.zst`). As a sink: one stream, exactly once; it only grows, message by message, and readers ignore a last message that is not
 * complete. TM_BINDING for paths and settings that cannot be.
 */
export function arrow(paths: string | readonly string[], options: ArrowOptions = {}): Binding {
  const { timestamps = [], ...settings } = options;
  return fileBinding(arrowFormat(timestamps), paths, settings);
}
