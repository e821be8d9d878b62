import { durationMs, type Duration } from "../foundation/duration.ts";
import type { NodeInput } from "../graph/logical-graph.ts";
import type { ProcessSpec } from "../operator/process-spec.ts";
import type { Window, WindowSpec } from "../operator/window-spec.ts";
import type { Key } from "../record/key-column.ts";
import type { Aggregate, AggregateResults } from "./aggregates.ts";
import { checkAggregates } from "./check-aggregates.ts";
import { checkFunction } from "./check-function.ts";
import { placed, type Point } from "./point.ts";
import { processSpec, type Emitted, type ProcessFunction, type StateMap, type TimerDeclarations } from "./process.ts";
import type { Schema } from "./schema.ts";
import type { Sink } from "./sink.ts";
import { Table } from "./table.ts";

/**
 * A stream of records of type T. Methods add a step and return the stream behind it; the stream itself does not change and may be
 * used any number of times. Functions are synchronous, see records as `Readonly<T>`, and must not keep one beyond their call:
 * copy it (`{ ...record }`) to keep it.
 */
export class Stream<T> {
  readonly #at: Point;

  /** Made by `p.source` and by steps. */
  constructor(at: Point) {
    this.#at = placed(this, at);
  }

  /** One record out for each record in. */
  map<U>(fn: (record: Readonly<T>) => U): Stream<U> {
    return new Stream(addStateless(this.#at, "map", fn));
  }

  /** Only records that pass; a type guard narrows the type of the stream. */
  filter<U extends Readonly<T>>(fn: (record: Readonly<T>) => record is U): Stream<U>;
  filter(fn: (record: Readonly<T>) => boolean): Stream<T>;
  filter(fn: (record: Readonly<T>) => boolean): Stream<T> {
    return new Stream(addStateless(this.#at, "filter", fn));
  }

  /** Any number of records out for each record in: those of the returned array or other iterable (but a string), in its order. */
  flatMap<U>(fn: (record: Readonly<T>) => Iterable<U> & object): Stream<U> {
    return new Stream(addStateless(this.#at, "flatMap", fn));
  }

  /** The records of all streams; each stream's own order is kept, and its watermark is the least of theirs. */
  merge(other: Stream<T>, ...others: readonly Stream<T>[]): Stream<T> {
    const at = this.#at;
    const inputs = [other, ...others].map((stream) => at.outputOf(stream, "a merged stream"));
    return new Stream(at.at(at.builder.stateless({ kind: "merge", inputs: [at.output, ...inputs] })));
  }

  /**
   * Groups records by a key: a string, number, bigint or boolean, or a tuple of those. All records of a key are handled in order
   * by one task, and steps behind it keep state for each key.
   */
  keyBy<const K extends Key>(fn: (record: Readonly<T>) => K): KeyedStream<K, T> {
    const at = this.#at;
    checkFunction(fn, "keyBy", at.builder.name);
    return new KeyedStream(at.at(at.builder.stateless({ kind: "keyBy", fn, inputs: [at.output] })));
  }

  /** Writes the stream to a sink; returns the stream, so that several sinks can be chained. */
  to(sink: Sink<T>): Stream<T> {
    this.#at.connect(sink);
    return this;
  }
}

/**
 * A stream of records of type T, grouped by keys of type K. Its steps own state, so each has a stable id: the name under which
 * checkpoints find the state again. Change the code as you like, keep the id.
 */
export class KeyedStream<K extends Key, T> {
  readonly #at: Point;

  /** Made by `keyBy`. */
  constructor(at: Point) {
    this.#at = placed(this, at);
  }

  /** Groups each key's records by event time, too: `.window(tumbling("1h"), { allowedLateness: "4h", late: sink })`. */
  window(window: WindowSpec, options: LatenessOptions<T> = {}): WindowedStream<K, T> {
    return new WindowedStream(this.#at, window, options);
  }

  /** A table of `{ key, …results }` over all records of each key so far. */
  aggregate<A extends TableAggregates<T>>(id: string, aggregates: A): Table<K, TableRow<K, A>> {
    const at = this.#at;
    checkAggregates(id, aggregates, ["key"], at.builder.name);
    return new Table(at.at(at.builder.stateful(id, { kind: "aggregate", aggregates, inputs: [at.output] })));
  }

  /** A table of one record per key: the key's first, then what `fn` makes of it and each next one. */
  reduce(id: string, fn: (accumulated: Readonly<T>, record: Readonly<T>) => T): Table<K, T> {
    const at = this.#at;
    checkFunction(fn, `reduce "${id}"`, at.builder.name);
    return new Table(at.at(at.builder.stateful(id, { kind: "reduce", fn, inputs: [at.output] })));
  }

  /**
   * Runs a function of your own for each record, with state and timers per key:
   * `.process("burst", { emits, state: { late: state.value(schema) }, timers: ["quiet"], onRecord(r, c) {…}, onTimer: { quiet(c) {…} } })`.
   */
  process<
    E extends Schema | undefined = undefined,
    S extends StateMap = Record<never, never>,
    const N extends TimerDeclarations = readonly [],
  >(id: string, fn: ProcessFunction<T, K, E, S, N>): Stream<Emitted<E>> {
    const at = this.#at;
    const spec: ProcessSpec = processSpec(id, fn, at.builder.name);
    return new Stream(at.at(at.builder.stateful(id, { kind: "process", spec, inputs: [at.output] })));
  }

  /** Joins each record with the row that the table holds for its key at that time; undefined where it holds none. */
  lookup<Row, U>(
    id: string,
    table: Table<K, Row>,
    fn: (record: Readonly<T>, row: Readonly<Row> | undefined) => U,
  ): Stream<U> {
    const at = this.#at;
    checkFunction(fn, `lookup "${id}"`, at.builder.name);
    const inputs: readonly NodeInput[] = [at.output, at.outputOf(table, `the table of lookup "${id}"`)];
    return new Stream(at.at(at.builder.stateful(id, { kind: "lookup", fn, inputs })));
  }

  /** The newest record of each key as a table. */
  toTable(id: string): Table<K, T> {
    const at = this.#at;
    at.builder.claimStableId(id, "a table");
    return new Table(at);
  }
}

/** What happens to records that come after their window's result. */
export interface LatenessOptions<T> {
  /** For how long after a window's end late records still change its result, giving it a new revision. Default: "0ms". */
  readonly allowedLateness?: Duration;
  /** Gets the records that come even later, which are otherwise dropped and counted. */
  readonly late?: Sink<T>;
}

/** A keyed stream grouped into windows. */
export class WindowedStream<K extends Key, T> {
  readonly #at: Point;
  readonly #window: WindowSpec;
  readonly #options: LatenessOptions<T>;

  /** Made by `window`. */
  constructor(at: Point, window: WindowSpec, options: LatenessOptions<T>) {
    this.#at = at;
    this.#window = window;
    this.#options = options;
  }

  /**
   * A result `{ key, window, revision, …results }` for each key and window once its time has passed, and again, with the next
   * revision, for each late record within the allowed lateness: `.aggregate("hourly", { n: count(), p95: quantile((r) => r.ms, 0.95) })`.
   */
  aggregate<A extends WindowAggregates<T>>(id: string, aggregates: A): Stream<WindowRow<K, A>> {
    const { builder, output } = this.#at;
    checkAggregates(id, aggregates, ["key", "window", "revision"], builder.name);
    const { allowedLateness = "0ms", late } = this.#options;
    const result = builder.stateful(id, {
      kind: "window",
      window: this.#window,
      aggregates,
      allowedLatenessMs: durationMs(allowedLateness, `allowedLateness of window "${id}"`),
      inputs: [output],
    });
    if (late !== undefined) this.#at.at({ node: result.node, output: "late" }).connect(late);
    return new Stream(this.#at.at(result));
  }
}

/** Named aggregates of a table; `key` is the row's own field. */
export type TableAggregates<T> = Readonly<Record<string, Aggregate<Readonly<T>, unknown>>> & { readonly key?: never };
/** Named aggregates of a window; the named fields are the result's own. */
export type WindowAggregates<T> = TableAggregates<T> & { readonly window?: never; readonly revision?: never };

/** Row of an unwindowed aggregate. */
export type TableRow<K extends Key, A> = Flat<{ key: KeyValue<K> } & AggregateResults<A>>;
/** Result of a windowed aggregate. */
export type WindowRow<K extends Key, A> = Flat<
  { key: KeyValue<K>; window: Window; revision: number } & AggregateResults<A>
>;

/** A key as a field of a record: an ordinary tuple where the key function returned one. */
type KeyValue<K extends Key> = K extends readonly [...infer Parts] ? [...Parts] : K;
/** One object type in place of an intersection, for messages and hovers. */
type Flat<T> = T extends infer Row ? { [Name in keyof Row]: Row[Name] } : never;

function addStateless(at: Point, kind: "map" | "filter" | "flatMap", fn: (record: never) => unknown): Point {
  checkFunction(fn, kind, at.builder.name, { generators: kind === "flatMap" });
  return at.at(at.builder.stateless({ kind, fn, inputs: [at.output] }));
}
