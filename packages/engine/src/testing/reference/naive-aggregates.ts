import { DDSketch } from "@datadog/sketches-js";
import { TidemarkError } from "../../foundation/error.ts";
import type { AggregateFunction } from "../../operator/aggregate-function.ts";
import { referenceKey } from "./key-identity.ts";

/** What one record gave each of the aggregates of a step. */
export interface Sample {
  readonly time: number;
  /** By name of the aggregate. */
  readonly values: Readonly<Record<string, unknown>>;
}

type Aggregates = Readonly<Record<string, AggregateFunction>>;

/** Runs the aggregates' own functions over a record; throws what they throw. */
export function sampleOf(aggregates: Aggregates, record: unknown, time: number): Sample {
  const entries = Object.entries(aggregates).map(([name, { input }]) => [
    name,
    input === null ? record : input(record as never),
  ]);
  return { time, values: Object.fromEntries(entries) as Record<string, unknown> };
}

/** Results over samples in their order, each worked out anew from all values. */
export function resultsOf(aggregates: Aggregates, samples: readonly Sample[]): Record<string, unknown> {
  const results = Object.entries(aggregates).map(([name, aggregate]) => {
    const values = samples.map((sample) => sample.values[name]);
    return [
      name,
      resultOf(
        aggregate,
        values,
        samples.map((sample) => sample.time),
      ),
    ];
  });
  return Object.fromEntries(results) as Record<string, unknown>;
}

/** Throws what the user's own aggregates throw for these samples, as adding their last one may. */
export function checkCustom(aggregates: Aggregates, samples: readonly Sample[]): void {
  for (const [name, aggregate] of Object.entries(aggregates)) {
    if (aggregate.custom)
      foldCustom(
        aggregate,
        samples.map((sample) => sample.values[name]),
        samples.map((sample) => sample.time),
      );
  }
}

function resultOf(aggregate: AggregateFunction, values: readonly unknown[], times: readonly number[]): unknown {
  if (aggregate.custom) return aggregate.result(foldCustom(aggregate, values, times) as never);
  const naive = NAIVE[aggregate.kind];
  if (naive === undefined)
    throw new TidemarkError("TM_INTERNAL", `the reference does not know the aggregate "${aggregate.kind}"`);
  return naive({ values, numbers: values as readonly number[], times, parameters: aggregate.parameters });
}

function foldCustom(aggregate: AggregateFunction, values: readonly unknown[], times: readonly number[]): unknown {
  let accumulator = aggregate.create();
  values.forEach((value, index) => {
    accumulator = aggregate.add(accumulator as never, value as never, times[index] as number);
  });
  return accumulator;
}

interface Column {
  readonly values: readonly unknown[];
  readonly numbers: readonly number[];
  readonly times: readonly number[];
  readonly parameters: Readonly<Record<string, number>>;
}

const NAIVE: Readonly<Record<string, (column: Column) => unknown>> = {
  count: ({ values }) => values.length,
  sum: ({ numbers }) => sum(numbers),
  min: ({ numbers }) => numbers.reduce((least, value) => Math.min(least, value)),
  max: ({ numbers }) => numbers.reduce((greatest, value) => Math.max(greatest, value)),
  mean: ({ numbers }) => mean(numbers),
  variance: ({ numbers }) => mean(numbers.map((value) => (value - mean(numbers)) ** 2)),
  first: ({ values, times }) => values[times.indexOf(times.reduce((earliest, time) => Math.min(earliest, time)))],
  last: ({ values, times }) => values[times.lastIndexOf(times.reduce((latest, time) => Math.max(latest, time)))],
  topK: ({ values, parameters }) => topK(values, parameter(parameters, "k")),
  quantile: ({ numbers, parameters }) => quantile(numbers, parameter(parameters, "q")),
  distinctCount: ({ values }) => new Set(values.map((value) => referenceKey(value).identity)).size,
  collect: ({ values, parameters }) => values.slice(0, parameter(parameters, "max")),
};

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0);
}

function mean(numbers: readonly number[]): number {
  return sum(numbers) / numbers.length;
}

function topK(values: readonly unknown[], k: number): unknown[] {
  const entries: { value: unknown; count: number }[] = [];
  for (const value of values.map((each) => (each === 0 ? 0 : each))) {
    const known = entries.find((entry) => Object.is(entry.value, value));
    if (known === undefined) entries.push({ value, count: 1 });
    else known.count++;
  }
  return entries.sort((a, b) => b.count - a.count || compareValues(a.value, b.value)).slice(0, k);
}

/** Booleans, numbers with NaN last, bigints, strings by code unit. */
function compareValues(a: unknown, b: unknown): number {
  const rank = (value: unknown): number =>
    ["boolean", "number", "bigint", "string"].indexOf(typeof value) + (Number.isNaN(value) ? 0.5 : 0);
  return rank(a) - rank(b) || ((a as number) < (b as number) ? -1 : 1);
}

function quantile(numbers: readonly number[], q: number): number {
  // The sketch itself would take NaN for zero.
  if (numbers.some(Number.isNaN)) return Number.NaN;
  const sketch = new DDSketch({ relativeAccuracy: 0.01 });
  for (const value of numbers) sketch.accept(value);
  return sketch.getValueAtQuantile(q);
}

function parameter(parameters: Readonly<Record<string, number>>, name: string): number {
  const value = parameters[name];
  if (value === undefined) throw new TidemarkError("TM_INTERNAL", `an aggregate lacks its parameter "${name}"`);
  return value;
}
