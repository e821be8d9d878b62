import type { Pipeline } from "@tidemark/engine";
import type { TableName } from "./model.ts";

/** How a query's output stands for its answer. */
export type OutputKind =
  /** Every record is a row of the answer. */
  | "append"
  /** Inserts and retractions; folded they are the answer. */
  | "changelog"
  /** The newest record of each key (the first columns of a row) is the answer's. */
  | "upsert"
  /** Counts per key that only add up: where windows fall depends on the wall clock. */
  | "sum";

/** What a query's output has to come to. */
export interface Answer {
  readonly kind: OutputKind;
  /** Of an upsert or a sum: how many of a row's first columns are its key. */
  readonly keyColumns?: number;
  /** DuckDB's SQL over tables persons, auctions and bids, whose rowid is the order of coming. */
  readonly sql: string;
  /** The columns of an output record, in the SQL's order; its fields as they are if left out. */
  readonly row?: (record: never) => readonly unknown[];
}

/** A query: the pipeline as a user writes it, and its answer. The pipeline's only sink port is "result". */
export interface NexmarkQuery {
  readonly name: string;
  readonly reads: readonly TableName[];
  readonly pipeline: Pipeline;
  readonly answer: Answer;
}
