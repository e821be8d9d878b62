import type { RecordBatch } from "./batch.ts";

/** One stateless step: a user's function. */
export interface DriverStep {
  readonly kind: "map" | "filter" | "flatMap";
  readonly fn: (record: never) => unknown;
}

/** Where a user's function threw. */
export interface StepFailure {
  /** The batch and row that the failing stage read: origin, times and, before any map, the fields of the record. */
  readonly batch: RecordBatch;
  readonly row: number;
  /** Index of the step among those of the driver. */
  readonly step: number;
  /** A copy of the record as it entered the failing step. */
  readonly record: unknown;
}

/** Returns if the record is to be skipped, throws otherwise. */
export type OnStepError = (error: unknown, failure: StepFailure) => void;
