import assert from "node:assert/strict";
import { test } from "node:test";
import { collect, count, custom, sum } from "../../dsl/aggregates.ts";
import type { AggregateFunction } from "../../operator/aggregate-function.ts";
import type { WindowSpec } from "../../operator/window-spec.ts";
import { builtIn, byK, graphOf, type TestRecord } from "./graph.test-only.ts";
import { record, watermark } from "./element.ts";
import { referenceAt, referenceRun, type ReferenceResult } from "./reference-run.ts";

function run(
  window: WindowSpec,
  records: readonly TestRecord[],
  options: { lateness?: number; end?: boolean; outOfOrderMs?: number } = {},
): ReferenceResult {
  const { lateness = 0, end = true, outOfOrderMs = 0 } = options;
  const graph = graphOf(
    (g, source) => {
      const result = g.stateful("w", {
        kind: "window",
        window,
        aggregates: { n: builtIn(count()), vs: builtIn(collect((r: TestRecord) => r.v, { max: 100 })) },
        allowedLatenessMs: lateness,
        inputs: [byK(g, source)],
      });
      g.sink("late", null);
      g.connect({ node: result.node, output: "late" }, "late");
      return result;
    },
    { source: { outOfOrderMs } },
  );
  return referenceRun(graph, { in: [records.map(record)] }, { end });
}

const at = (k: string, t: number, v = 0): TestRecord => ({ k, t, v });
const result = (key: string, start: number, end: number, revision: number, vs: number[]): unknown => ({
  key,
  window: { start, end },
  revision,
  n: vs.length,
  vs,
});
const TUMBLING: WindowSpec = { kind: "tumbling", sizeMs: 10, offsetMs: 0 };

test("a tumbling window fires once the watermark has reached its last millisecond", () => {
  const { sinks, outputs } = run(TUMBLING, [at("a", 1, 1), at("b", 3, 2), at("a", 9, 3), at("a", 10, 4)], {
    end: false,
  });
  assert.deepEqual(sinks["out"], [result("a", 0, 10, 0, [1, 3]), result("b", 0, 10, 0, [2])]);
  assert.deepEqual(
    outputs["out"]?.map(({ timestamp, kind }) => [timestamp, kind]),
    [
      [9, "insert"],
      [9, "insert"],
    ],
  );
});

test("the end of the input fires everything, in order of time", () => {
  const { sinks } = run(TUMBLING, [at("a", 25), at("a", 1)], { outOfOrderMs: 100 });
  assert.deepEqual(sinks["out"], [result("a", 0, 10, 0, [0]), result("a", 20, 30, 0, [0])]);
});

test("disorder within the bound is not late; beyond it goes to the late output", () => {
  const records = [at("a", 12, 1), at("a", 5, 2), at("a", 15, 3), at("a", 9, 4), at("a", 7, 5)];
  const { sinks, counts } = run(TUMBLING, records, { outOfOrderMs: 5 });
  assert.deepEqual(sinks["out"], [result("a", 0, 10, 0, [2]), result("a", 10, 20, 0, [1, 3])]);
  assert.deepEqual(sinks["late"], [at("a", 9, 4), at("a", 7, 5)]);
  assert.deepEqual(counts["w"], { late: 2 });
});

test("within the allowed lateness each record gives a new revision, also for a key that had none", () => {
  const records = [
    at("a", 1, 1),
    at("a", 13, 2),
    at("a", 2, 3),
    at("b", 4, 4),
    at("a", 3, 5),
    at("a", 14, 6),
    at("a", 5, 7),
  ];
  const { sinks } = run(TUMBLING, records, { lateness: 4 });
  assert.deepEqual(sinks["out"], [
    result("a", 0, 10, 0, [1]),
    result("a", 0, 10, 1, [1, 3]),
    result("b", 0, 10, 0, [4]),
    result("a", 0, 10, 2, [1, 3, 5]),
    result("a", 10, 20, 0, [2, 6]),
  ]);
  // 14 makes the watermark 13 = 10 - 1 + 4.
  assert.deepEqual(sinks["late"], [at("a", 5, 7)]);
});

test("windows before the epoch and with an offset", () => {
  const { sinks } = run({ kind: "tumbling", sizeMs: 10, offsetMs: 3 }, [at("a", -8), at("a", 2.5), at("a", 3)]);
  assert.deepEqual(sinks["out"], [
    result("a", -17, -7, 0, [0]),
    result("a", -7, 3, 0, [0]),
    result("a", 3, 13, 0, [0]),
  ]);
});

test("hopping windows: each record in size / slide of them, earlier slices first", () => {
  const hopping: WindowSpec = { kind: "hopping", sizeMs: 10, slideMs: 5, offsetMs: 0 };
  const { sinks } = run(hopping, [at("a", 7, 1), at("a", 4, 2)], { outOfOrderMs: 10 });
  assert.deepEqual(sinks["out"], [
    result("a", -5, 5, 0, [2]),
    result("a", 0, 10, 0, [2, 1]),
    result("a", 5, 15, 0, [1]),
  ]);
});

test("a record late for some hopping windows is counted in the others and is not late", () => {
  const hopping: WindowSpec = { kind: "hopping", sizeMs: 10, slideMs: 5, offsetMs: 0 };
  const { sinks } = run(hopping, [at("a", 6, 1), at("a", 4, 2), at("a", 20, 3), at("a", 9, 4)]);
  assert.deepEqual(sinks["out"], [
    result("a", 0, 10, 0, [2, 1]),
    result("a", 5, 15, 0, [1]),
    result("a", 15, 25, 0, [3]),
    result("a", 20, 30, 0, [3]),
  ]);
  assert.deepEqual(sinks["late"], [at("a", 9, 4)]);
});

test("cumulate windows grow in steps to the whole", () => {
  const cumulate: WindowSpec = { kind: "cumulate", sizeMs: 15, stepMs: 5, offsetMs: 0 };
  const { sinks } = run(cumulate, [at("a", 1, 1), at("a", 6, 2), at("a", 14, 3)]);
  assert.deepEqual(sinks["out"], [
    result("a", 0, 5, 0, [1]),
    result("a", 0, 10, 0, [1, 2]),
    result("a", 0, 15, 0, [1, 2, 3]),
  ]);
});

test("sessions join records up to the gap apart, exactly the gap included", () => {
  const session: WindowSpec = { kind: "session", gapMs: 5 };
  const { sinks } = run(session, [at("a", 0, 1), at("a", 5, 2), at("a", 11, 3), at("b", 6, 4)], { outOfOrderMs: 20 });
  assert.deepEqual(sinks["out"], [
    result("a", 0, 10, 0, [1, 2]),
    result("b", 6, 11, 0, [4]),
    result("a", 11, 16, 0, [3]),
  ]);
});

test("a record in between joins two sessions: the earlier one, the record, the later one", () => {
  const session: WindowSpec = { kind: "session", gapMs: 5 };
  const { sinks } = run(session, [at("a", 9, 1), at("a", 0, 2), at("a", 5, 3)], { outOfOrderMs: 20 });
  assert.deepEqual(sinks["out"], [result("a", 0, 14, 0, [2, 3, 1])]);
});

test("a late record that joins a kept session revises it, or makes it wait again", () => {
  const session: WindowSpec = { kind: "session", gapMs: 5 };
  // Watermark 9 fires [0, 5); 3 makes it [0, 8), which is over; 7 makes it [0, 12), which is not; 21 fires that.
  const { sinks } = run(session, [at("a", 0, 1), at("x", 10), at("a", 3, 2), at("a", 7, 3), at("x", 21)], {
    lateness: 10,
    end: false,
  });
  assert.deepEqual(sinks["out"], [
    result("a", 0, 5, 0, [1]),
    result("a", 0, 8, 1, [1, 2]),
    result("a", 0, 12, 2, [1, 2, 3]),
    result("x", 10, 15, 0, [0]),
  ]);
});

test("a session record is late only if the session it would be part of has been dropped", () => {
  const session: WindowSpec = { kind: "session", gapMs: 5 };
  const { sinks } = run(session, [
    at("a", 8, 1),
    at("x", 12),
    at("a", 4, 2),
    at("a", 0, 3),
    at("x", 30),
    at("a", 9, 4),
  ]);
  assert.deepEqual(sinks["late"], [at("a", 9, 4)]);
  assert.deepEqual(sinks["out"], [
    result("a", 0, 13, 0, [1, 2, 3]),
    result("x", 12, 17, 0, [0]),
    result("x", 30, 35, 0, [0]),
  ]);
});

test("a source's own watermark fires windows; with several splits the slowest counts", () => {
  const graph = graphOf((g, source) =>
    g.stateful("w", {
      kind: "window",
      window: TUMBLING,
      aggregates: { n: builtIn(count()) },
      allowedLatenessMs: 0,
      inputs: [byK(g, source)],
    }),
  );
  const inputs = {
    in: [
      [record(at("a", 1)), watermark(9)],
      [record(at("a", 2)), record(at("a", 11))],
    ],
  };
  assert.deepEqual(
    referenceRun(graph, inputs, {
      end: false,
      order: [
        ["in", 0],
        ["in", 0],
        ["in", 1],
      ],
    }).sinks["out"],
    [],
  );
  const both = referenceRun(graph, inputs, {
    end: false,
    order: [
      ["in", 0],
      ["in", 0],
      ["in", 1],
      ["in", 1],
    ],
  });
  assert.deepEqual(both.sinks["out"], [{ key: "a", window: { start: 0, end: 10 }, revision: 0, n: 2 }]);
});

test("the output at a position has what the watermark had reached by then", () => {
  const graph = graphOf((g, source) =>
    g.stateful("w", {
      kind: "window",
      window: TUMBLING,
      aggregates: { n: builtIn(count()) },
      allowedLatenessMs: 0,
      inputs: [byK(g, source)],
    }),
  );
  const inputs = { in: [[1, 12, 25].map((t) => record(at("a", t)))] };
  const outputs = (position: number): number | undefined =>
    referenceAt(graph, inputs, { in: [position] }).sinks["out"]?.length;
  assert.deepEqual([0, 1, 2, 3].map(outputs), [0, 0, 1, 2]);
});

test("a second window sees the results of the first before its own time passes them", () => {
  const graph = graphOf((g, source) => {
    const aggregates = { n: builtIn(count()) };
    const first = g.stateful("first", {
      kind: "window",
      window: TUMBLING,
      aggregates,
      allowedLatenessMs: 0,
      inputs: [byK(g, source)],
    });
    const keyed = g.stateless({ kind: "keyBy", fn: (() => "all") as never, inputs: [first] });
    const sums = { total: builtIn(sum((r: { n: number }) => r.n)) };
    return g.stateful("second", {
      kind: "window",
      window: TUMBLING,
      aggregates: sums,
      allowedLatenessMs: 0,
      inputs: [keyed],
    });
  });
  const { sinks, counts } = referenceRun(graph, { in: [[at("a", 1), at("b", 2), at("a", 35)].map(record)] });
  assert.deepEqual(
    sinks["out"]?.map((row) => (row as { total: number }).total),
    [2, 1],
  );
  assert.deepEqual(counts, {});
});

test("a record whose result fails changes nothing; a window whose result fails is silent until it changes", () => {
  const failing = custom<TestRecord, number[], number[]>({
    create: () => [],
    add: (values, r) => [...values, r.v ?? 0],
    merge: (a, b) => [...a, ...b],
    result: (values) => {
      if (values.reduce((a, b) => a + b) === 13) throw new Error("unlucky");
      return values;
    },
  });
  const graph = graphOf(
    (g, source) =>
      g.stateful("w", {
        kind: "window",
        window: TUMBLING,
        aggregates: { vs: failing as AggregateFunction },
        allowedLatenessMs: 100,
        inputs: [byK(g, source)],
      }),
    { onError: "deadLetter" },
  );
  const records = [at("a", 1, 6), at("b", 2, 13), at("x", 50), at("a", 3, 7), at("a", 4, 1), at("b", 5, 1)];
  const { sinks, deadLetters } = referenceRun(graph, { in: [records.map(record)] }, { end: false });
  const told = sinks["out"]?.map((row) => {
    const { key, revision, vs } = row as { key: string; revision: number; vs: number[] };
    return [key, revision, vs];
  });
  assert.deepEqual(told, [
    ["a", 0, [6]],
    ["a", 1, [6, 1]],
    ["b", 0, [13, 1]],
  ]);
  assert.deepEqual(
    deadLetters.map(({ key, offset, record: of }) => [key, offset, of]),
    [
      ["b", null, null],
      ["a", 3, at("a", 3, 7)],
    ],
  );
});
