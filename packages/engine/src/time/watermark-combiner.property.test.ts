import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { RecordBatch } from "../record/batch.ts";
import { WatermarkCombiner } from "./watermark-combiner.ts";
import { MAX_WATERMARK, NO_WATERMARK } from "./watermark.ts";

const INPUTS = 3;

function batch(watermarks: readonly number[]): RecordBatch {
  return {
    layout: { id: 1, shape: "struct", fields: [] },
    length: watermarks.length,
    columns: [],
    timestamps: new Float64Array(watermarks.length),
    watermarks: Float64Array.from(watermarks),
    rowKinds: null,
    keys: null,
    origin: null,
  };
}

type Step = { input: number; steps: number[] };
const script: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ input: fc.nat(INPUTS - 1), steps: fc.array(fc.nat(5), { minLength: 1, maxLength: 5 }) }),
  { maxLength: 30 },
);

test("rows get the same watermarks however an input's rows are cut into batches", () => {
  fc.assert(
    fc.property(script, (steps) => {
      const whole = new WatermarkCombiner(INPUTS);
      const single = new WatermarkCombiner(INPUTS);
      const at = new Array<number>(INPUTS).fill(0);
      let last = NO_WATERMARK;
      for (const { input, steps: increments } of steps) {
        const watermarks = increments.map((step) => (at[input] = (at[input] as number) + step));
        const together = [...whole.combine(input, batch(watermarks)).watermarks];
        const apart = watermarks.map((watermark) => single.combine(input, batch([watermark])).watermarks[0]);
        assert.deepEqual(together, apart);
        for (const watermark of together) {
          assert.ok(watermark >= last);
          last = watermark;
        }
        assert.equal(whole.watermark, single.watermark);
        assert.equal(whole.watermark, last);
      }
    }),
  );
});

test("is the minimum of the inputs, and the end after all have ended", () => {
  fc.assert(
    fc.property(script, (steps) => {
      const combiner = new WatermarkCombiner(INPUTS);
      const at = new Array<number>(INPUTS).fill(NO_WATERMARK);
      for (const { input, steps: increments } of steps) {
        for (const step of increments) at[input] = Math.max(0, at[input] as number) + step;
        assert.equal(combiner.update(input, at[input] as number), Math.min(...at));
      }
      for (let input = 0; input < INPUTS; input++) combiner.update(input, MAX_WATERMARK);
      assert.equal(combiner.watermark, MAX_WATERMARK);
    }),
  );
});
