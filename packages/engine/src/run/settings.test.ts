import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkConfig } from "./config.ts";
import { mergeSettings, settingsOf } from "./settings.ts";

describe("the limit of state", () => {
  test("is none where nothing is said, and what was said otherwise", () => {
    assert.equal(settingsOf("job", {}).stateBytesMax, Infinity);
    assert.equal(settingsOf("job", { stateBytesMax: 5_000 }).stateBytesMax, 5_000);
    assert.deepEqual(checkConfig({ stateBytesMax: 5_000 }, "a file"), { stateBytesMax: 5_000 });
  });

  for (const given of [0, -1, 1.5, Number.NaN, Infinity, 2 ** 53, "1GB" as unknown as number]) {
    test(`cannot be ${given}`, () => {
      assert.throws(() => settingsOf("job", { stateBytesMax: given }), {
        code: "TM_CONFIG",
        facts: { option: "stateBytesMax", given: String(given) },
      });
    });
  }

  test("is suggested to who misspells it", () => {
    assert.throws(() => checkConfig({ stateByteMax: 1 }, "a file"), {
      code: "TM_CONFIG",
      message: /did you mean "stateBytesMax"\?/,
    });
  });
});

describe("settings of several places", () => {
  test("the later one counts, and what is undefined is not given", () => {
    const options = { parallelism: 2, keyGroups: undefined as unknown as number };
    const merged = mergeSettings({ parallelism: 3, keyGroups: 64 }, options);
    assert.deepEqual(merged, { parallelism: 2, keyGroups: 64, checkpoint: {} });
  });

  test("each option of checkpoint counts by itself", () => {
    const merged = mergeSettings({ checkpoint: { every: "7s", retained: 9 } }, { checkpoint: { retained: 2 } });
    assert.deepEqual(merged.checkpoint, { every: "7s", retained: 2 });
  });
});
