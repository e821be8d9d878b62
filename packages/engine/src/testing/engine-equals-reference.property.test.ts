import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import {
  collect,
  count,
  custom,
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
} from "../dsl/aggregates.ts";
import { pipeline, type Pipeline } from "../dsl/pipeline.ts";
import type { Schema } from "../dsl/schema.ts";
import type { Stream } from "../dsl/stream.ts";
import { state } from "../dsl/state.ts";
import { cumulate, hopping, session, tumbling } from "../dsl/windows.ts";
import type { WindowSpec } from "../operator/window-spec.ts";
import { checkAgainstReference, drives, type AgainstOptions } from "./against-reference.test-only.ts";
import type { Pick } from "./reference/element.ts";
import { events, splitEvents, withTime, type Event, type EventOptions } from "./arbitraries.test-only.ts";
import { schemaOf } from "./reference/graph.test-only.ts";

const RUNS = 40;

/** With columns for every field but the key. */
const EventColumns = z.object({
  key: z.any(),
  t: z.number(),
  i: z.int(),
  v: z.number(),
  text: z.string(),
  flag: z.boolean(),
  maybe: z.int().optional(),
  orNull: z.string().nullable(),
}) as unknown as Schema & {
  readonly "~standard": { readonly types?: { readonly input: Event; readonly output: Event } };
};

/** Without JSON Schema: a record is one value. */
const EventValue = schemaOf(() => true) as typeof EventColumns;

/** The two forms in which a record of a source is held. */
const schemas = fc.constantFrom(EventColumns, EventValue);

type Source = Stream<Event>;

/** A pipeline over source "in" of events. */
function overEvents(
  schema: typeof EventColumns,
  build: (source: Source, p: Parameters<Parameters<typeof pipeline>[1]>[0]) => void,
  onError: "fail" | "deadLetter" = "fail",
): Pipeline {
  return pipeline(
    "test",
    (p) => {
      build(p.source("in", schema, { eventTime: (e) => e.t, outOfOrder: "10ms", idle: "never", maxAhead: "1d" }), p);
    },
    { onError },
  );
}

/** Random events through `build`, in the engine and in the reference. */
async function holds(options: {
  events?: EventOptions;
  runs?: number;
  build: (source: Source, p: Parameters<Parameters<typeof pipeline>[1]>[0]) => void;
  onError?: "fail" | "deadLetter";
  schemas?: fc.Arbitrary<typeof EventColumns>;
  against?: AgainstOptions;
}): Promise<void> {
  const property = fc.asyncProperty(
    options.schemas ?? schemas,
    events(options.events),
    drives,
    async (schema, list, drive) => {
      const inputs = { in: [list.map((value) => ({ kind: "record", value }) as const)] };
      await checkAgainstReference(overEvents(schema, options.build, options.onError), inputs, drive, options.against);
    },
  );
  await fc.assert(property, { numRuns: options.runs ?? RUNS, endOnFailure: true });
}

const WINDOWS: Readonly<Record<string, WindowSpec>> = {
  tumbling: tumbling("30ms"),
  "tumbling with an offset": tumbling("30ms", { offset: "7ms" }),
  hopping: hopping("40ms", "10ms"),
  cumulate: cumulate("60ms", "20ms"),
  session: session("15ms"),
};

for (const [name, window] of Object.entries(WINDOWS)) {
  for (const allowedLateness of ["0ms", "50ms"] as const) {
    test(`${name} windows, allowed lateness ${allowedLateness}`, () =>
      holds({
        events: { keys: "odd", straggleMs: 90 },
        build(source, p) {
          source
            .keyBy((e) => e.key)
            .window(window, { allowedLateness, late: p.sink("late") })
            .aggregate("w", {
              n: count(),
              s: sum((e: Event) => e.v),
              lo: min((e: Event) => e.v),
              hi: max((e: Event) => e.v),
              f: first((e: Event) => e.i),
              l: last(),
              top: topK(2, (e: Event) => e.text),
              d: distinctCount((e: Event) => [e.flag, e.v]),
              c: collect((e: Event) => e.i, { max: 4 }),
              q: quantile((e: Event) => e.v, 0.5),
              own: custom({
                create: (): number[] => [],
                add: (seen: number[], e: Event) => [...seen, e.i],
                merge: (a: number[], b: number[]) => [...a, ...b],
                result: (seen: number[]) => seen.join(),
              }),
            })
            .to(p.sink("out"));
        },
      }));
  }
}

test("fractions, -0 and NaN in every aggregate of a window", () =>
  holds({
    events: { numbers: "any" },
    // A validating schema would refuse NaN.
    schemas: fc.constant(EventValue),
    against: { compare: { out: { relativeTolerance: 1e-9 } } },
    build(source, p) {
      source
        .keyBy((e) => e.key)
        .window(tumbling("100ms"))
        .aggregate("w", {
          s: sum((e: Event) => e.v),
          m: mean((e: Event) => e.v),
          // Whole numbers: the variance of fractions that are nearly equal is all rounding.
          va: variance((e: Event) => Math.trunc(e.v)),
          lo: min((e: Event) => e.v),
          hi: max((e: Event) => e.v),
          f: first((e: Event) => e.v),
          q: quantile((e: Event) => e.v, 0.9),
          top: topK(3, (e: Event) => e.v),
          d: distinctCount((e: Event) => e.v),
        })
        .to(p.sink("out"));
    },
  }));

for (const [name, window] of Object.entries(WINDOWS)) {
  test(`${name} windows, with aggregates that throw`, () =>
    holds({
      events: { straggleMs: 90 },
      onError: "deadLetter",
      build(source, p) {
        source
          .keyBy((e) => e.key)
          .window(window, { allowedLateness: "50ms", late: p.sink("late") })
          .aggregate("w", {
            n: count(),
            seen: custom({
              create: (): number[] => [],
              add(seen: number[], e: Event) {
                seen.push(e.i);
                if (e.i % 7 === 6) throw new Error("add");
                return seen;
              },
              merge: (a: number[], b: number[]) => [...a, ...b],
              result(seen: number[]) {
                if (seen.length % 3 === 2) throw new Error("result");
                return seen.join();
              },
            }),
          })
          .to(p.sink("out"));
      },
    }));
}

test("NaN in aggregates that are merged from panes", () =>
  holds({
    events: { numbers: "any" },
    schemas: fc.constant(EventValue),
    build(source, p) {
      source
        .keyBy((e) => e.key)
        .window(hopping("60ms", "20ms"))
        .aggregate("w", {
          lo: min((e: Event) => e.v),
          hi: max((e: Event) => e.v),
          q: quantile((e: Event) => e.v, 0.5),
          top: topK(3, (e: Event) => e.v),
          d: distinctCount((e: Event) => e.v),
          c: collect((e: Event) => e.v, { max: 5 }),
        })
        .to(p.sink("out"));
    },
  }));

test("map, filter, flatMap and what throws in them", () =>
  holds({
    events: { keys: "odd", numbers: "any" },
    schemas: fc.constant(EventValue),
    onError: "deadLetter",
    build(source, p) {
      source
        .filter((e) => {
          if (e.i % 13 === 12) throw new Error("filter");
          return e.flag || e.v > 0;
        })
        .map((e) => ({ ...e, v: e.v * 2, extra: [e.key, e.maybe ?? null] }))
        .flatMap((e) => {
          if (e.i % 7 === 6) throw new Error("flatMap");
          return e.orNull === null ? [] : [e, { ...e, text: `${e.text}!` }];
        })
        .map((e) => (e.i % 2 === 0 ? e.text : { only: e.extra }))
        .to(p.sink("out"));
      source.map((e) => e.maybe ?? null).to(p.sink("nullable"));
    },
  }));

test("unwindowed aggregate and reduce are changelogs; what throws in them changes nothing", () =>
  holds({
    events: { keys: "odd" },
    onError: "deadLetter",
    against: { compare: { reduced: { keyOf: (r) => (r as Event).key } } },
    build(source, p) {
      const byKey = source.keyBy((e) => {
        if (e.i % 11 === 10) throw new Error("keyBy");
        return e.key;
      });
      const value = (e: Event): number => {
        if (e.i % 5 === 4) throw new Error("aggregate");
        return e.v;
      };
      byKey
        .aggregate("table", {
          n: count(),
          s: sum(value),
          l: last((e: Event) => e.i),
          top: topK(1, (e: Event) => e.text),
          c: collect((e: Event) => e.i, { max: 3 }),
        })
        .to(p.sink("table-out"));
      byKey
        .reduce("reduce", (a, e) => {
          if (e.i % 7 === 6) throw new Error("reduce");
          return { ...e, v: a.v + e.v };
        })
        .to(p.sink("reduced"));
    },
  }));

const Emitted = z.object({ key: z.any(), what: z.string(), at: z.number(), n: z.number(), seen: z.any() });

test("process: state of all kinds, event-time timers, errors that undo", () =>
  holds({
    events: { keys: "odd", straggleMs: 60 },
    onError: "deadLetter",
    build(source, p) {
      source
        .keyBy((e) => e.key)
        .process("p", {
          emits: Emitted,
          state: { n: state.value(z.number()), seen: state.list(z.any()), by: state.map(z.any()) },
          timers: ["quiet", "tick"],
          onRecord(e, c) {
            const n = (c.state.n.get() ?? 0) + 1;
            c.state.n.set(n);
            c.state.seen.add({ i: e.i, v: e.v });
            c.state.by.set(e.text, ((c.state.by.get(e.text) as number | undefined) ?? 0) + 1);
            if (e.flag) c.state.by.delete("x");
            c.timer("quiet").at(c.time + 15);
            if (e.maybe !== undefined) c.timer("tick").at(c.time + e.maybe * 10 - 10);
            if (e.maybe === 3) c.timer("tick").clear();
            c.emit({ key: c.key, what: "record", at: c.time, n, seen: c.state.by.entries() });
            if (e.i % 5 === 4) throw new Error("undone");
          },
          onTimer: {
            quiet(c) {
              c.emit({ key: c.key, what: "quiet", at: c.time, n: c.state.n.get() ?? 0, seen: c.state.seen.get() });
              c.state.n.clear();
              c.state.seen.set(c.state.seen.get().slice(-2));
              if (c.state.by.size > 2) c.state.by.clear();
            },
            tick(c) {
              c.state.seen.add("tick");
              c.emit({ key: c.key, what: "tick", at: c.time, n: c.state.seen.get().length, seen: c.state.by.has("y") });
              if (c.time % 3 === 0) throw new Error("timer undone");
              if (c.time % 2 === 0) c.timer("tick").at(c.time + 7);
            },
          },
        })
        .to(p.sink("out"));
    },
  }));

test("process: processing-time timers follow the wall clock", async () => {
  const build = (schema: typeof EventColumns): Pipeline =>
    overEvents(schema, (source, p) => {
      source
        .keyBy((e) => e.key)
        .process("p", {
          emits: Emitted,
          state: { n: state.value(z.number()) },
          timers: { flush: "processingTime", late: "eventTime" },
          onRecord(e, c) {
            c.state.n.set((c.state.n.get() ?? 0) + e.v);
            c.timer("flush").at(c.now() + 20);
            c.timer("late").at(c.time + 30);
          },
          onTimer: {
            flush(c) {
              c.emit({ key: c.key, what: "flush", at: c.time, n: c.state.n.get() ?? 0, seen: c.now() });
              if ((c.state.n.get() ?? 0) > 10) c.timer("flush").at(c.time + 5);
              c.state.n.clear();
            },
            late: (c) => c.emit({ key: c.key, what: "late", at: c.time, n: c.state.n.get() ?? 0, seen: null }),
          },
        })
        .to(p.sink("out"));
    });
  const input = events({ keys: "odd" }).chain((list) => withTime(list, { clockMs: 15 }));
  await fc.assert(
    fc.asyncProperty(schemas, input, drives, (schema, elements, drive) =>
      checkAgainstReference(build(schema), { in: [elements] }, drive, { usesClock: true }),
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
});

test("records that are invalid, malformed, without a time, or from the far future", async () => {
  const build = (policy: "skip" | "deadLetter"): Pipeline =>
    pipeline("test", (p) => {
      p.source("in", EventColumns, {
        eventTime: (e) => {
          if (e.text === "y") throw new Error("no time");
          return e.flag && e.maybe === 1 ? Number.NaN : e.maybe === 2 ? e.t + 5_000_000 : e.t;
        },
        maxAhead: "1h",
        onInvalid: policy,
      })
        .keyBy((e) => e.key)
        .window(tumbling("20ms"), { late: p.sink("late") })
        .aggregate("w", { c: collect((e: Event) => e.i, { max: 100 }) })
        .to(p.sink("out"));
    });
  const elements = events({ straggleMs: 40 }).map((list) =>
    list.map((event) => {
      if (event.v === 3) return { kind: "malformed", raw: `{"i":${event.i}` } as const;
      return { kind: "record", value: event.v < -10 ? { ...event, t: "never" } : event.v < -5 ? null : event } as const;
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("skip" as const, "deadLetter" as const), elements, drives, (policy, list, drive) =>
      checkAgainstReference(build(policy), { in: [list] }, drive),
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
});

for (const kind of ["toTable", "aggregate", "reduce"] as const) {
  test(`lookup in a table made by ${kind}`, async () => {
    const build = (schema: typeof EventColumns): Pipeline =>
      pipeline(
        "test",
        (p) => {
          const options = { eventTime: (e: Event) => e.t, outOfOrder: "10ms", idle: "never" } as const;
          const byKey = p.source("stream", schema, options).keyBy((e) => e.key);
          const tableInput = p.source("table", schema, options).keyBy((e) => e.key);
          const join = (e: Event, row: unknown): unknown => {
            if (e.i % 9 === 8) throw new Error("lookup");
            return { key: e.key, i: e.i, row: row ?? null };
          };
          const out = p.sink("out");
          if (kind === "toTable") byKey.lookup("l", tableInput.toTable("t"), (e, row) => join(e, row?.i)).to(out);
          else if (kind === "aggregate")
            byKey.lookup("l", tableInput.aggregate("t", { n: count() }), (e, row) => join(e, row?.n)).to(out);
          else
            byKey
              .lookup(
                "l",
                tableInput.reduce("t", (a, b) => ({ ...b, v: a.v + b.v })),
                (e, row) => join(e, row?.v),
              )
              .to(out);
        },
        { onError: "deadLetter" },
      );
    // The whole only: a row waits for the table, and then for the rows before it, but for those in its own task alone.
    const both = fc
      .tuple(
        splitEvents("stream", 1, { keys: "odd", straggleMs: 60 }),
        splitEvents("table", 1, { keys: "odd", straggleMs: 60 }),
      )
      .chain(([stream, table]) => {
        const picks = [...stream.order, ...table.order];
        return fc
          .shuffledSubarray(picks, { minLength: picks.length })
          .map((order) => ({ inputs: { ...stream.inputs, ...table.inputs }, order }));
      });
    await fc.assert(
      fc.asyncProperty(schemas, both, drives, (schema, { inputs, order }, drive) =>
        checkAgainstReference(build(schema), inputs, drive, { order, wholeOnly: true }),
      ),
      { numRuns: RUNS, endOnFailure: true },
    );
  });
}

test("lookup in a table made of the same stream", () =>
  holds({
    events: { keys: "odd", straggleMs: 60 },
    against: { wholeOnly: true },
    build(source, p) {
      const byKey = source.keyBy((e) => e.key);
      const seen = byKey.aggregate("seen", { n: count(), is: collect((e: Event) => e.i, { max: 50 }) });
      byKey
        .lookup("l", seen, (e, row) => ({ key: e.key, i: e.i, n: row?.n ?? 0, is: row?.is ?? null }))
        .to(p.sink("out"));
    },
  }));

test("merge of sources with several splits, into a window", async () => {
  const build = (schema: typeof EventColumns): Pipeline =>
    pipeline("test", (p) => {
      const options = { eventTime: (e: Event) => e.t, outOfOrder: "300ms", idle: "never" } as const;
      const odd = p.source("a", schema, options).map((e) => ({ ...e, from: "a" }));
      const even = p.source("b", schema, options).map((e) => ({ ...e, from: "b" }));
      odd
        .merge(even)
        .keyBy((e) => e.key)
        .window(hopping("40ms", "20ms"))
        .aggregate("w", {
          n: count(),
          s: sum((e: Event) => e.v),
          top: topK(3, (e: Event) => e.text),
          d: distinctCount((e: Event) => e.i),
        })
        .to(p.sink("out"));
    });
  const both = fc.tuple(splitEvents("a", 3, { keys: "odd" }), splitEvents("b", 2, { keys: "odd" })).chain(([a, b]) => {
    const picks = [...a.order, ...b.order];
    return fc
      .shuffledSubarray(picks, { minLength: picks.length })
      .map((order) => ({ inputs: { ...a.inputs, ...b.inputs }, order }));
  });
  await fc.assert(
    fc.asyncProperty(schemas, both, drives, (schema, { inputs, order }, drive) =>
      checkAgainstReference(build(schema), inputs, drive, { order }),
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
});

test("splits that go idle and come back hold nothing back meanwhile", async () => {
  const build = (schema: typeof EventColumns, allowedLateness: "0ms" | "40ms"): Pipeline =>
    pipeline("test", (p) => {
      p.source("in", schema, { eventTime: (e) => e.t, outOfOrder: "5ms", idle: "20ms" })
        .keyBy((e) => e.key)
        .window(tumbling("25ms"), { allowedLateness, late: p.sink("late") })
        .aggregate("w", { c: collect((e: Event) => e.i, { max: 100 }) })
        .to(p.sink("out"));
    });
  const input = fc.integer({ min: 1, max: 3 }).chain((splits) =>
    fc
      .array(
        events({ maxLength: 25 }).chain((list) => withTime(list, { clockMs: 15, watermarks: true })),
        { minLength: splits, maxLength: splits },
      )
      .chain((lists) => {
        const picks = lists.flatMap((elements, split) => elements.map((): Pick => ["in", split]));
        return fc
          .shuffledSubarray(picks, { minLength: picks.length })
          .map((order) => ({ inputs: { in: lists }, order }));
      }),
  );
  // Idleness begins anew with a restart, so what is late may differ: nothing crashes here. Nor may a subtask have some of the splits:
  // its watermark stays where it was when the slower of them was idle, which the others' may not have reached.
  const calm = drives.map(({ chunks, faults, parallelism }) => ({
    chunks,
    faults: faults.map((fault) => (fault === "none" ? ("none" as const) : ("checkpoint" as const))),
    parallelism: [parallelism[0] === 1 ? 1 : 4],
  }));
  await fc.assert(
    fc.asyncProperty(
      schemas,
      fc.constantFrom("0ms" as const, "40ms" as const),
      input,
      calm,
      (schema, lateness, { inputs, order }, drive) =>
        checkAgainstReference(build(schema, lateness), inputs, drive, { order }),
    ),
    { numRuns: RUNS, endOnFailure: true },
  );
});

test("windows of windows, and both branches of a split stream", () =>
  holds({
    build(source, p) {
      const first = source
        .keyBy((e) => e.key)
        .window(tumbling("20ms"))
        .aggregate("first", { n: count(), s: sum((e: Event) => e.v) });
      first
        .keyBy((w) => w.n)
        .window(tumbling("60ms"))
        .aggregate("second", {
          windows: count(),
          total: sum((w: { s: number }) => w.s),
          starts: topK(9, (w: { window: { start: number } }) => w.window.start),
        })
        .to(p.sink("out"));
      const positive = source.filter((e) => e.v > 0).map((e) => e.v);
      const negative = source.filter((e) => e.v <= 0).map((e) => -e.v);
      positive
        .merge(negative)
        .keyBy((v) => v % 3)
        .window(session("25ms"))
        .aggregate("sessions", { n: count(), s: sum((v: number) => v), hi: max((v: number) => v) })
        .to(p.sink("sessions-out"));
    },
  }));

test("branches of a stream that are merged again, stateless and with state, into windows without slack", () =>
  holds({
    events: { straggleMs: 60 },
    build(source, p) {
      const low = source.filter((e) => e.v <= 0).map((e) => ({ ...e, from: "low" }));
      const high = source.filter((e) => e.v > 0).map((e) => ({ ...e, from: "high" }));
      const twice = source.flatMap((e) => [
        { ...e, from: "one" },
        { ...e, from: "two" },
      ]);
      const all = low.merge(high).merge(twice);
      all.to(p.sink("all"));
      const byKey = all.keyBy((e) => e.key);
      byKey
        .window(tumbling("10ms"), { late: p.sink("late") })
        .aggregate("w", {
          n: count(),
          c: collect((e: { i: number; from: string }) => `${e.i}${e.from}`, { max: 50 }),
        })
        .to(p.sink("out"));
      const sums = byKey.window(tumbling("20ms")).aggregate("sums", { n: count() });
      const sessions = byKey.window(session("5ms")).aggregate("sessions", { n: count() });
      // Between two firings of one rise of time no order is promised: each is alone in a window of its own length.
      sums
        .merge(sessions)
        .keyBy((w) => [String(w.key), w.window.start, w.window.end])
        .window(tumbling("1ms"))
        .aggregate("again", { n: count(), s: sum((w: { n: number }) => w.n) })
        .to(p.sink("again"));
    },
  }));

/** Many events of many keys, from a seed: full batches, full channels, growing tables. */
function manyEvents(seed: number, length: number): readonly Event[] {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  let newest = 1_000;
  return Array.from({ length }, (_, i): Event => {
    newest += below(3);
    const t = newest - (below(50) === 0 ? below(400) : below(10));
    return { key: `k${below(700)}`, t, i, v: below(100), text: `t${below(9)}`, flag: below(2) === 0, orNull: null };
  });
}

test("many records and keys at once", async () => {
  const build = (schema: typeof EventColumns): Pipeline =>
    overEvents(schema, (source, p) => {
      const byKey = source.keyBy((e) => e.key);
      const late = p.sink("late");
      const all = { n: count(), s: sum((e: Event) => e.v), q: quantile((e: Event) => e.v, 0.5) };
      byKey
        .window(hopping("400ms", "100ms"), { allowedLateness: "200ms", late })
        .aggregate("hop", all)
        .to(p.sink("hops"));
      byKey.window(session("300ms"), { allowedLateness: "100ms" }).aggregate("session", all).to(p.sink("sessions"));
      byKey.aggregate("table", { n: count(), l: last((e: Event) => e.i) }).to(p.sink("table-out"));
      byKey
        .process("p", {
          emits: Emitted,
          state: { n: state.value(z.number()) },
          timers: ["quiet"],
          onRecord(e, c) {
            c.state.n.set((c.state.n.get() ?? 0) + e.v);
            c.timer("quiet").at(c.time + 250);
          },
          onTimer: {
            quiet(c) {
              c.emit({ key: c.key, what: "quiet", at: c.time, n: c.state.n.get() ?? 0, seen: null });
              c.state.n.clear();
            },
          },
        })
        .to(p.sink("quiet-out"));
    });
  const big = drives.map((drive) => ({ ...drive, chunks: drive.chunks.map((size) => size * 200) }));
  await fc.assert(
    fc.asyncProperty(schemas, fc.nat(), big, (schema, seed, drive) => {
      const inputs = { in: [manyEvents(seed, 6_000).map((value) => ({ kind: "record", value }) as const)] };
      // The reference is too slow to be asked at every checkpoint.
      return checkAgainstReference(build(schema), inputs, drive, { wholeOnly: true });
    }),
    { numRuns: 3, endOnFailure: true },
  );
});
