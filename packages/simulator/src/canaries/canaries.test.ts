import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { runSeed } from "../explore/run-seed.ts";
import type { Canary } from "./canary.ts";
import { CANARIES } from "./planted-bugs.ts";
import { huntedScenario } from "./scenarios.ts";
import { Scratch } from "./scratch.test-only.ts";

/** Every bug has to be found within so many seeds. */
const SEEDS_MAX = 2_000;
/** From the first seed on, as somebody who knows of no bug would search; otherwise from the seed that found it last. */
const isLong = process.env["TIDEMARK_LONG"] === "1";

describe("planted bugs are found", { concurrency: 2 }, () => {
  let scratch: Scratch;
  before(async () => {
    scratch = await Scratch.open();
  });
  after(() => scratch.close());

  for (const canary of CANARIES) {
    test(canary.name, async (t) => {
      const found = await scratch.hunt(canary, { from: isLong ? 1 : canary.hint, max: SEEDS_MAX });
      assert.ok(found !== null, `${SEEDS_MAX} seeds did not notice: ${canary.why}`);
      t.diagnostic(`seed ${found.seed}: ${found.violation.slice(0, 200)}`);
      await passesWithoutBug(canary, found.seed);
    });
  }
});

test("there are many canaries, each with a name of its own", () => {
  assert.ok(CANARIES.length >= 20);
  assert.equal(new Set(CANARIES.map(({ name }) => name)).size, CANARIES.length);
});

/** What a seed has found is the bug, and nothing else. */
async function passesWithoutBug({ name, only }: Canary, seed: number): Promise<void> {
  const { violations } = await runSeed(huntedScenario(seed, only), seed);
  assert.deepEqual(violations, [], `seed ${seed} also fails without "${name}"`);
}
