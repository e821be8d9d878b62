import assert from "node:assert/strict";
import test from "node:test";
import { runInThisContext } from "node:vm";
import fc from "fast-check";
import { BatchBuilder } from "./batch-builder.ts";
import type { RecordBatch } from "./batch.ts";
import { compileDriver } from "./driver.ts";
import type { DriverStep } from "./driver-step.ts";
import { keyColumnOf } from "./key-codec.ts";
import { layoutOf } from "./layout.ts";
import { packBatch, unpackBatch } from "./batch-transfer.ts";
import { recordOf, withKeys } from "./row-copy.ts";

interface In {
  readonly i: number;
  readonly f: number;
  readonly b: boolean;
  readonly s: string;
  readonly d: string;
  readonly j: unknown;
  readonly maybe: string | null;
  readonly gone?: number;
}

const LAYOUT = layoutOf([
  { name: "i", kind: "int32", nullable: false, optional: false },
  { name: "f", kind: "float64", nullable: false, optional: false },
  { name: "b", kind: "boolean", nullable: false, optional: false },
  { name: "s", kind: "utf8", nullable: false, optional: false },
  { name: "d", kind: "dictionary", nullable: false, optional: false },
  { name: "j", kind: "json", nullable: false, optional: false },
  { name: "maybe", kind: "utf8", nullable: true, optional: false },
  { name: "gone", kind: "float64", nullable: false, optional: true },
]);

const fail = (what: string): never => {
  throw new Error(what);
};
const other = { s: "other" };
/** A function that types or lint would not let stand. */
const ofSource = (source: string): ((r: In) => unknown) => runInThisContext(`(${source})`) as (r: In) => unknown;
const keep = <T>(value: T): T => value;
let assigned = 0;

/** What users write, and what could be mistaken for it. Each is run as it stands, on plain records and in the driver. */
const MAPS: readonly ((r: In) => unknown)[] = [
  (r) => r,
  (r) => ({ i: r.i, s: r.s }),
  ({ s, i, maybe }) => ({ s, i, maybe }),
  ({ s: text, j: nested, b: flag }) => ({ text, nested, flag, "a-b": text }),
  (r) => ({ i: r.i * 2, s: r.s, d: r.d, j: r.j }),
  (r) => ({ ...r }),
  (r) => ({ ...r, i: r.i + 0.5, more: r.s.length }),
  ofSource("(r) => ({ i: 'first', ...r, s: 1 })"),
  (r) => ({ gone: r.gone, i: r.i }),
  ({ gone, s }) => ({ gone, s, again: s }),
  (r) => ({ z: -0, nan: Number.NaN, none: null, i: r.i === 0 ? -0 : r.i }),
  (r) => ({ n: r.i % 3 === 0 ? String(r.i) : r.i, s: r.s }),
  (r) => ({ n: r.i % 4 === 1 ? null : r.b, u: r.i % 4 === 2 ? undefined : r.s, s: r.s }),
  (r) => ({ n: r.i % 3 === 1 ? fail("middle") : r.i, s: r.s }),
  (r) => (r.i % 2 === 0 ? { i: r.i } : { s: r.s }),
  (r) => (r.i % 2 === 0 ? r : { ...r, extra: 1 }),
  (r) => ({ r, s: r.s }),
  (r) => ({ list: [r.i, { r }], s: r.s }),
  (r) => ({ s: r.s, has: Object.hasOwn(r, "s"), names: Object.keys(r) }),
  (r) => ({ s: r.s, has: r.hasOwnProperty("s") }),
  (r) => ({ s: r.s, json: JSON.stringify(r) }),
  ({ s, i }) => ({ n: ((s = `changed ${i}`), 1), s }),
  ({ s, i }) => ({ s, n: ((s = `changed ${i}`), 1) }),
  ({ s, i }) => ({ n: ([s] = [`changed ${i}`]).length, s }),
  ({ s, i }) => ({ n: ({ s } = other).s + i, s }),
  (r) => ({ s: ((r) => r.s)(other), i: r.i }),
  (r) => ({ s: r.s, n: ((r = { ...r, s: "changed" }), 1), i: r.i }),
  (r) => {
    if (r.i % 2 === 0) return { even: r.i };
    return { odd: r.i };
  },
  (r) => {
    const s = r.s + r.d;
    assigned += s.length;
    return { s, i: r.i, d: r.d };
  },
  ofSource("({ s, i, d }) => { var s = d; for (const part of [d, d]) s += part; return { s, i }; }"),
  ofSource("({ s, i, d }) => { for (var s of [d, i]); return { s, i }; }"),
  ofSource("({ s, i, d }) => { function s() {} return { s: typeof s, i }; }"),
  ofSource("({ s, i }) => ({ s, n: eval('s = i') })"),
  ofSource("function (r) { arguments[0] = { s: 'changed' }; return { s: r.s }; }"),
  ofSource("(r) => ({ s: r.s, i: r.i /* } */, // {\n d: r.d })"),
  ofSource("({ i, s }) => { return\n{ i, s } }"),
  ofSource("({ i, s }) => { if (i > 3) return { s }; else return { s, i } }"),
  ofSource("({ i, s }) => { if (i > 3)\n/}/.test(s); return { s, i } }"),
  ({ s, i }) => {
    const inner = (): object => {
      return { s: 1 };
    };
    return { s, i, inner: inner() };
  },
  function (r) {
    return { i: r.i, length: arguments.length };
  },
  (r) => ({
    get i() {
      return r.i;
    },
    s: r.s,
  }), // oxfmt would spread it over lines, which is as good
  (r) => ({ ["i"]: r.i, s: r.s }),
  (r) => ({ 2: r.i, 1: r.s }),
  (r) =>
    ({
      i: r.i,
      f() {
        return 1;
      },
    }).i,
  (r) => ({ s: r.s.replace(/[/"'`}]/g, "/"), d: r.d, t: `a${`${r.i / 2}`}}` }),
  (r) => ({ q: r.i / 2 / r.f, s: r.s, a: r.b ? r.d : r.s }),
  (r, ...rest: unknown[]) => ({ s: r.s, rest: rest.length }),
  ({ s = "none", ...rest }) => ({ s, rest }),
  ({ s, constructor: made }) => ({ s, made: typeof made }),
  (r) => ({ s: r.s, missing: (r as unknown as { missing: unknown }).missing, made: typeof r.constructor }),
  (r) => keep({ i: r.i, s: r.s }),
  (r) => Object.assign({ i: r.i }, r.b ? { s: r.s } : {}),
  (r) => Object.create(null, { i: { value: r.i, enumerable: true } }) as object,
  Object as never,
  ((r: In) => ({ s: r.s })).bind(null),
  (r) => ({ late: r.i % 2 === 0 ? undefined : 1 }),
  () => ({}),
  (r) => (r.i % 3 === 2 ? undefined : { i: r.i }),
];

const BEFORE: readonly { kind: DriverStep["kind"]; fn: (r: In) => unknown }[][] = [
  [],
  [{ kind: "filter", fn: (r) => r.i % 2 === 0 }],
  [{ kind: "filter", fn: ({ i }) => (i % 5 === 3 ? fail("filter") : i !== 1) }],
  [{ kind: "map", fn: (r) => ({ ...r, i: r.i + 1 }) }],
  [
    { kind: "map", fn: (r) => ({ ...r }) },
    { kind: "filter", fn: ({ b }) => b },
  ],
];

interface Outcome {
  readonly rows: unknown[];
  readonly failures: string[];
}

/** Record by record, on plain objects. `gone` is there as undefined, as views show it. */
function meaning(steps: readonly DriverStep[], records: readonly In[]): Outcome {
  const outcome: Outcome = { rows: [], failures: [] };
  for (const [time, given] of records.entries()) {
    let record: unknown = { ...given, gone: given.gone };
    let step = 0;
    try {
      let passes = true;
      for (; passes && step < steps.length; step++) {
        const result = (steps[step]?.fn as (r: unknown) => unknown)(record);
        if (steps[step]?.kind === "filter") passes = Boolean(result);
        else if (result === undefined) fail("undefined");
        else record = result;
      }
      if (passes) outcome.rows.push({ time, record: plain(record) });
    } catch {
      outcome.failures.push(`${step} of ${time}`);
    }
  }
  return outcome;
}

/** Absent and undefined are one; a getter is its value; keys have an order. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).flatMap(([k, v]) => (v === undefined ? [] : [k, plain(v)]));
}

function drive(
  steps: readonly DriverStep[],
  batches: readonly RecordBatch[],
  mode: { debug: boolean; codeGeneration: boolean },
): Outcome {
  const outcome: Outcome = { rows: [], failures: [] };
  const driver = compileDriver(steps, mode);
  for (const batch of batches) {
    driver.run(
      batch,
      (out) => {
        assert.equal(out.keys === null, true);
        for (let i = 0; i < out.length; i++) {
          assert.equal(out.origin?.offsets[i], out.timestamps[i]);
          assert.equal(out.watermarks[i], out.timestamps[i]! - 5);
          outcome.rows.push({ time: out.timestamps[i], record: plain(recordOf(out, i)) });
        }
      },
      (_, { batch: at, row, step }) => outcome.failures.push(`${step} of ${at.timestamps[row]}`),
    );
  }
  return outcome;
}

function batchesOf(records: readonly In[], rows: number, isPacked: boolean): RecordBatch[] {
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({
    layout: LAYOUT,
    origin: { port: "in", split: "0" },
    emit: (batch) => {
      const keyed = withKeys(batch, keyColumnOf(Array.from({ length: batch.length }, (_, i) => i)));
      batches.push(isPacked ? unpackBatch(packBatch(keyed).message) : keyed);
    },
  });
  for (const [time, record] of records.entries()) {
    builder.append(record, { timestamp: time, watermark: time - 5, offset: time });
    if (time % rows === rows - 1) builder.flush();
  }
  builder.flush();
  return batches;
}

const record: fc.Arbitrary<In> = fc
  .record(
    {
      i: fc.integer({ min: 0, max: 9 }),
      f: fc.double(),
      b: fc.boolean(),
      s: fc.string({ unit: fc.constantFrom("a", "/", "é", "😀", "\ud800") }),
      d: fc.constantFrom("x", "y"),
      j: fc.oneof(fc.integer(), fc.constant([{ deep: 1 }])),
      maybe: fc.option(fc.string()),
      gone: fc.integer(),
    },
    { noNullPrototype: true, requiredKeys: ["i", "f", "b", "s", "d", "j", "maybe"] },
  )
  .map((given) => given as In);

for (const [index, fn] of MAPS.entries()) {
  test(`what a map returns arrives as it is, however it gets there: ${index} ${String(fn).replace(/\s+/g, " ")}`, () => {
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 24 }),
        fc.constantFrom(...BEFORE),
        fc.boolean(),
        (records, before, isPacked) => {
          const steps = [...before, { kind: "map", fn }] as unknown as DriverStep[];
          const batches = batchesOf(records, 10, isPacked);
          const expected = meaning(steps, records);
          for (const [debug, codeGeneration] of [
            [false, true],
            [true, true],
            [false, false],
          ] as const) {
            const outcome = drive(steps, batches, { debug, codeGeneration });
            assert.deepStrictEqual(outcome.rows, expected.rows);
            assert.deepStrictEqual(outcome.failures.toSorted(), expected.failures.toSorted());
          }
        },
      ),
      { numRuns: 40 },
    );
  });
}
