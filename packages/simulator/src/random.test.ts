import assert from "node:assert/strict";
import { test } from "node:test";
import { Entropy, type Choices } from "./random.ts";

const draws = (choices: Choices, count: number): number[] =>
  Array.from({ length: count }, () => choices.integer(1_000));

test("the same seed and component give the same choices, others give others", () => {
  const of = (seed: number, component: string): number[] => draws(new Entropy({ seed }).choices(component), 20);
  assert.deepEqual(of(1, "disk"), of(1, "disk"));
  assert.notDeepEqual(of(1, "disk"), of(2, "disk"));
  assert.notDeepEqual(of(1, "disk"), of(1, "store"));
});

test("more draws of one component do not shift those of another", () => {
  const quiet = new Entropy({ seed: 7 });
  const busy = new Entropy({ seed: 7 });
  draws(busy.choices("disk"), 100);
  busy.random("p").id();
  assert.deepEqual(draws(quiet.choices("store"), 20), draws(busy.choices("store"), 20));
});

test("choices are even, chances come as often as they should", () => {
  const choices = new Entropy({ seed: 3 }).choices("any");
  const counts = [0, 0, 0, 0, 0];
  for (const choice of Array.from({ length: 10_000 }, () => choices.integer(5)))
    counts[choice] = (counts[choice] ?? 0) + 1;
  assert.ok(
    counts.every((count) => count > 1_700 && count < 2_300),
    counts.join(),
  );
  const hits = Array.from({ length: 10_000 }, () => choices.chance(0.1)).filter((hit) => hit).length;
  assert.ok(hits > 850 && hits < 1_150, String(hits));
});

test("a tape replays, and what is cut off becomes the harmless choice", () => {
  const first = new Entropy({ seed: 5 });
  const made = [...draws(first.choices("a"), 5), Number(first.choices("a").chance(0.5)), first.choices("b").upTo(9)];
  const again = new Entropy({ seed: 99, tape: first.tape() });
  assert.deepEqual(
    [...draws(again.choices("a"), 5), Number(again.choices("a").chance(0.5)), again.choices("b").upTo(9)],
    made,
  );
  assert.deepEqual(again.tape(), first.tape());
  const cut = new Entropy({ seed: 5, tape: { a: made.slice(0, 2) } });
  assert.deepEqual(draws(cut.choices("a"), 4), [made[0], made[1], 0, 0]);
  assert.equal(cut.choices("b").chance(0.99), false);
});

test("a choice of a tape that is out of bounds is clamped", () => {
  const entropy = new Entropy({ seed: 1, tape: { a: [50, 7] } });
  assert.deepEqual([entropy.choices("a").integer(3), entropy.choices("a").chance(0.5)], [2, true]);
});

test("a probability of 0 leaves no mark on the tape", () => {
  const entropy = new Entropy({ seed: 1 });
  entropy.choices("a").chance(0);
  entropy.choices("a").integer(1);
  assert.deepEqual(entropy.tape(), { a: [] });
});
