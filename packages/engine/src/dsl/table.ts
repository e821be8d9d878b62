import type { Key } from "../record/key-column.ts";
import { placed, type Point } from "./point.ts";
import type { Sink } from "./sink.ts";

/**
 * A row per key, kept up to date: what an unwindowed aggregate, a reduce, or `toTable` makes. A keyed stream can look rows up in
 * it, and a sink gets its changelog: inserts and, for each change, the row before and the row after.
 */
export class Table<in K extends Key, Row> {
  /** For the compiler only: a table is looked up by keys of type K. */
  declare readonly "~key"?: (key: K) => void;
  readonly #at: Point;

  /** Made by steps of a keyed stream. */
  constructor(at: Point) {
    this.#at = placed(this, at);
  }

  /** Writes the changelog to a sink; returns the table, so that several sinks can be chained. */
  to(sink: Sink<Row>): Table<K, Row> {
    this.#at.connect(sink);
    return this;
  }
}
