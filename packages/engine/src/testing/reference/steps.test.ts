import assert from "node:assert/strict";
import { test } from "node:test";
import {
  collect,
  count,
  distinctCount,
  first,
  last,
  max,
  mean,
  min,
  quantile,
  sum,
  topK,
  variance,
} from "../../dsl/aggregates.ts";
import type { ProcessSpec } from "../../operator/process-spec.ts";
import { PLAIN_CODEC } from "../../state/state-codec.ts";
import { clock, record, watermark, type InputElement } from "./element.ts";
import { builtIn, byK, graphOf, schemaOf, type TestRecord } from "./graph.test-only.ts";
import { referenceKey } from "./key-identity.ts";
import { referenceRun, type ReferenceOptions } from "./reference-run.ts";

const at = (k: string, t: number, v = 0): TestRecord => ({ k, t, v });

test("map, filter and flatMap; records cannot be written to", () => {
  const graph = graphOf((g, source) => {
    const mapped = g.stateless({
      kind: "map",
      fn: ((r: TestRecord) => ({ v: (r.v ?? 0) * 2 })) as never,
      inputs: [source],
    });
    const some = g.stateless({ kind: "filter", fn: ((r: { v: number }) => r.v > 2) as never, inputs: [mapped] });
    return g.stateless({ kind: "flatMap", fn: ((r: { v: number }) => [r, { v: -r.v }]) as never, inputs: [some] });
  });
  assert.deepEqual(referenceRun(graph, { in: [[at("a", 1, 1), at("a", 2, 2)].map(record)] }).sinks["out"], [
    { v: 4 },
    { v: -4 },
  ]);
  const writing = graphOf((g, source) =>
    g.stateless({ kind: "map", fn: ((r: { v: number }) => (r.v = 1)) as never, inputs: [source] }),
  );
  assert.throws(() => referenceRun(writing, { in: [[record(at("a", 1))]] }), { code: "TM_USER_CODE" });
});

test("policies for user code that throws", () => {
  const throwing = (onError: "fail" | "skip" | "deadLetter") =>
    graphOf(
      (g, source) =>
        g.stateless({
          kind: "map",
          fn: ((r: TestRecord) => {
            if (r.v === 1) throw new Error("one");
            return r.v;
          }) as never,
          inputs: [source],
        }),
      { onError },
    );
  const inputs = { in: [[at("a", 1, 0), at("b", 2, 1), at("c", 3, 2)].map(record)] };
  assert.throws(() => referenceRun(throwing("fail"), inputs), { code: "TM_USER_CODE" });
  const skipped = referenceRun(throwing("skip"), inputs);
  assert.deepEqual(
    [skipped.sinks["out"], skipped.counts, skipped.deadLetters],
    [[0, 2], { "map-1": { "user-errors": 1 } }, []],
  );
  const { deadLetters } = referenceRun(throwing("deadLetter"), inputs);
  assert.deepEqual(
    deadLetters.map(({ cause: _, ...letter }) => letter),
    [{ port: "in", split: "0", offset: 1, operator: "map-1", key: null, code: "TM_USER_CODE", record: at("b", 2, 1) }],
  );
});

test("policies for invalid records: schema, event time that is none, event time that throws", () => {
  const schema = schemaOf((value) => typeof value === "object");
  const graph = (onInvalid: "fail" | "skip" | "deadLetter") =>
    graphOf((_, source) => source, { schema, source: { onInvalid } });
  const inputs = { in: [["text", at("a", 1), { k: "a", t: "soon" }, null].map(record)] };
  assert.throws(() => referenceRun(graph("fail"), inputs), { code: "TM_RECORD" });
  assert.deepEqual(referenceRun(graph("skip"), inputs).counts, { in: { invalid: 3 } });
  const { deadLetters, sinks } = referenceRun(graph("deadLetter"), inputs);
  assert.deepEqual(sinks["out"], [at("a", 1)]);
  assert.deepEqual(
    deadLetters.map(({ offset, operator, code }) => [offset, operator, code]),
    [
      [0, "in", "TM_RECORD"],
      [2, "in", "TM_RECORD"],
      [3, "in", "TM_RECORD"],
    ],
  );
  assert.deepEqual(
    deadLetters.map((letter) => letter.record),
    ['"text"', '{"k":"a","t":"soon"}', "null"],
  );
});

test("keys: -0 is 0, NaN is one key, and kinds never meet", () => {
  const identity = (key: unknown): string => referenceKey(key).identity;
  const different = [
    0,
    0n,
    "0",
    false,
    "",
    NaN,
    "NaN",
    2 ** 53,
    2n ** 53n,
    1.5,
    "\ud800",
    "\ud801",
    [0],
    ["0"],
    [[]].flat(),
    ["a", "b"],
    ["a,b"],
    ["ab", ""],
    ["", "ab"],
  ];
  assert.equal(new Set(different.map(identity)).size, different.length);
  assert.equal(identity(-0), identity(0));
  assert.equal(identity([-0]), identity([0]));
  assert.equal(identity(Number.NaN), identity(Number.NaN));
  assert.ok(Object.is(referenceKey(-0).value, 0));
  for (const bad of [null, undefined, {}, Symbol("s"), [["nested"]]])
    assert.throws(() => identity(bad), { code: "TM_KEY" });
});

test("merge: the slower input holds time back; an idle split does not", () => {
  const graph = graphOf((g, source) => {
    const other = g.source(
      "other",
      schemaOf(() => true),
      {
        eventTime: ((r: TestRecord) => r.t) as never,
        outOfOrderMs: 0,
        idleMs: 100,
        maxAheadMs: Infinity,
        onInvalid: "fail",
        trust: false,
      },
    );
    const merged = g.stateless({ kind: "merge", inputs: [source, other] });
    const window = { kind: "tumbling", sizeMs: 10, offsetMs: 0 } as const;
    return g.stateful("w", {
      kind: "window",
      window,
      aggregates: { n: builtIn(count()) },
      allowedLatenessMs: 0,
      inputs: [byK(g, merged)],
    });
  });
  const n = (fast: InputElement[], slow: InputElement[]): unknown[] =>
    (referenceRun(graph, { in: [fast], other: [slow] }, { end: false }).sinks["out"] ?? []).map(
      (row) => (row as { n: number }).n,
    );
  assert.deepEqual(n([record(at("a", 1)), record(at("a", 30))], [record(at("a", 2))]), []);
  assert.deepEqual(n([record(at("a", 1)), record(at("a", 30))], [record(at("a", 2)), record(at("a", 12))]), [2]);
  assert.deepEqual(n([record(at("a", 1)), record(at("a", 30)), clock(99)], [record(at("a", 2))]), []);
  assert.deepEqual(n([record(at("a", 1)), record(at("a", 30)), clock(100)], [record(at("a", 2))]), [2]);
});

test("a record from the far future does not move time", () => {
  const graph = graphOf(
    (g, source) =>
      g.stateful("w", {
        kind: "window",
        window: { kind: "tumbling", sizeMs: 10, offsetMs: 0 },
        aggregates: { n: builtIn(count()) },
        allowedLatenessMs: 0,
        inputs: [byK(g, source)],
      }),
    { source: { maxAheadMs: 1_000 } },
  );
  const inputs = { in: [[at("a", 1), at("a", 1_011), at("a", 2), at("a", 1_010)].map(record)] };
  const { sinks, counts } = referenceRun(graph, inputs, { end: false, now: 10 });
  assert.deepEqual(sinks["out"], [{ key: "a", window: { start: 0, end: 10 }, revision: 0, n: 2 }]);
  assert.deepEqual(counts, { in: { clamped: 1 } });
});

test("an unwindowed aggregate is a changelog; a record that fails changes nothing", () => {
  const value = (r: TestRecord): number => {
    if (r.v === 13) throw new Error("unlucky");
    return r.v ?? 0;
  };
  const graph = graphOf(
    (g, source) =>
      g.stateful("t", { kind: "aggregate", aggregates: { s: builtIn(sum(value)) }, inputs: [byK(g, source)] }),
    { onError: "skip" },
  );
  const { outputs } = referenceRun(graph, {
    in: [[at("a", 1, 1), at("b", 2, 5), at("a", 3, 13), at("a", 4, 2)].map(record)],
  });
  assert.deepEqual(outputs["out"], [
    { record: { key: "a", s: 1 }, timestamp: 1, kind: "insert" },
    { record: { key: "b", s: 5 }, timestamp: 2, kind: "insert" },
    { record: { key: "a", s: 1 }, timestamp: 4, kind: "updateBefore" },
    { record: { key: "a", s: 3 }, timestamp: 4, kind: "updateAfter" },
  ]);
});

test("reduce", () => {
  const add = (a: TestRecord, b: TestRecord): TestRecord => ({ ...b, v: (a.v ?? 0) + (b.v ?? 0) });
  const graph = graphOf((g, source) => g.stateful("r", { kind: "reduce", fn: add as never, inputs: [byK(g, source)] }));
  const { outputs } = referenceRun(graph, { in: [[at("a", 1, 1), at("a", 2, 5)].map(record)] });
  assert.deepEqual(
    outputs["out"]?.map(({ record: row, kind }) => [row, kind]),
    [
      [at("a", 1, 1), "insert"],
      [at("a", 1, 1), "updateBefore"],
      [at("a", 2, 6), "updateAfter"],
    ],
  );
});

test("aggregates by hand", () => {
  const v = (r: TestRecord): number => r.v ?? 0;
  const aggregates = {
    n: builtIn(count()),
    s: builtIn(sum(v)),
    least: builtIn(min(v)),
    most: builtIn(max(v)),
    m: builtIn(mean(v)),
    va: builtIn(variance(v)),
    f: builtIn(first(v)),
    l: builtIn(last(v)),
    top: builtIn(topK(2, v)),
    d: builtIn(distinctCount(v)),
    c: builtIn(collect(v, { max: 3 })),
    q: builtIn(quantile(v, 0.5)),
  };
  const graph = graphOf(
    (g, source) =>
      g.stateful("w", {
        kind: "window",
        window: { kind: "tumbling", sizeMs: 100, offsetMs: 0 },
        aggregates,
        allowedLatenessMs: 0,
        inputs: [byK(g, source)],
      }),
    { source: { outOfOrderMs: 50 } },
  );
  const [row] = referenceRun(graph, {
    in: [[at("a", 9, 4), at("a", 5, 8), at("a", 5, 2), at("a", 30, 2), at("a", 30, 4)].map(record)],
  }).sinks["out"] as readonly Record<string, unknown>[];
  const { q, ...rest } = row ?? {};
  assert.deepEqual(rest, {
    key: "a",
    window: { start: 0, end: 100 },
    revision: 0,
    n: 5,
    s: 20,
    least: 2,
    most: 8,
    m: 4,
    va: 4.8,
    f: 8,
    l: 4,
    top: [
      { value: 2, count: 2 },
      { value: 4, count: 2 },
    ],
    d: 3,
    c: [4, 8, 2],
  });
  assert.ok(Math.abs((q as number) - 4) <= 0.04);
});

test("topK: kinds of values apart, ties in the order of values", () => {
  const values = ["b", "a", "\ud800", 1, 1.5, -2, -0, NaN, 0, "a", true, "é", "日本😀", 2 ** 53];
  const top = topK(20, (r: { v: string | number | boolean }) => r.v);
  const graph = graphOf((g, source) =>
    g.stateful("t", { kind: "aggregate", aggregates: { top: builtIn(top) }, inputs: [byK(g, source)] }),
  );
  const { sinks } = referenceRun(graph, { in: [values.map((value) => record({ k: "k", t: 1, v: value }))] });
  const { top: result } = sinks["out"]?.at(-1) as { top: { value: unknown; count: number }[] };
  assert.deepEqual(
    result.map(({ value, count: n }) => [value, n]),
    [
      [0, 2],
      ["a", 2],
      [true, 1],
      [-2, 1],
      [1, 1],
      [1.5, 1],
      [2 ** 53, 1],
      [NaN, 1],
      ["b", 1],
      ["é", 1],
      ["日本😀", 1],
      ["\ud800", 1],
    ],
  );
});

interface Context {
  readonly key: string;
  readonly time: number;
  readonly watermark: number;
  now(): number;
  readonly state: {
    readonly n: { get(): number | undefined; set(n: number): void; clear(): void };
    readonly seen: { get(): number[]; add(v: number): void };
    readonly by: {
      set(k: string, v: number): void;
      entries(): [string, number][];
      delete(k: string): void;
      size: number;
    };
  };
  timer(name: string): { at(time: number): void; clear(): void };
  emit(value: unknown): void;
}

function processed(
  onRecord: (r: TestRecord, c: Context) => void,
  onTimer: (c: Context) => void,
  elements: readonly InputElement[],
  options: ReferenceOptions = {},
): ReturnType<typeof referenceRun> {
  const spec: ProcessSpec = {
    emits: schemaOf(() => true),
    states: [
      { name: "n", kind: "value", codec: PLAIN_CODEC },
      { name: "seen", kind: "list", codec: PLAIN_CODEC },
      { name: "by", kind: "map", codec: PLAIN_CODEC },
    ],
    timers: [
      { name: "quiet", domain: "eventTime" },
      { name: "flush", domain: "processingTime" },
    ],
    onRecord: onRecord as never,
    onTimer: [onTimer as never, onTimer as never],
  };
  const graph = graphOf((g, source) => g.stateful("p", { kind: "process", spec, inputs: [byK(g, source)] }), {
    onError: "deadLetter",
  });
  return referenceRun(graph, { in: [elements] }, options);
}

test("process: state per key, a timer that is set again replaces the pending one, fires before the record that passes it", () => {
  const { outputs } = processed(
    (r, c) => {
      c.state.n.set((c.state.n.get() ?? 0) + 1);
      c.timer("quiet").at(r.t + 5);
      c.emit(`${c.key} ${c.state.n.get()} @${c.time}`);
    },
    (c) => {
      c.emit(`${c.key} quiet with ${c.state.n.get()} @${c.time}`);
      c.state.n.clear();
    },
    [at("a", 1), at("b", 2), at("a", 4), at("b", 12), at("a", 13)].map(record),
  );
  assert.deepEqual(
    outputs["out"]?.map(({ record: value, timestamp }) => [value, timestamp]),
    [
      ["a 1 @1", 1],
      ["b 1 @2", 2],
      ["a 2 @4", 4],
      ["b 2 @12", 12],
      // The watermark is 11 from here on; it passed 9 = 4 + 5, and b's 7 had been replaced by 17.
      ["a quiet with 2 @9", 9],
      ["a 1 @13", 13],
      ["b quiet with 2 @17", 17],
      ["a quiet with 1 @18", 18],
    ],
  );
});

test("process: a time that has passed fires right after the record", () => {
  const { sinks } = processed(
    (r, c) => {
      c.timer("quiet").at(r.t - 100);
      c.emit("record");
    },
    (c) => c.emit(`timer ${c.time}`),
    [at("a", 50), at("a", 51)].map(record),
    { end: false },
  );
  assert.deepEqual(sinks["out"], ["record", "timer -50", "record", "timer -49"]);
});

test("process: a call that throws leaves no state, no timer, no output; the key and the cause go with the record", () => {
  const { sinks, deadLetters } = processed(
    (r, c) => {
      c.state.n.set(r.v ?? 0);
      c.state.seen.add(r.v ?? 0);
      c.state.by.set(String(r.v), 1);
      c.timer("quiet").at(r.v === 2 ? 1 : 100);
      c.emit(r.v);
      if (r.v === 2) throw new Error("two");
    },
    (c) => c.emit([c.time, c.state.n.get(), c.state.seen.get(), c.state.by.entries()]),
    [at("a", 1, 1), at("a", 50, 2)].map(record),
  );
  assert.deepEqual(sinks["out"], [1, [100, 1, [1], [["1", 1]]]]);
  assert.equal(deadLetters.length, 1);
  assert.deepEqual(
    [deadLetters[0]?.key, deadLetters[0]?.record, String(deadLetters[0]?.cause)],
    ["a", at("a", 50, 2), "Error: two"],
  );
});

test("process: a timer whose function throws is gone, and its record is null", () => {
  const { sinks, deadLetters } = processed(
    (r, c) => c.timer("quiet").at(r.t),
    (c) => {
      c.emit("lost");
      throw new Error("timer");
    },
    [record(at("a", 1))],
  );
  assert.deepEqual(sinks["out"], []);
  assert.deepEqual(
    deadLetters.map(({ key, record: of, offset }) => [key, of, offset]),
    [["a", null, null]],
  );
});

test("process: processing-time timers follow the clock, one that sets itself again included", () => {
  const { sinks } = processed(
    (_, c) => c.timer("flush").at(c.now() + 10),
    (c) => {
      c.emit([c.time, c.now()]);
      if (c.time < 130) c.timer("flush").at(c.time + 10);
    },
    [record(at("a", 1)), clock(9), clock(1), clock(15), watermark(50), clock(100)],
    { now: 100 },
  );
  assert.deepEqual(sinks["out"], [
    [110, 110],
    [120, 120],
    [130, 130],
  ]);
});

test("process: state is copied on its way in and out", () => {
  const { sinks } = processed(
    (_, c) => {
      const list = c.state.seen.get();
      list.push(99);
      c.state.by.set("x", 1);
      c.state.by.set("y", 2);
      c.state.by.set("x", 3);
      c.state.by.delete("y");
      c.state.by.set("y", 4);
      c.emit([c.state.seen.get(), c.state.by.entries(), c.state.by.size]);
    },
    () => undefined,
    [record(at("a", 1))],
  );
  assert.deepEqual(sinks["out"], [
    [
      [],
      [
        ["x", 3],
        ["y", 4],
      ],
      2,
    ],
  ]);
});

test("lookup: a row sees the newest version not after it, and waits for the table, as does all that follows", () => {
  const graph = graphOf((g, source) => {
    const options = {
      eventTime: ((r: TestRecord) => r.t) as never,
      outOfOrderMs: 0,
      idleMs: null,
      maxAheadMs: Infinity,
      onInvalid: "fail",
      trust: false,
    } as const;
    const table = g.source(
      "table",
      schemaOf(() => true),
      options,
    );
    const fn = (r: TestRecord, row: TestRecord | undefined): string => `${r.k}@${r.t} ${row?.v ?? "none"}`;
    return g.stateful("l", { kind: "lookup", fn: fn as never, inputs: [byK(g, source), byK(g, table)] });
  });
  const stream = [at("a", 4), at("b", 6), at("a", 9), at("a", 20)].map(record);
  const table = [at("a", 3, 30), at("a", 7, 70), at("b", 8, 80), at("a", 7, 71), at("a", 12, 120)].map(record);
  const all = ["a@4 30", "b@6 none", "a@9 71", "a@20 120"];
  const order = (text: string) => [...text].map((letter) => [letter === "s" ? "in" : "table", 0] as const);
  for (const picks of ["sssstttttt", "tttttttssss", "ststststt"]) {
    assert.deepEqual(
      referenceRun(graph, { in: [stream], table: [table] }, { order: order(picks) }).sinks["out"],
      all,
      picks,
    );
  }
  // The table has said that it is past 7 (watermark 7 after 8): rows up to there are out.
  const partial = referenceRun(graph, { in: [stream], table: [table] }, { order: order("ssssttt"), end: false });
  assert.deepEqual(partial.sinks["out"], ["a@4 30", "b@6 none"]);
});

test("empty input, and a source without splits", () => {
  const graph = graphOf((g, source) =>
    g.stateful("t", { kind: "aggregate", aggregates: { n: builtIn(count()) }, inputs: [byK(g, source)] }),
  );
  assert.deepEqual(referenceRun(graph, { in: [[]] }).sinks, { out: [] });
  assert.deepEqual(referenceRun(graph, {}).sinks, { out: [] });
  assert.throws(() => referenceRun(graph, {}, { order: [["nope", 0]] }), { code: "TM_NOT_FOUND" });
});
