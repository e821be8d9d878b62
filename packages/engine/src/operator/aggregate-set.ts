import type { AggregateFunction } from "./aggregate-function.ts";

/** Any aggregate, with its types forgotten; values and accumulators only ever go back to the aggregate they came from. */
export type AnyAggregate = AggregateFunction<unknown, unknown, unknown, unknown>;

/** Named aggregates as a graph's node has them. */
export type NamedAggregates = Readonly<Record<string, AggregateFunction>>;

/** The aggregates of one step, in order of declaration. */
export class AggregateSet {
  readonly names: readonly string[];
  readonly aggregates: readonly AnyAggregate[];
  /**
   * True where add, merge and result may run user code, and throw: then every accumulator is kept by copy, so that the
   * state's journal can undo one record in all of them.
   */
  readonly custom: boolean;

  constructor(named: NamedAggregates) {
    this.names = Object.keys(named);
    this.aggregates = Object.values(named) as readonly unknown[] as readonly AnyAggregate[];
    this.custom = this.aggregates.some((aggregate) => aggregate.custom);
  }

  /** Runs the user's selectors on a record; a throw leaves `values` half filled and everything else as it was. */
  select(record: unknown, values: unknown[]): void {
    for (let i = 0; i < this.aggregates.length; i++) {
      const input = (this.aggregates[i] as AnyAggregate).input;
      values[i] = input === null ? undefined : input(record);
    }
  }

  /** One accumulator of each kind, empty. */
  create(): unknown[] {
    return this.aggregates.map((aggregate) => aggregate.create());
  }

  /** Adds selected values to accumulators, in place. */
  add(accumulators: unknown[], values: readonly unknown[], time: number): void {
    for (let i = 0; i < this.aggregates.length; i++) {
      accumulators[i] = (this.aggregates[i] as AnyAggregate).add(accumulators[i], values[i], time);
    }
  }

  /** Merges accumulators into others, in place; `others` stay as they are. */
  merge(accumulators: unknown[], others: readonly unknown[]): void {
    for (let i = 0; i < this.aggregates.length; i++) {
      accumulators[i] = (this.aggregates[i] as AnyAggregate).merge(accumulators[i], others[i]);
    }
  }

  /** Adds the results to a record, under their names. */
  results(accumulators: readonly unknown[], into: Record<string, unknown>): void {
    for (let i = 0; i < this.aggregates.length; i++) {
      into[this.names[i] as string] = (this.aggregates[i] as AnyAggregate).result(accumulators[i]);
    }
  }
}
