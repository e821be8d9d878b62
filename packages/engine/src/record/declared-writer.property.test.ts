import assert from "node:assert/strict";
import test from "node:test";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import type { RecordBatch } from "./batch.ts";
import { declaredWriter } from "./declared-writer.ts";
import { type Field, layoutOf } from "./layout.ts";
import { type RecordSink, RecordWriter } from "./record-writer.ts";
import { recordOf } from "./row-copy.ts";

class Instance {
  constructor(own: object) {
    Object.defineProperties(this, Object.getOwnPropertyDescriptors(own));
  }
  get a(): number {
    return 1;
  }
  toString(): string {
    return "inherited";
  }
}

const NAMES = ["a", "b", "constructor", "toString", 'quo"te'] as const;
const KINDS = ["int32", "float64", "boolean", "utf8", "dictionary", "json"] as const;

const layout = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom(...NAMES),
      kind: fc.constantFrom<Field["kind"]>(...KINDS),
      nullable: fc.boolean(),
      optional: fc.boolean(),
    }),
    { selector: ({ name }) => name, minLength: 1 },
  )
  .map(layoutOf);

const value = fc.oneof(
  fc.constantFrom<unknown>(0, -0, 1, 2 ** 31, -(2 ** 31), 0.5, Number.NaN, true, false, "", "x", "\ud800"),
  fc.constantFrom<unknown>(null, undefined, [1], { deep: { er: 1 } }, new Date(0)),
);
const fields = fc.dictionary(fc.constantFrom(...NAMES, "other"), value, { noNullPrototype: true });
const record = fc.oneof(
  { weight: 8, arbitrary: fields },
  { weight: 1, arbitrary: fields.map((own) => new Instance(own)) },
  { weight: 1, arbitrary: fields.map((own) => Object.assign(Object.create(null), own) as object) },
  { weight: 1, arbitrary: fields.map((own) => Object.assign(runInNewContext("({})") as object, own)) },
  { weight: 1, arbitrary: value },
);

/** Records that fit, made of values for each field. */
const fitting = (of: Field): fc.Arbitrary<unknown> => {
  const values: Record<Field["kind"], readonly unknown[]> = {
    int32: [0, 7, -(2 ** 31)],
    float64: [-0, 0.5, Number.NaN],
    boolean: [true, false],
    utf8: ["", "é"],
    dictionary: ["x", "y"],
    json: [1, "x", [1], null],
  };
  return fc.constantFrom(...values[of.kind], ...(of.nullable ? [null] : []), ...(of.optional ? [undefined] : []));
};

/** What a writer said of each record, and the rows it then had. */
function written(sink: RecordSink, records: readonly unknown[], truncateTo: number): unknown[] {
  const said: unknown[] = [];
  for (let round = 0; round < 2; round++) {
    for (const one of records) said.push(sink.append(one));
    sink.truncate(Math.min(truncateTo, sink.length));
    for (const one of records) said.push(sink.append(one));
    const { length } = sink;
    const batch = { layout: sink.layout, length, columns: sink.take() } as unknown as RecordBatch;
    for (let row = 0; row < length; row++) said.push(recordOf(batch, row));
  }
  return said;
}

test("a declared writer takes and refuses what the plain one does, in the same words", () => {
  const input = layout.chain((of) =>
    fc.tuple(
      fc.constant(of),
      fc.array(
        fc.oneof(record, fc.record(Object.fromEntries(of.fields.map((field) => [field.name, fitting(field)])))),
        { maxLength: 40 },
      ),
      fc.nat(40),
    ),
  );
  fc.assert(
    fc.property(input, ([of, records, truncateTo]) => {
      const expected = written(new RecordWriter(of), records, truncateTo);
      assert.deepStrictEqual(written(declaredWriter(of, true), records, truncateTo), expected);
      assert.deepStrictEqual(written(declaredWriter(of, false), records, truncateTo), expected);
    }),
    { numRuns: 400 },
  );
});
