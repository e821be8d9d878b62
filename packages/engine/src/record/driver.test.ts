import assert from "node:assert/strict";
import test from "node:test";
import { BatchBuilder } from "./batch-builder.ts";
import { type RecordBatch, ROW_KINDS } from "./batch.ts";
import { compileDriver, type Driver } from "./driver.ts";
import type { DriverStep, StepFailure } from "./driver-step.ts";
import { keyColumnOf } from "./key-codec.ts";
import { recordOf, withKeys } from "./row-copy.ts";

interface In {
  readonly n: number;
  readonly s: string;
  readonly list: readonly number[];
}

function inputBatch(records: readonly unknown[]): RecordBatch {
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({
    layout: null,
    emit: (batch) => batches.push(batch),
    origin: { port: "in", split: "0" },
  });
  records.forEach((record, i) => {
    builder.append(record, { timestamp: i * 10, watermark: i * 10 - 5, offset: i * 100 });
  });
  builder.flush();
  assert.equal(batches.length, 1);
  return batches[0]!;
}

const INPUT: readonly In[] = Array.from({ length: 10 }, (_, n) => ({ n, s: `s${n}`, list: [n] }));

const map = (fn: (record: In) => unknown): DriverStep => ({ kind: "map", fn: fn as DriverStep["fn"] });
const filter = (fn: (record: In) => unknown): DriverStep => ({ kind: "filter", fn: fn as DriverStep["fn"] });
const flatMap = (fn: (record: In) => unknown): DriverStep => ({ kind: "flatMap", fn: fn as DriverStep["fn"] });

interface Outcome {
  readonly batches: RecordBatch[];
  readonly records: unknown[];
  /** Timestamp, watermark and offset of each record. */
  readonly places: (readonly [number, number, number])[];
  readonly failures: { message: string; failure: StepFailure }[];
}

function drive(driver: Driver, input: RecordBatch): Outcome {
  const outcome: Outcome = { batches: [], records: [], places: [], failures: [] };
  driver.run(
    input,
    (batch) => outcome.batches.push(batch),
    (error, failure) => outcome.failures.push({ message: (error as Error).message, failure }),
  );
  for (const batch of outcome.batches) {
    for (let i = 0; i < batch.length; i++) {
      outcome.records.push(recordOf(batch, i));
      outcome.places.push([batch.timestamps[i]!, batch.watermarks[i]!, batch.origin!.offsets[i]!]);
    }
  }
  return outcome;
}

const MODES = [
  { debug: false, codeGeneration: true },
  { debug: true, codeGeneration: true },
  { debug: false, codeGeneration: false },
  { debug: true, codeGeneration: false },
];

for (const mode of MODES) {
  const how = `${mode.codeGeneration ? "generated" : "interpreted"}${mode.debug ? ", debug" : ""}`;
  const run = (steps: readonly DriverStep[], records: readonly unknown[] = INPUT): Outcome =>
    drive(compileDriver(steps, mode), inputBatch(records));

  test(`rows carry their times, watermarks and offsets through (${how})`, () => {
    const { records, places } = run([
      filter((r) => r.n % 2 === 1),
      map((r) => ({ m: r.n * 2 })),
      flatMap((r) => [r, { m: -(r as unknown as { m: number }).m }]),
    ]);
    assert.deepStrictEqual(
      records,
      [1, 3, 5, 7, 9].flatMap((n) => [{ m: n * 2 }, { m: -n * 2 }]),
    );
    assert.deepStrictEqual(
      places,
      [1, 1, 3, 3, 5, 5, 7, 7, 9, 9].map((i) => [i * 10, i * 10 - 5, i * 100]),
    );
  });

  for (const [name, fn, expected] of [
    ["the view itself", (r: In) => r, (r: In) => r],
    ["a spread", (r: In) => ({ ...r, n: r.n + 1 }), (r: In) => ({ ...r, n: r.n + 1 })],
    ["an object holding views", (r: In) => ({ deep: [{ r }], r }), (r: In) => ({ deep: [{ r }], r })],
    ["an array of views", (r: In) => [r, r], (r: In) => [r, r]],
    ["a map of views", (r: In) => new Map([["k", r]]), (r: In) => new Map([["k", r]])],
    ["a number", (r: In) => r.n - 0.5, (r: In) => r.n - 0.5],
    ["a string", (r: In) => r.s, (r: In) => r.s],
    ["null", () => null, () => null],
    [
      "now this, now that",
      (r: In) => (r.n % 3 === 0 ? r : r.n % 3 === 1 ? r.n : { s: r.s }),
      (r: In) => (r.n % 3 === 0 ? r : r.n % 3 === 1 ? r.n : { s: r.s }),
    ],
    ["negative zero", () => ({ z: -0 }), () => ({ z: -0 })],
  ] satisfies readonly (readonly [string, (r: In) => unknown, (r: In) => unknown])[]) {
    const wanted = INPUT.map((r): unknown => expected(r));
    test(`map may return ${name} (${how})`, () => {
      const { records, failures } = run([map(fn)]);
      assert.deepStrictEqual(failures, []);
      assert.deepStrictEqual(records, wanted);
      assert.deepStrictEqual(run([flatMap((r) => [fn(r)])]).records, wanted);
      // The next function must see the same, be it in the same loop or after columns.
      const many = Array.from({ length: 9 }, () => map((r) => r));
      assert.deepStrictEqual(run([map(fn), ...many]).records, wanted);
    });
  }

  test(`filters alone keep keys, layout and the batch itself (${how})`, () => {
    const batch = withKeys(inputBatch(INPUT), keyColumnOf(INPUT.map((r) => r.s)));
    const filters = Array.from({ length: 6 }, (_, k) => filter((r) => r.n >= k));
    const [some] = drive(compileDriver(filters, mode), batch).batches;
    assert.deepStrictEqual([some?.length, some?.layout], [5, batch.layout]);
    assert.deepStrictEqual([...some!.keys!.hashes], [...keyColumnOf(["s5", "s6", "s7", "s8", "s9"]).hashes]);
    const [all] = drive(compileDriver([filter(() => true)], mode), batch).batches;
    assert.equal(all, batch);
    assert.equal(drive(compileDriver([filter(() => 0)], mode), batch).batches.length, 0);
    assert.equal(drive(compileDriver([map((r) => r)], mode), batch).batches[0]?.keys, null);
  });

  test(`a step that throws undoes its record alone (${how})`, () => {
    const { records, failures } = run([
      filter((r) => r.n !== 0),
      map((r) => {
        if (r.n === 3) throw new Error("three");
        return { ...r, k: 1 };
      }),
      flatMap(function* (r) {
        yield { a: r.n };
        yield { a: "another type, so another layout" };
        if (r.n === 5) throw new Error("five");
        for (let i = 0; i < 2_000; i++) yield { a: i };
        if (r.n === 6) throw new Error("six");
      }),
      filter((r) => {
        if ((r as unknown as { a: unknown }).a === 1_999 && r !== null) throw new Error("late");
        return true;
      }),
    ]);
    const ok = [1, 2, 4, 7, 8, 9];
    assert.deepStrictEqual(
      records,
      ok.flatMap((n) => [
        { a: n },
        { a: "another type, so another layout" },
        ...Array.from({ length: 1_999 }, (_, a) => ({ a })),
      ]),
    );
    const own = failures.filter(({ message }) => message !== "late");
    assert.deepStrictEqual(
      own.map(({ message, failure: { step, record, row } }) => [message, step, record, row]),
      [
        ["three", 1, INPUT[3], 3],
        ["five", 2, { ...INPUT[5], k: 1 }, 5],
        ["six", 2, { ...INPUT[6], k: 1 }, 6],
      ],
    );
    const late = failures.filter(({ message }) => message === "late");
    assert.deepStrictEqual(
      late.map(({ failure }) => [failure.step, failure.record, failure.batch.origin?.offsets[failure.row]]),
      ok.map((n) => [3, { a: 1_999 }, n * 100]),
    );
  });

  test(`wrong results are the user's errors and say so (${how})`, () => {
    const cases: readonly (readonly [DriverStep, RegExp])[] = [
      [map(() => undefined), /map returned undefined; return a record/],
      [map(() => Promise.resolve(1)), /map returned a promise/],
      [filter(() => Promise.resolve(false)), /filter returned a promise/],
      [flatMap(() => undefined), /flatMap returned undefined, which is not iterable/],
      [flatMap(() => 5), /flatMap returned number, which is not iterable/],
      [flatMap(() => ({})), /flatMap returned an object, which is not iterable/],
      [flatMap(() => Promise.resolve([])), /flatMap returned a promise/],
      [flatMap(() => [1, undefined]), /gave undefined as a record/],
    ];
    for (const [step, message] of cases) {
      for (const steps of [[step], [map((r) => ({ ...r })), step], [step, filter(() => true)]]) {
        const { records, failures } = run(steps, INPUT.slice(0, 2));
        assert.deepStrictEqual(records, []);
        assert.equal(failures.length, 2);
        assert.match(failures[0]!.message, message);
      }
    }
  });

  test(`an error that is not to be skipped stops the run and leaves nothing behind (${how})`, () => {
    let isBroken = true;
    const step = map((r) => {
      if (isBroken && r.n === 4) throw new Error("four");
      return { n: r.n };
    });
    const driver = compileDriver([step], mode);
    const emitted: RecordBatch[] = [];
    const stop = (error: unknown): never => {
      throw error;
    };
    assert.throws(() => driver.run(inputBatch(INPUT), (batch) => emitted.push(batch), stop), /four/);
    assert.equal(emitted.length, 0);
    isBroken = false;
    assert.deepStrictEqual(
      drive(driver, inputBatch(INPUT)).records,
      INPUT.map(({ n }) => ({ n })),
    );
  });

  test(`an error downstream is not taken for the user's (${how})`, () => {
    const driver = compileDriver([flatMap(() => Array.from({ length: 3_000 }, () => 1))], mode);
    const broken = (): never => {
      throw new Error("sink is gone");
    };
    assert.throws(() => driver.run(inputBatch(INPUT), broken, () => assert.fail("asked about a step")), /sink is gone/);
  });

  test(`input of changing layouts runs through one driver (${how})`, () => {
    const driver = compileDriver([map((r) => r), filter(() => true)], mode);
    for (const records of [INPUT, [1, 2], [{ a: null }], INPUT]) {
      assert.deepStrictEqual(drive(driver, inputBatch(records)).records, records);
    }
  });

  test(`any iterable will do for flatMap (${how})`, () => {
    assert.deepStrictEqual(
      run([flatMap((r) => new Set([r.n, r.n + 100]))], INPUT.slice(0, 2)).records,
      [0, 100, 1, 101],
    );
    assert.deepStrictEqual(run([flatMap((r) => r.s)], INPUT.slice(0, 2)).records, ["s", "0", "s", "1"]);
    assert.deepStrictEqual(run([flatMap(() => [])]).batches, []);
  });

  test(`row kinds are carried (${how})`, () => {
    const batch = { ...inputBatch(INPUT), rowKinds: new Uint8Array(10).fill(ROW_KINDS.updateAfter) };
    assert.deepStrictEqual(
      [...drive(compileDriver([map((r) => r.n)], mode), batch).batches[0]!.rowKinds!.subarray(0, 10)],
      new Array(10).fill(2),
    );
    assert.equal(drive(compileDriver([map((r) => r.n)], mode), inputBatch(INPUT)).batches[0]!.rowKinds, null);
  });

  test(`a view kept from an earlier row is the user's error (${how})`, () => {
    let kept: In | null = null;
    const driver = compileDriver([map((r) => ({ old: (kept ??= r).n }))], mode);
    drive(driver, inputBatch(INPUT));
    const { failures, records } = drive(
      compileDriver([map((r) => ({ x: r.n, old: kept })), map((r) => r)], mode),
      inputBatch(INPUT),
    );
    assert.equal(records.length, 0);
    assert.equal(failures.length, INPUT.length);
    assert.match(failures[0]!.message, /copy it: \{\.\.\.record\}/);
    assert.deepStrictEqual(failures[0]!.failure.record, INPUT[0]);
  });
}

test("a run of no steps hands the batch on", () => {
  const batch = inputBatch(INPUT);
  assert.deepStrictEqual(drive(compileDriver([], { debug: false }), batch).batches, [batch]);
});
