import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PaneWindows, type AlignedWindowSpec } from "./pane-windows.ts";

const spec: fc.Arbitrary<AlignedWindowSpec> = fc
  .record({
    part: fc.integer({ min: 1, max: 20 }),
    parts: fc.integer({ min: 1, max: 6 }),
    offsetMs: fc.integer({ min: 0, max: 30 }),
  })
  .chain(({ part, parts, offsetMs }) =>
    fc.constantFrom<AlignedWindowSpec>(
      { kind: "tumbling", sizeMs: part * parts, offsetMs },
      { kind: "hopping", sizeMs: part * parts, slideMs: part, offsetMs },
      { kind: "cumulate", sizeMs: part * parts, stepMs: part, offsetMs },
    ),
  );

/** All windows around a time, from the definition. */
function windowsAround(given: AlignedWindowSpec, time: number): { start: number; end: number }[] {
  const { sizeMs, offsetMs } = given;
  const period = given.kind === "hopping" ? given.slideMs : sizeMs;
  const windows: { start: number; end: number }[] = [];
  const first = Math.floor((time - offsetMs - 2 * sizeMs) / period);
  for (let i = first; i <= first + 4 * (sizeMs / period) + 4; i++) {
    const start = i * period + offsetMs;
    const step = given.kind === "cumulate" ? given.stepMs : sizeMs;
    for (let end = start + step; end <= start + sizeMs; end += step) windows.push({ start, end });
  }
  return windows.filter(({ start, end }) => start <= time && time < end).sort((a, b) => a.end - b.end);
}

test("a time is in the windows of its pane, which begin and end with panes", () => {
  fc.assert(
    fc.property(spec, fc.integer({ min: -500, max: 500 }), fc.boolean(), (given, whole, isHalf) => {
      const time = isHalf ? whole + 0.5 : whole;
      const windows = new PaneWindows(given);
      const pane = windows.paneOf(time);
      assert.ok(pane <= time && time < pane + windows.paneMs);
      const ends = windows.endsOf(pane);
      const expected = windowsAround(given, time);
      assert.deepEqual(
        ends.map((end) => ({ start: windows.startOf(end), end })),
        expected,
      );
      assert.equal(windows.lastEnd(pane), expected.at(-1)?.end);
      for (const end of ends) assert.equal(windows.paneOf(end - 1), windows.lastPane(end));
      for (const after of [-Infinity, pane - 1, pane, ...ends.map((end) => end - 0.5), ...ends, whole + 7, Infinity])
        assert.equal(windows.nextEnd(pane, after), ends.find((end) => end > after) ?? Infinity);
    }),
  );
});

test("sizes that do not divide have panes of their common width, and gaps belong to no window", () => {
  const windows = new PaneWindows({ kind: "hopping", sizeMs: 10, slideMs: 4, offsetMs: 0 });
  assert.equal(windows.paneMs, 2);
  assert.deepEqual(windows.endsOf(8), [10, 14, 18]);
  const gappy = new PaneWindows({ kind: "hopping", sizeMs: 2, slideMs: 5, offsetMs: 0 });
  assert.deepEqual(gappy.endsOf(1), [2]);
  assert.deepEqual(gappy.endsOf(3), []);
  assert.equal(gappy.nextEnd(3, -Infinity), Infinity);
  assert.ok(gappy.lastEnd(3) <= 3);
});
