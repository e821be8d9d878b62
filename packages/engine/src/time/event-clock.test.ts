import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EventClock, invalidEventTime, type EventClockOptions } from "./event-clock.ts";
import { MAX_WATERMARK, NO_EVENT_TIME, NO_WATERMARK } from "./watermark.ts";

class ManualClock {
  wall = 1_000_000;
  monotonic = 0;
  now(): number {
    return this.wall;
  }
  monotonicMs(): number {
    return this.monotonic;
  }
}

function eventClock(options: Partial<EventClockOptions> = {}): { clock: ManualClock; time: EventClock } {
  const clock = new ManualClock();
  return {
    clock,
    time: new EventClock({
      clock,
      outOfOrderMs: 0,
      maxAheadMs: Number.POSITIVE_INFINITY,
      idleMs: null,
      maxTimestamp: null,
      ...options,
    }),
  };
}

function advance(time: EventClock, ...timestamps: number[]): number[] {
  const watermarks = new Float64Array(timestamps.length);
  time.advance(Float64Array.from(timestamps), timestamps.length, watermarks);
  return [...watermarks];
}

test("a row carries the watermark that holds before it", () => {
  const { time } = eventClock({ outOfOrderMs: 10 });
  assert.equal(time.watermark, NO_WATERMARK);
  assert.equal(time.maxTimestamp, null);
  assert.deepEqual(advance(time, 100, 95, 130), [NO_WATERMARK, 89, 89]);
  assert.equal(time.watermark, 119);
  assert.equal(time.maxTimestamp, 130);
});

test("without event time there is no watermark until the end", () => {
  const { time } = eventClock();
  assert.deepEqual(advance(time, NO_EVENT_TIME, NO_EVENT_TIME), [NO_WATERMARK, NO_WATERMARK]);
  assert.equal(time.watermark, NO_WATERMARK);
  time.end();
  assert.equal(time.watermark, MAX_WATERMARK);
  assert.equal(time.ended, true);
});

test("a row from the far future does not move the watermark and is counted", () => {
  const { time } = eventClock({ maxAheadMs: 1_000 });
  assert.deepEqual(advance(time, 1_001_000, 1_001_001, 5), [NO_WATERMARK, 1_000_999, 1_000_999]);
  assert.equal(time.farFuture, 1);
  assert.equal(time.watermark, 1_000_999);
});

test("goes on where a checkpoint was, and where the source's own watermark was", () => {
  const { time } = eventClock({ outOfOrderMs: 7 });
  advance(time, 50);
  time.raiseTo(60);
  assert.equal(time.watermark, 60);
  time.raiseTo(3);
  assert.equal(time.watermark, 60);
  const { time: restored } = eventClock({ outOfOrderMs: 7, maxTimestamp: time.maxTimestamp });
  assert.equal(restored.watermark, 60);
  assert.deepEqual(advance(restored, 10), [60]);
});

test("is idle after idleMs of polls without rows; time without polls does not count", () => {
  const { time, clock } = eventClock({ idleMs: 100 });
  advance(time, 1);
  clock.monotonic = 5_000;
  assert.equal(time.idle, false);
  assert.equal(time.waiting(), false);
  assert.equal(time.idleAt, 5_100);
  clock.monotonic = 5_099;
  assert.equal(time.waiting(), false);
  clock.monotonic = 5_100;
  assert.equal(time.waiting(), true);
  advance(time, 2);
  assert.equal(time.idle, false);
  assert.equal(time.idleAt, Number.POSITIVE_INFINITY);
  time.end();
  clock.monotonic = 9_000;
  assert.equal(time.waiting(), false);
});

test("never idle where idleness is off", () => {
  const { time, clock } = eventClock({ idleMs: null });
  time.waiting();
  clock.monotonic = 1e12;
  assert.equal(time.waiting(), false);
});

test("watermarks do not depend on how rows are cut into batches", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 5 }), { maxLength: 8 }),
      fc.nat(50),
      (batches, outOfOrderMs) => {
        const { time: cut } = eventClock({ outOfOrderMs });
        const { time: whole } = eventClock({ outOfOrderMs });
        const all = batches.flat();
        assert.deepEqual(
          batches.flatMap((rows) => advance(cut, ...rows)),
          advance(whole, ...all),
        );
        assert.equal(cut.watermark, all.length === 0 ? NO_WATERMARK : Math.max(...all) - outOfOrderMs - 1);
      },
    ),
  );
});

test("the error of what is no event time tells what it was", () => {
  assert.equal(invalidEventTime(Number.NaN).code, "TM_RECORD");
  assert.match(invalidEventTime("2001").message, /returned=string/);
});
