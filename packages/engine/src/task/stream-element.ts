import type { RecordBatch } from "../record/batch.ts";

/**
 * What travels between tasks, in order. `start` comes first on every channel, after the sender's first watermark: a task
 * handles no record before every input channel has started, so that time begins the same way whatever arrives first.
 */
export type StreamElement =
  | { readonly kind: "batch"; readonly batch: RecordBatch }
  | { readonly kind: "watermark"; readonly watermark: number }
  | { readonly kind: "idle"; readonly idle: boolean }
  | { readonly kind: "start" }
  | { readonly kind: "barrier"; readonly checkpoint: number };
