import * as v from "valibot";
import { type as ark } from "arktype";
import { z } from "zod";
import { count, max, quantile, sum } from "./aggregates.ts";
import { pipeline } from "./pipeline.ts";
import type { PipelineBuilder } from "./pipeline-builder.ts";
import { state } from "./state.ts";
import type { KeyedStream, Stream } from "./stream.ts";
import { hopping, session, tumbling } from "./windows.ts";

// Mistakes that must not compile; tsc is the test. Nothing here is run: pipeline.test.ts shows what those mistakes that types cannot
// keep out of JavaScript say at run time.

const Flight = z.object({ date: z.string(), delay: z.number(), origin: z.string(), destination: z.string() });
type FlightRow = { date: string; delay: number; origin: string; destination: string };
const Other = v.object({ temperature: v.number() });

interface Given {
  readonly p: PipelineBuilder;
  readonly flights: Stream<FlightRow>;
  readonly byOrigin: KeyedStream<string, FlightRow>;
}
/** Each property is a group of mistakes. */
export const REJECTED: Readonly<Record<string, (given: Given) => void>> = {
  wrongField({ p, flights, byOrigin }) {
    // @ts-expect-error -- no such field
    flights.map((f) => f.nope);
    // @ts-expect-error -- no such field
    flights.keyBy((f) => f.nope);
    // @ts-expect-error -- no such field
    flights.filter((f) => f.nope > 0);
    // @ts-expect-error -- no such field
    byOrigin.window(tumbling("1h")).aggregate("w", { p95: quantile((f) => f.nope, 0.95) });
    // @ts-expect-error -- a string is no number
    byOrigin.aggregate("a", { total: sum((f) => f.origin) });
    // @ts-expect-error -- no such field
    p.source("s", Flight, { eventTime: (f) => f.nope });
    // @ts-expect-error -- event time is a number
    p.source("s", Flight, { eventTime: (f) => f.date });
    const hourly = byOrigin.window(tumbling("1h")).aggregate("w", { n: count() });
    // @ts-expect-error -- no such field of the result
    hourly.map((r) => r.m);
    // @ts-expect-error -- a string is not a list of records
    flights.flatMap((f) => f.origin);
    // @ts-expect-error -- records are read-only
    flights.map((f) => (f.delay = 0));
  },

  wrongKey({ flights }) {
    // @ts-expect-error -- an object is no key
    flights.keyBy((f) => ({ origin: f.origin }));
    // @ts-expect-error -- null is no key
    flights.keyBy((f) => (f.delay > 0 ? f.origin : null));
    // @ts-expect-error -- a date is no part of a key
    flights.keyBy((f) => [f.origin, new Date(f.date)]);
  },

  wrongSink({ p, flights, byOrigin }) {
    // @ts-expect-error -- the records have no temperature
    flights.to(p.sink("out", Other));
    const hourly = byOrigin.window(tumbling("1h")).aggregate("w", { n: count() });
    // @ts-expect-error -- n is a number
    hourly.to(p.sink("out", z.object({ n: z.string() })));
    // @ts-expect-error -- there is no p95
    byOrigin.aggregate("a", { n: count() }).to(p.sink("out", ark({ key: "string", p95: "number" })));
    // @ts-expect-error -- the key is a string
    byOrigin.aggregate("a", { n: count() }).to(p.sink("out", z.object({ key: z.number() })));
    // @ts-expect-error -- a sink is made by p.sink
    flights.to("out");
    const temperatures = p.sink("temperatures", Other);
    // @ts-expect-error -- late records are flights
    byOrigin.window(tumbling("1h"), { late: temperatures });
    // @ts-expect-error -- late records are flights
    byOrigin.window(tumbling("1h"), { late: p.sink("late", Other) });
  },

  wrongStreams({ p, flights, byOrigin }) {
    // @ts-expect-error -- another record type
    flights.merge(p.source("other", Other));
    // @ts-expect-error -- nothing to merge with
    flights.merge();
    const byNumber = flights.keyBy((f) => f.delay).toTable("by-number");
    // @ts-expect-error -- the table has another kind of key
    byOrigin.lookup("l", byNumber, (f) => f);
    // @ts-expect-error -- a keyed stream is no table
    byOrigin.lookup("l", byOrigin, (f) => f);
    const places = p
      .source("places", v.object({ iata: v.string() }))
      .keyBy((a) => a.iata)
      .toTable("places");
    // @ts-expect-error -- the row may be missing
    byOrigin.lookup("l", places, (_f, a) => a.iata);
    // @ts-expect-error -- reduce gives what it takes
    byOrigin.reduce("r", (a) => a.delay);
  },

  windowOnUnkeyedStream({ flights }) {
    // @ts-expect-error -- keyBy first
    flights.window(tumbling("1h"));
    // @ts-expect-error -- keyBy first
    flights.process("p", { onRecord() {} });
    // @ts-expect-error -- keyBy first
    flights.aggregate("a", { n: count() });
  },

  bareDuration({ p, byOrigin }) {
    // @ts-expect-error -- "1h"
    tumbling("1 hour");
    // @ts-expect-error -- "15m"
    tumbling(15);
    // @ts-expect-error -- a number has no unit
    session("30");
    // @ts-expect-error -- a unit has no number
    hopping("1h", "m");
    // @ts-expect-error -- "1h"
    tumbling("1h", { offset: "hour" });
    // @ts-expect-error -- "15m"
    p.source("s", Flight, { outOfOrder: 900_000 });
    // @ts-expect-error -- "1m" or "never"
    p.source("s", Flight, { idle: "forever" });
    // @ts-expect-error -- "4h"
    byOrigin.window(tumbling("1h"), { allowedLateness: "4 hours" });
  },

  missingId({ byOrigin }) {
    // @ts-expect-error -- a stable id
    byOrigin.aggregate({ n: count() });
    // @ts-expect-error -- a stable id
    byOrigin.window(tumbling("1h")).aggregate({ n: count() });
    // @ts-expect-error -- a stable id
    byOrigin.reduce((a) => a);
    // @ts-expect-error -- a stable id
    byOrigin.process({ onRecord() {} });
    // @ts-expect-error -- a stable id
    byOrigin.toTable();
  },

  wrongResultName({ byOrigin }) {
    // @ts-expect-error -- results have a key already
    byOrigin.aggregate("a", { key: count() });
    // @ts-expect-error -- results have a window already
    byOrigin.window(tumbling("1h")).aggregate("w", { window: count() });
    // @ts-expect-error -- results have a revision already
    byOrigin.window(tumbling("1h")).aggregate("w", { revision: max((f) => f.delay) });
    // @ts-expect-error -- count is a function to call
    byOrigin.aggregate("a", { n: count });
  },

  wrongTimer({ byOrigin }) {
    byOrigin.process("p", {
      timers: ["quiet"],
      onRecord(_f, c) {
        // @ts-expect-error -- no such timer
        c.timer("loud").at(0);
      },
      onTimer: { quiet() {} },
    });
    byOrigin.process("p", {
      timers: ["quiet"],
      onRecord() {},
      // @ts-expect-error -- no such timer
      onTimer: { quiet() {}, loud() {} },
    });
    byOrigin.process("p", {
      timers: ["quiet", "other"],
      onRecord() {},
      // @ts-expect-error -- "other" has no function
      onTimer: { quiet() {} },
    });
    // @ts-expect-error -- onTimer is missing
    byOrigin.process("p", { timers: ["quiet"], onRecord() {} });
    // @ts-expect-error -- onTimer without timers
    byOrigin.process("p", { onRecord() {}, onTimer: { quiet() {} } });
    byOrigin.process("p", {
      // @ts-expect-error -- no such domain
      timers: { quiet: "wallClock" },
      onRecord() {},
      onTimer: { quiet() {} },
    });
    byOrigin.process("p", {
      onRecord(_f, c) {
        // @ts-expect-error -- no timer was declared
        c.timer("quiet").clear();
      },
    });
    byOrigin.process("p", {
      timers: ["quiet"],
      onRecord(_f, c) {
        // @ts-expect-error -- timers are set to a time in ms
        c.timer("quiet").at("1h");
      },
      onTimer: { quiet() {} },
    });
  },

  wrongState({ byOrigin }) {
    byOrigin.process("p", {
      state: { n: state.value(z.number()), list: state.list(v.string()), map: state.map(ark("number")) },
      onRecord(f, c) {
        // @ts-expect-error -- n is a number
        c.state.n.set(f.origin);
        // @ts-expect-error -- nothing may be held yet
        c.state.n.set(c.state.n.get() + 1);
        // @ts-expect-error -- the list holds strings
        c.state.list.add(f.delay);
        // @ts-expect-error -- the map holds numbers
        c.state.map.set(f.origin, f.origin);
        // @ts-expect-error -- the map's keys are strings
        c.state.map.set(f.delay, f.delay);
        // @ts-expect-error -- no such state
        c.state.other.clear();
        // @ts-expect-error -- a value is not a list
        c.state.n.add(1);
      },
    });
    // @ts-expect-error -- a state is declared with state.value, state.list or state.map
    byOrigin.process("p", { state: { n: z.number() }, onRecord() {} });
    // @ts-expect-error -- a schema
    state.value("number");
  },

  wrongEmit({ byOrigin }) {
    byOrigin.process("p", {
      emits: z.object({ airport: z.string() }),
      onRecord(f, c) {
        // @ts-expect-error -- the airport is a string
        c.emit({ airport: f.delay });
      },
    });
    byOrigin.process("p", {
      onRecord(f, c) {
        // @ts-expect-error -- nothing is said to be emitted
        c.emit({ airport: f.origin });
      },
    });
    // @ts-expect-error -- onRecord is missing
    byOrigin.process("p", {});
  },

  wrongPolicy({ p }) {
    // @ts-expect-error -- "fail", "skip" or "deadLetter"
    p.source("s", Flight, { onInvalid: "ignore" });
    // @ts-expect-error -- "fail", "skip" or "deadLetter"
    pipeline("x", () => {}, { onError: "ignore" });
    // @ts-expect-error -- no schema
    p.source("s", { type: "object" });
  },
};
