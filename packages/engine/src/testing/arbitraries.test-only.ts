import fc from "fast-check";
import type { Key } from "../record/key-column.ts";
import type { InputElement, Pick, ReferenceInputs } from "./reference/element.ts";

/** A record of generated input. Every kind of column can be made of it, optional and nullable fields included. */
export interface Event {
  readonly key: Key;
  /** Event time. */
  readonly t: number;
  /** Position in its sequence, so that no two records are equal. */
  readonly i: number;
  readonly v: number;
  readonly text: string;
  readonly flag: boolean;
  readonly maybe?: number;
  readonly orNull: string | null;
}

/** Keys that are easily mistaken for one another, or mangled on their way. */
const ODD_KEYS: readonly Key[] = [
  "",
  "a",
  "b",
  "0",
  "NaN",
  "\ud800",
  "\udc00",
  "\ud83d\ude00",
  "é",
  0,
  -0,
  1,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 53 + 2,
  2 ** 31,
  0n,
  1n,
  2n ** 64n,
  -(2n ** 70n),
  true,
  false,
  [],
  [""],
  ["a", 1],
  ["a", "1"],
  [Number.NaN, -0],
  [2n ** 64n, false, "\ud800"],
];

const SIMPLE_KEYS: readonly Key[] = ["a", "b", "c", "d", "e", "f", "g", "h"];

export interface EventOptions {
  /** Default "simple": short strings. */
  readonly keys?: "simple" | "odd";
  /** How far a record may usually be behind the newest one before it; default 10. */
  readonly disorderMs?: number;
  /** How far a straggler may be behind; three records in ten may be one. Default 0: there is none. */
  readonly straggleMs?: number;
  readonly maxLength?: number;
  /** Default: whole numbers. Fractions, -0 and NaN are "any". */
  readonly numbers?: "whole" | "any";
}

/** Sequences of events, empty ones included: disorder, equal timestamps, stragglers, few keys so that they meet. */
export function events(options: EventOptions = {}): fc.Arbitrary<readonly Event[]> {
  const { keys = "simple", disorderMs = 10, straggleMs = 0, maxLength = 60, numbers = "whole" } = options;
  const whole = fc.integer({ min: -20, max: 20 });
  const number =
    numbers === "whole"
      ? whole
      : fc.oneof(
          whole,
          whole.map((n) => n / 7),
          fc.constantFrom(-0, Number.NaN, 0.1),
        );
  const draft = fc.record(
    {
      key: fc.nat(5),
      step: fc.oneof(fc.constant(0), fc.nat(12), { arbitrary: fc.nat(200), weight: 1 }),
      back: fc.oneof(
        { arbitrary: fc.nat(disorderMs), weight: 7 },
        { arbitrary: fc.nat(Math.max(disorderMs, straggleMs)), weight: 3 },
      ),
      v: number,
      text: fc.constantFrom("", "x", "y", "\ud800", "zwölf", "\u0000", '"quoted"\n'),
      flag: fc.boolean(),
      maybe: fc.integer({ min: 0, max: 3 }),
      orNull: fc.option(fc.constantFrom("p", "q"), { nil: null }),
    },
    { requiredKeys: ["key", "step", "back", "v", "text", "flag", "orNull"] },
  );
  const pool = fc.shuffledSubarray([...(keys === "odd" ? ODD_KEYS : SIMPLE_KEYS)], { minLength: 6, maxLength: 6 });
  return fc.tuple(pool, fc.array(draft, { maxLength, size: "max" })).map(([chosen, drafts]) => {
    let newest = 1_000;
    return drafts.map(({ key, step, back, ...rest }, i) => {
      newest += step;
      return { ...rest, key: chosen[key] as Key, t: newest - back, i };
    });
  });
}

/** Input of one port in several splits, with an order in which they are read. */
export interface SplitInput {
  readonly inputs: ReferenceInputs;
  readonly order: readonly Pick[];
}

/** Events of one port, dealt out to up to `splitsMax` splits (empty ones included), read in a random order. */
export function splitEvents(port: string, splitsMax: number, options: EventOptions = {}): fc.Arbitrary<SplitInput> {
  return fc.integer({ min: 1, max: splitsMax }).chain((splits) =>
    fc.array(events({ maxLength: 25, ...options }), { minLength: splits, maxLength: splits }).chain((lists) => {
      const inputs = { [port]: lists.map((list) => list.map((value): InputElement => ({ kind: "record", value }))) };
      const inOrder = lists.flatMap((list, split) => list.map((): Pick => [port, split]));
      return fc.shuffledSubarray(inOrder, { minLength: inOrder.length }).map((order) => ({ inputs, order }));
    }),
  );
}

/** Events as input elements, with moves of the wall clock and watermarks of the source's own in between. */
export function withTime(
  list: readonly Event[],
  options: { clockMs?: number; watermarks?: boolean } = {},
): fc.Arbitrary<readonly InputElement[]> {
  const { clockMs = 0, watermarks = false } = options;
  const between = fc.record({
    clock: fc.option(fc.integer({ min: 1, max: Math.max(1, clockMs) })),
    hasWatermark: fc.boolean(),
  });
  return fc.array(between, { minLength: list.length, maxLength: list.length }).map((gaps) =>
    list.flatMap((value, index): InputElement[] => {
      const gap = gaps[index];
      const elements: InputElement[] = [{ kind: "record", value }];
      if (clockMs > 0 && gap?.clock != null) elements.push({ kind: "clock", advanceMs: gap.clock });
      if (watermarks && gap?.hasWatermark === true) elements.push({ kind: "watermark", watermark: value.t - 5 });
      return elements;
    }),
  );
}
