import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { FEW_ROWS, MEASURED_EVERY, MEASURED_FIRST, SelfTimes, type StepMeter } from "./self-times.ts";

/** Time that passes when the test says so. */
class HandClock {
  ms = 0;

  now(): number {
    return this.ms;
  }

  monotonicMs(): number {
    return this.ms;
  }
}

/** A step that works for `ownMs`, calls other steps, and works again. */
interface Call {
  readonly step: number;
  readonly rows: number;
  readonly ownMs: number;
  readonly calls: readonly Call[];
}

const STEPS = 4;

/** Calls that nest up to `depth` deep, each with rows enough to be measured. */
function calls(depth: number): fc.Arbitrary<Call[]> {
  return fc.array(
    fc.record({
      step: fc.nat(STEPS - 1),
      rows: fc.integer({ min: FEW_ROWS, max: 1_024 }),
      ownMs: fc.nat(50),
      calls: depth === 1 ? fc.constant([]) : calls(depth - 1),
    }),
    { maxLength: 5 },
  );
}

function timed(): { clock: HandClock; times: SelfTimes; outside: StepMeter; steps: StepMeter[] } {
  const clock = new HandClock();
  const times = new SelfTimes(clock);
  const outside = times.meter("outside", "loop");
  const steps = Array.from({ length: STEPS }, (_, index) => times.meter(`step-${index}`, "state"));
  clock.ms = 1_000;
  times.begin(outside);
  return { clock, times, outside, steps };
}

function play(each: Call, { clock, times, steps }: ReturnType<typeof timed>, own: number[]): void {
  const caller = times.enter(steps[each.step] as StepMeter, each.rows);
  clock.ms += each.ownMs;
  for (const inner of each.calls) play(inner, { clock, times, steps, outside: steps[0] as StepMeter }, own);
  clock.ms += each.ownMs;
  own[each.step] = (own[each.step] ?? 0) + 2 * each.ownMs;
  times.leave(caller);
}

describe("self times", () => {
  test("each step has the time that it took itself, whatever called it", () => {
    fc.assert(
      fc.property(calls(4), (given) => {
        const run = timed();
        const own = Array.from({ length: STEPS }, () => 0);
        for (const each of given) {
          run.clock.ms += 3;
          play(each, run, own);
        }
        const [outside, ...steps] = run.times.times();
        assert.equal(outside?.ms, 3 * given.length);
        assert.deepEqual(
          steps.map(({ ms }) => ms),
          own,
        );
      }),
    );
  });

  test("calls with few rows are sampled: the sums still add up, and sampled times stand for the others", () => {
    const run = timed();
    const [outer, inner] = run.steps as [StepMeter, StepMeter];
    const times = MEASURED_FIRST + MEASURED_EVERY * 100;
    for (let index = 0; index < times; index++) {
      run.clock.ms += 1;
      const caller = run.times.enter(outer, FEW_ROWS - 1);
      run.clock.ms += 2;
      const between = run.times.enter(inner, 1);
      run.clock.ms += 4;
      run.times.leave(between);
      run.clock.ms += 8;
      run.times.leave(caller);
    }
    const byName = new Map(run.times.times().map((time) => [time.name, time]));
    assert.equal(byName.get("outside")?.ms, times);
    assert.equal(byName.get("step-0")?.ms, 10 * times);
    assert.equal(byName.get("step-1")?.ms, 4 * times);
    assert.equal(byName.get("step-1")?.calls, times);
    assert.equal(byName.get("step-0")?.records, times * (FEW_ROWS - 1));
  });

  test("any mixture adds up to the time that passed", () => {
    const small = fc.record({ step: fc.nat(STEPS - 1), rows: fc.nat(FEW_ROWS * 2), ownMs: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(fc.array(small, { maxLength: 4 }), { minLength: 200, maxLength: 400 }), (nests) => {
        const run = timed();
        for (const nest of nests) {
          const callers = nest.map(({ step, rows, ownMs }, depth) => {
            const meter = run.steps[step] as StepMeter;
            const caller = depth === 1 ? run.times.enterAnyway(meter) : run.times.enter(meter, rows);
            run.clock.ms += ownMs;
            return caller;
          });
          for (const caller of callers.toReversed()) run.times.leave(caller);
        }
        const sum = run.times.times().reduce((all, { ms }) => all + ms, 0);
        assert.equal(sum, run.clock.ms - 1_000);
      }),
      { numRuns: 30 },
    );
  });

  test("work that goes over to another step is the other's from then on", () => {
    const { clock, times, outside, steps } = timed();
    const [read, eventTime] = steps as [StepMeter, StepMeter];
    const caller = times.enterAnyway(read);
    clock.ms += 5;
    times.goOver(eventTime, 10);
    clock.ms += 7;
    times.leave(caller);
    clock.ms += 1;
    times.times();
    assert.deepEqual([read.ms, eventTime.ms, eventTime.records, outside.ms], [5, 7, 10, 1]);
  });
});
