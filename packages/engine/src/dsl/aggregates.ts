import { pipelineError } from "../graph/pipeline-error.ts";
import type { AggregateFunction } from "../operator/aggregate-function.ts";
import { collectAggregate } from "../operator/aggregates/collect.ts";
import { countAggregate } from "../operator/aggregates/count.ts";
import { customAggregate } from "../operator/aggregates/custom.ts";
import { distinctCountAggregate } from "../operator/aggregates/distinct-count.ts";
import { maxAggregate, minAggregate } from "../operator/aggregates/extremes.ts";
import { firstAggregate, lastAggregate } from "../operator/aggregates/first-last.ts";
import { meanAggregate } from "../operator/aggregates/mean.ts";
import { quantileAggregate } from "../operator/aggregates/quantile.ts";
import { sumAggregate } from "../operator/aggregates/sum.ts";
import { topKAggregate } from "../operator/aggregates/top-k.ts";
import { varianceAggregate } from "../operator/aggregates/variance.ts";
import type { Key, KeyPart } from "../record/key-column.ts";
import { checkFunction } from "./check-function.ts";

/**
 * An aggregate over records of type In, as made by `count()`, `sum(f)` and the others. Where one is written inside
 * `.aggregate(id, { … })`, In is the stream's record type and the parameter of `f` needs no annotation.
 */
export type Aggregate<In, Result> = AggregateFunction<In, unknown, unknown, Result>;

/** Number of records. */
export function count(): Aggregate<unknown, number> {
  return countAggregate();
}

/** Sum of a number. */
export function sum<In>(f: (record: In) => number): Aggregate<In, number> {
  checkFunction(f, "sum", undefined);
  return sumAggregate(f);
}

/** Least value of a number. */
export function min<In>(f: (record: In) => number): Aggregate<In, number> {
  checkFunction(f, "min", undefined);
  return minAggregate(f);
}

/** Greatest value of a number. */
export function max<In>(f: (record: In) => number): Aggregate<In, number> {
  checkFunction(f, "max", undefined);
  return maxAggregate(f);
}

/** Arithmetic mean of a number. */
export function mean<In>(f: (record: In) => number): Aggregate<In, number> {
  checkFunction(f, "mean", undefined);
  return meanAggregate(f);
}

/** Population variance of a number. */
export function variance<In>(f: (record: In) => number): Aggregate<In, number> {
  checkFunction(f, "variance", undefined);
  return varianceAggregate(f);
}

/** A value of the record with the earliest event time (the first to come among equals), or that record itself. */
export function first<In>(): Aggregate<In, In>;
export function first<In, V>(f: (record: In) => V): Aggregate<In, V>;
export function first<In>(f?: (record: In) => unknown): Aggregate<In, unknown> {
  if (f !== undefined) checkFunction(f, "first", undefined);
  return firstAggregate(f);
}

/** A value of the record with the latest event time (the last to come among equals), or that record itself. */
export function last<In>(): Aggregate<In, In>;
export function last<In, V>(f: (record: In) => V): Aggregate<In, V>;
export function last<In>(f?: (record: In) => unknown): Aggregate<In, unknown> {
  if (f !== undefined) checkFunction(f, "last", undefined);
  return lastAggregate(f);
}

/** One of the most frequent values and how many records had it. */
export interface TopEntry<V> {
  readonly value: V;
  readonly count: number;
}

/**
 * The k most frequent values with their counts, most frequent first, ties in the order of the values' key bytes (strings: by code
 * point). Exact, so it keeps a count per distinct value.
 */
export function topK<In, V extends KeyPart>(k: number, f: (record: In) => V): Aggregate<In, readonly TopEntry<V>[]> {
  checkFunction(f, "topK", undefined);
  checkLimit(k, "the k of topK");
  return topKAggregate(k, f);
}

/** The q-quantile of a number, 0 to 1, within 1 % of its value: `quantile((r) => r.ms, 0.95)`. */
export function quantile<In>(f: (record: In) => number, q: number): Aggregate<In, number> {
  checkFunction(f, "quantile", undefined);
  if (!(q >= 0 && q <= 1))
    throw pipelineError("the q of quantile must be from 0 to 1, such as 0.95", { given: String(q) });
  return quantileAggregate(f, q);
}

/** Number of distinct values; exact, so it keeps every distinct value. */
export function distinctCount<In>(f: (record: In) => Key): Aggregate<In, number> {
  checkFunction(f, "distinctCount", undefined);
  return distinctCountAggregate(f);
}

/** The values of up to `max` records, in order of coming; later ones are left out. */
export function collect<In, V>(f: (record: In) => V, options: { readonly max: number }): Aggregate<In, readonly V[]> {
  checkFunction(f, "collect", undefined);
  checkLimit(options.max, "the max of collect");
  return collectAggregate(f, options.max);
}

/**
 * An aggregate of your own. `add` and `merge` may change their first argument and return it; the accumulator is plain data.
 * `merge` joins the accumulators of adjacent pieces of time, the earlier one first.
 */
export interface CustomAggregate<In, Accumulator, Result> {
  create(): Accumulator;
  add(accumulator: Accumulator, record: In, time: number): Accumulator;
  merge(accumulator: Accumulator, other: Accumulator): Accumulator;
  result(accumulator: Accumulator): Result;
}

/** Makes an aggregate of your own usable in `.aggregate(id, { … })`. */
export function custom<In, Accumulator, Result>(spec: CustomAggregate<In, Accumulator, Result>): Aggregate<In, Result> {
  for (const name of ["create", "add", "merge", "result"] as const)
    checkFunction(spec[name], `${name} of custom`, undefined);
  return customAggregate(spec);
}

/** What named aggregates give: a field per name. */
export type AggregateResults<A> = {
  -readonly [Name in keyof A]: A[Name] extends Aggregate<never, infer Result> ? Result : never;
};

function checkLimit(limit: unknown, what: string): void {
  if (typeof limit === "number" && Number.isSafeInteger(limit) && limit > 0) return;
  throw pipelineError(`${what} must be a whole number above 0`, { given: String(limit) });
}
