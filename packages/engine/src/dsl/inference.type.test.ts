import { test } from "node:test";
import { type as ark } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Window } from "../operator/window-spec.ts";
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
  type TopEntry,
} from "./aggregates.ts";
import { pipeline } from "./pipeline.ts";
import type { Sink } from "./sink.ts";
import { state } from "./state.ts";
import type { KeyedStream, Stream } from "./stream.ts";
import type { Table } from "./table.ts";
import { cumulate, hopping, session, tumbling } from "./windows.ts";

// What is written here without type arguments must be inferred; tsc is the test, running it shows that the code is real.

type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
/** Compiles only with `true`: `expectType<Equal<typeof x, string>>()`. */
function expectType<Holds extends true>(): void {
  void (0 as unknown as Holds);
}
/** The record type of a stream. */
type In<S> = S extends Stream<infer T> ? T : never;

const Flight = z.object({ date: z.string(), delay: z.number(), origin: z.string(), destination: z.string() });
type Flight = z.infer<typeof Flight>;

interface Plain {
  id: number;
  note?: string;
}
/** A Standard Schema written by hand, without JSON Schema. */
const Plain: StandardSchemaV1<unknown, Plain> = {
  "~standard": {
    version: 1,
    vendor: "hand",
    validate: (value) =>
      typeof value === "object" && value !== null && "id" in value && typeof value.id === "number"
        ? { value: { id: value.id } }
        : { issues: [{ message: "id must be a number" }] },
  },
};

test("the record type of a source is the output of its schema, whatever library made it", () => {
  pipeline("schemas", (p) => {
    const zod = p.source("zod", Flight, {
      eventTime: (f) => {
        expectType<Equal<typeof f, Readonly<Flight>>>();
        return Date.parse(f.date);
      },
      outOfOrder: "15m",
      idle: "never",
      maxAhead: "1.5h",
      onInvalid: "deadLetter",
      trust: true,
    });
    expectType<Equal<typeof zod, Stream<Flight>>>();

    const valibot = p.source("valibot", v.object({ iata: v.string(), state: v.optional(v.string()) }));
    expectType<Equal<In<typeof valibot>, { iata: string; state?: string | undefined }>>();

    const arktype = p.source("arktype", ark({ key: "string", "n?": "number" }));
    expectType<Equal<In<typeof arktype>, { key: string; n?: number }>>();

    const hand = p.source("hand", Plain);
    expectType<Equal<typeof hand, Stream<Plain>>>();

    const transformed = p.source("transformed", z.object({ at: z.string().transform((text) => new Date(text)) }));
    expectType<Equal<In<typeof transformed>, { at: Date }>>();

    const line = p.source("line", z.string());
    expectType<Equal<typeof line, Stream<string>>>();
  });
});

test("stateless steps carry types along", () => {
  pipeline("stateless", (p) => {
    const flights = p.source("flights", Flight);
    const short = flights.map((f) => ({ from: f.origin, late: f.delay > 0 }));
    expectType<Equal<typeof short, Stream<{ from: string; late: boolean }>>>();
    const spread = flights.map(({ date, ...rest }) => ({ ...rest, at: Date.parse(date) }));
    expectType<Equal<In<typeof spread>["at"], number>>();
    const words = flights.flatMap((f) => f.origin.split(""));
    expectType<Equal<typeof words, Stream<string>>>();
    const pairs = flights.flatMap(function* (f) {
      yield { at: f.origin };
      yield { at: f.destination };
    });
    expectType<Equal<typeof pairs, Stream<{ at: string }>>>();
    const some = flights.flatMap((f) => (f.delay > 0 ? [{ at: f.origin, n: 1 }] : []));
    expectType<Equal<typeof some, Stream<{ at: string; n: number }>>>();
    const fromSet = flights.flatMap((f) => new Set([f.origin, f.destination]));
    expectType<Equal<typeof fromSet, Stream<string>>>();
    const same = flights
      .filter((f) => f.delay > 0)
      .merge(
        flights.filter((f) => f.delay < 0),
        flights,
      );
    expectType<Equal<typeof same, Stream<Flight>>>();

    const events = p.source(
      "events",
      z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("bid"), price: z.number() }),
        z.object({ kind: z.literal("auction"), item: z.string() }),
      ]),
    );
    const bids = events.filter((e): e is { kind: "bid"; price: number } => e.kind === "bid").map((b) => b.price);
    expectType<Equal<typeof bids, Stream<number>>>();
    // TypeScript infers the guard from the comparison.
    const items = events.filter((e) => e.kind === "auction").map((a) => a.item);
    expectType<Equal<typeof items, Stream<string>>>();
  });
});

test("keys are what the key function returns", () => {
  pipeline("keys", (p) => {
    const flights = p.source("flights", Flight);
    expectType<Equal<ReturnType<typeof byOrigin>, KeyedStream<string, Flight>>>();
    function byOrigin(): KeyedStream<string, Flight> {
      return flights.keyBy((f) => f.origin);
    }
    byOrigin();
    const byPair = flights.keyBy((f) => [f.origin, f.delay]);
    expectType<Equal<typeof byPair, KeyedStream<readonly [string, number], Flight>>>();
    const pairs = byPair.aggregate("pairs", { n: count() });
    expectType<Equal<typeof pairs, Table<readonly [string, number], { key: [string, number]; n: number }>>>();
    const byId = p.source("plain", Plain).keyBy((r) => BigInt(r.id));
    expectType<Equal<typeof byId, KeyedStream<bigint, Plain>>>();
  });
});

test("a window's result has a field for each aggregate, whose functions need no annotation", () => {
  pipeline("windows", (p) => {
    const byOrigin = p.source("flights", Flight, { eventTime: (f) => Date.parse(f.date) }).keyBy((f) => f.origin);
    const hourly = byOrigin
      .window(tumbling("1h"), { allowedLateness: "4h", late: p.sink("too-late", Flight) })
      .aggregate("hourly", {
        n: count(),
        total: sum((f) => f.delay),
        least: min((f) => f.delay),
        most: max((f) => f.delay),
        average: mean((f) => f.delay),
        spread: variance((f) => f.delay),
        p95: quantile((f) => f.delay, 0.95),
        opening: first((f) => f.destination),
        whole: last(),
        worst: topK(3, (f) => f.destination),
        places: distinctCount((f) => f.destination),
        some: collect((f) => ({ to: f.destination }), { max: 3 }),
        own: custom({
          create: () => ({ late: 0, all: 0 }),
          add: (a, f) => ({ late: a.late + (f.delay > 0 ? 1 : 0), all: a.all + 1 }),
          merge: (a, b) => ({ late: a.late + b.late, all: a.all + b.all }),
          result: (a) => a.late / a.all,
        }),
      });
    expectType<
      Equal<
        In<typeof hourly>,
        {
          key: string;
          window: Window;
          revision: number;
          n: number;
          total: number;
          least: number;
          most: number;
          average: number;
          spread: number;
          p95: number;
          opening: string;
          whole: Readonly<Flight>;
          worst: readonly TopEntry<string>[];
          places: number;
          some: readonly { to: string }[];
          own: number;
        }
      >
    >();
    // zod, arktype and valibot each describe the part of the result that a sink wants.
    hourly.to(
      p.sink(
        "zod",
        z.object({ key: z.string(), window: z.object({ start: z.number(), end: z.number() }), n: z.number() }),
      ),
    );
    hourly
      .to(p.sink("ark", ark({ key: "string", p95: "number" })))
      .to(p.sink("valibot", v.object({ opening: v.string() })));
    hourly.to(p.sink("any"));
    byOrigin.window(hopping("1h", "10m", { offset: "5m" })).aggregate("hop", { n: count() });
    byOrigin.window(cumulate("1d", "1h")).aggregate("cumulate", { n: count() });
    byOrigin.window(session("30m")).aggregate("session", { n: count() });
  });
});

test("tables carry their rows to lookups and sinks", () => {
  pipeline("tables", (p) => {
    const byOrigin = p.source("flights", Flight).keyBy((f) => f.origin);
    const totals = byOrigin.aggregate("totals", { n: count(), worst: max((f) => f.delay) });
    expectType<Equal<typeof totals, Table<string, { key: string; n: number; worst: number }>>>();
    const worst = byOrigin.reduce("worst", (a, f) => (f.delay > a.delay ? { ...f } : { ...a }));
    expectType<Equal<typeof worst, Table<string, Flight>>>();
    const airports = p
      .source("airports", v.object({ iata: v.string(), state: v.string() }))
      .keyBy((a) => a.iata)
      .toTable("airports");
    const placed = byOrigin
      .lookup("state", airports, (f, a) => ({ ...f, state: a?.state ?? "??" }))
      .filter((f) => f.state === "CA");
    expectType<Equal<In<typeof placed>["state"], string>>();
    totals.to(p.sink("totals", z.object({ key: z.string(), n: z.number() }))).to(p.sink("totals-again"));
    placed.to(p.sink("placed"));
  });
});

test("a process function knows its record, key, states, timers and output", () => {
  pipeline("process", (p) => {
    const byOrigin = p.source("flights", Flight, { eventTime: (f) => Date.parse(f.date) }).keyBy((f) => f.origin);
    const bursts = byOrigin.process("burst", {
      emits: z.object({ airport: z.string(), late: z.number() }),
      state: {
        late: state.value(z.object({ n: z.number(), since: z.number() })),
        seen: state.list(v.string()),
        per: state.map(ark("number")),
      },
      timers: ["quiet", "later"],
      onRecord(f, c) {
        expectType<Equal<typeof f, Readonly<Flight>>>();
        expectType<Equal<typeof c.key, string>>();
        expectType<
          Equal<
            readonly [typeof c.time, typeof c.watermark, ReturnType<typeof c.now>],
            readonly [number, number, number]
          >
        >();
        const s = c.state.late.get();
        expectType<Equal<typeof s, { n: number; since: number } | undefined>>();
        c.state.late.set({ n: (s?.n ?? 0) + 1, since: c.time });
        c.state.seen.add(f.destination);
        expectType<Equal<ReturnType<typeof c.state.seen.get>, readonly string[]>>();
        c.state.per.set(f.destination, (c.state.per.get(f.destination) ?? 0) + 1);
        c.timer("quiet").at(c.time + 3_600_000);
        c.timer("later").clear();
        c.emit({ airport: c.key, late: f.delay });
      },
      onTimer: {
        quiet: (c) => {
          c.state.late.clear();
        },
        later(c) {
          expectType<Equal<Parameters<typeof c.timer>[0], "quiet" | "later">>();
          c.emit({ airport: c.key, late: c.state.per.size });
        },
      },
    });
    expectType<Equal<typeof bursts, Stream<{ airport: string; late: number }>>>();
    bursts.to(p.sink("bursts", z.object({ airport: z.string(), late: z.number() })));

    const mixed = byOrigin.process("mixed", {
      timers: { quiet: "eventTime", flush: "processingTime" },
      onRecord: (_f, c) => {
        c.timer("flush").at(c.now() + 1_000);
      },
      onTimer: { quiet() {}, flush() {} },
    });
    expectType<Equal<typeof mixed, Stream<never>>>();
    byOrigin.process("bare", { onRecord() {} });
    const emitter = byOrigin.process("emitter", {
      emits: Plain,
      onRecord: (f, c) => {
        c.emit({ id: f.delay });
      },
    });
    expectType<Equal<typeof emitter, Stream<Plain>>>();
    expectType<Equal<Sink<Plain>["port"], string>>();
  });
});
