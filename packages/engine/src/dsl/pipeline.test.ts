import assert from "node:assert/strict";
import { test } from "node:test";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type as ark } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { TidemarkError, type ErrorFacts } from "../foundation/error.ts";
import type { ErrorCode } from "../foundation/error-codes.ts";
import type { LogicalNode } from "../graph/logical-graph.ts";
import { collect, count, custom, quantile, sum, topK } from "./aggregates.ts";
import { isPipeline, pipeline, type Pipeline } from "./pipeline.ts";
import type { PipelineBuilder } from "./pipeline-builder.ts";
import { state } from "./state.ts";
import type { KeyedStream, Stream } from "./stream.ts";
import { cumulate, hopping, session, tumbling } from "./windows.ts";

const Flight = z.object({ date: z.string(), delay: z.number(), origin: z.string(), destination: z.string() });
type Flight = z.infer<typeof Flight>;
const eventTime = (f: Readonly<Flight>): number => Date.parse(f.date);

function errorOf(run: () => unknown): { code: ErrorCode; message: string; facts: ErrorFacts } {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof TidemarkError, String(error));
    return error;
  }
  assert.fail("nothing was thrown");
}
/** What a pipeline of one keyed source says to a mistake in JavaScript. */
function mistake(
  write: (given: { p: PipelineBuilder; flights: Stream<Flight>; byOrigin: KeyedStream<string, Flight> }) => void,
): string {
  const error = errorOf(() =>
    pipeline("js", (p) => {
      const flights = p.source("flights", Flight, { eventTime });
      write({ p, flights, byOrigin: flights.keyBy((f) => f.origin) });
    }),
  );
  return `${error.code} ${error.message}`;
}
function withJsonSchema(json: Record<string, unknown>): StandardSchemaV1 {
  const convert = (): Record<string, unknown> => json;
  const jsonSchema = { input: convert, output: convert };
  const standard = { version: 1 as const, vendor: "test", validate: (value: unknown) => ({ value }), jsonSchema };
  return { "~standard": standard };
}
const shape = ({ graph }: Pipeline): unknown[] =>
  graph.nodes.map((node) => [
    node.kind,
    node.name,
    node.inputs.map(({ node: from, output }) => (output === "main" ? from : `${from}/${output}`)),
  ]);
function nodeNamed<K extends LogicalNode["kind"]>(
  { graph }: Pipeline,
  kind: K,
  name: string,
): Extract<LogicalNode, { kind: K }> {
  const found = graph.nodes.find(
    (node): node is Extract<LogicalNode, { kind: K }> => node.kind === kind && node.name === name,
  );
  assert.ok(found !== undefined);
  return found;
}

test("each call adds its node, in order, sinks last", () => {
  const built = pipeline(
    "delays",
    (p) => {
      const flights = p.source("flights", Flight, {
        eventTime,
        outOfOrder: "15m",
        idle: "never",
        maxAhead: "2h",
        onInvalid: "skip",
        trust: true,
      });
      const byOrigin = flights
        .filter((f) => f.delay > 0)
        .merge(flights)
        .keyBy((f) => f.origin);
      byOrigin
        .window(tumbling("1h"), { allowedLateness: "4h", late: p.sink("too-late", Flight) })
        .aggregate("hourly", { n: count(), p95: quantile((f) => f.delay, 0.95) })
        .to(p.sink("hourly"));
      const places = p
        .source("places", v.object({ iata: v.string() }))
        .keyBy((a) => a.iata)
        .toTable("places");
      byOrigin
        .lookup("placed", places, (f, a) => ({ ...f, known: a !== undefined }))
        .map((f) => f.known)
        .to(p.sink("known"));
      byOrigin.aggregate("totals", { n: count() }).to(p.sink("totals"));
      byOrigin
        .reduce("worst", (a, f) => (f.delay > a.delay ? f : a))
        .to(p.sink("worst"))
        .to(p.sink("worst-again"));
    },
    { onError: "deadLetter" },
  );
  assert.deepEqual(shape(built), [
    ["source", "flights", []],
    ["filter", "filter-1", [0]],
    ["merge", "merge-1", [1, 0]],
    ["keyBy", "keyBy-1", [2]],
    ["window", "hourly", [3]],
    ["source", "places", []],
    ["keyBy", "keyBy-2", [5]],
    ["lookup", "placed", [3, 6]],
    ["map", "map-1", [7]],
    ["aggregate", "totals", [3]],
    ["reduce", "worst", [3]],
    ["sink", "too-late", ["4/late"]],
    ["sink", "hourly", [4]],
    ["sink", "known", [8]],
    ["sink", "totals", [9]],
    ["sink", "worst", [10]],
    ["sink", "worst-again", [10]],
  ]);
  assert.equal(built.name, "delays");
  assert.equal(built.graph.onError, "deadLetter");
  assert.deepEqual(built.warnings, []);
  const { options, schema } = nodeNamed(built, "source", "flights");
  assert.deepEqual(options, {
    eventTime,
    outOfOrderMs: 900_000,
    idleMs: null,
    maxAheadMs: 7_200_000,
    onInvalid: "skip",
    trust: true,
  });
  assert.equal(schema, Flight);
  const hourly = nodeNamed(built, "window", "hourly");
  assert.equal(hourly.allowedLatenessMs, 14_400_000);
  assert.deepEqual(hourly.window, { kind: "tumbling", sizeMs: 3_600_000, offsetMs: 0 });
  assert.deepEqual(Object.keys(hourly.aggregates), ["n", "p95"]);
  assert.equal(nodeNamed(built, "sink", "too-late").schema, Flight);
  assert.equal(nodeNamed(built, "sink", "hourly").schema, null);
});

test("defaults of a source and of a pipeline", () => {
  const built = pipeline("p", (p) => void p.source("in", Flight).to(p.sink("out")));
  assert.deepEqual(nodeNamed(built, "source", "in").options, {
    eventTime: null,
    outOfOrderMs: 0,
    idleMs: 60_000,
    maxAheadMs: 86_400_000,
    onInvalid: "fail",
    trust: false,
  });
  assert.equal(built.graph.onError, "fail");
});

test("windows in ms, offsets within one period", () => {
  assert.deepEqual(tumbling("1h", { offset: "90m" }), { kind: "tumbling", sizeMs: 3_600_000, offsetMs: 1_800_000 });
  assert.deepEqual(hopping("1h", "10m", { offset: "15m" }), {
    kind: "hopping",
    sizeMs: 3_600_000,
    slideMs: 600_000,
    offsetMs: 300_000,
  });
  assert.deepEqual(cumulate("1d", "1h"), { kind: "cumulate", sizeMs: 86_400_000, stepMs: 3_600_000, offsetMs: 0 });
  assert.deepEqual(session("30m"), { kind: "session", gapMs: 1_800_000 });
  assert.equal(errorOf(() => tumbling("0ms")).code, "TM_DURATION");
  assert.equal(errorOf(() => tumbling("1 hour" as never)).facts["what"], "size of a tumbling window");
  assert.match(
    errorOf(() => hopping("1h", "7m")).message,
    /the slide of a hopping window must divide its size\. size=1h, slide=7m/,
  );
  assert.match(errorOf(() => cumulate("1h", "2h")).message, /the step of a cumulate window must divide its size/);
});

test("process functions become specs: states with their codecs, timers with their domains and functions in order", () => {
  const quiet = (): void => {};
  const flush = (): void => {};
  const onRecord = (): void => {};
  const Late = z.object({ n: z.number() });
  const built = pipeline("p", (p) => {
    const keyed = p.source("in", Flight, { eventTime }).keyBy((f) => f.origin);
    keyed
      .process("one", {
        emits: Flight,
        state: { late: state.value(Late), seen: state.list(ark("string")), per: state.map(v.number()) },
        timers: { quiet: "eventTime", flush: "processingTime" },
        onRecord,
        onTimer: { flush, quiet },
      })
      .to(p.sink("out"));
    keyed.process("two", { timers: ["quiet"], onRecord, onTimer: { quiet } });
  });
  assert.deepEqual(built.warnings, []);
  const { spec } = nodeNamed(built, "process", "one");
  assert.equal(spec.emits, Flight);
  assert.deepEqual(
    spec.states.map(({ name, kind }) => [name, kind]),
    [
      ["late", "value"],
      ["seen", "list"],
      ["per", "map"],
    ],
  );
  assert.deepEqual(spec.timers, [
    { name: "quiet", domain: "eventTime" },
    { name: "flush", domain: "processingTime" },
  ]);
  assert.deepEqual(spec.onTimer, [quiet, flush]);
  assert.equal(spec.onRecord, onRecord);
  const two = nodeNamed(built, "process", "two").spec;
  assert.equal(two.emits, null);
  assert.deepEqual(two.timers, [{ name: "quiet", domain: "eventTime" }]);
});

test("a state's codec knows its JSON Schema where the schema offers one, and names it by what it says", () => {
  const { codec } = state.value(z.object({ n: z.number(), since: z.number() }));
  assert.equal((codec.jsonSchema as { type: string }).type, "object");
  assert.match(codec.schemaHash, /^[0-9a-f]{16}$/);
  assert.equal(state.list(z.object({ n: z.number(), since: z.number() })).codec.schemaHash, codec.schemaHash);
  assert.notEqual(state.value(z.object({ n: z.number() })).codec.schemaHash, codec.schemaHash);
  assert.match(state.value(ark({ n: "number" })).codec.schemaHash, /^[0-9a-f]{16}$/);
  assert.match(state.value(toStandardJsonSchema(v.object({ n: v.number() }))).codec.schemaHash, /^[0-9a-f]{16}$/);
  // The order in which a JSON Schema lists its members says nothing.
  const one = withJsonSchema({ type: "object", properties: { a: {}, b: {} } });
  const other = withJsonSchema({ properties: { b: {}, a: {} }, type: "object" });
  assert.equal(state.value(one).codec.schemaHash, state.value(other).codec.schemaHash);
  // Plain valibot has no JSON Schema of its own.
  assert.equal(state.value(v.object({ n: v.number() })).codec.schemaHash, "plain");
});

test("a pipeline is recognised, other things are not", () => {
  const built = pipeline("p", (p) => void p.source("in", Flight).to(p.sink("out")));
  assert.equal(isPipeline(built), true);
  for (const other of [null, undefined, "p", {}, { name: "p", graph: built.graph }, () => built])
    assert.equal(isPipeline(other), false);
});

test("streams that lead nowhere are warnings", () => {
  const built = pipeline("p", (p) => void p.source("in", Flight).map((f) => f.delay));
  assert.deepEqual(
    built.warnings.map((warning) => warning.message),
    ['the stream of map "map-1" leads nowhere; write it to a sink with .to(…), or remove it'],
  );
});

test("mistakes in the graph say what to write instead", () => {
  assert.match(
    mistake(({ byOrigin, p }) => void byOrigin.aggregate("a", { n: count() }).to(p.sink("x")).to(p.sink("x"))),
    /^TM_PIPELINE port "x" is declared twice/,
  );
  assert.match(
    mistake(({ byOrigin }) => {
      byOrigin.aggregate("a", { n: count() });
      byOrigin.toTable("a");
    }),
    /^TM_PIPELINE stable id "a" is used twice/,
  );
  assert.match(
    mistake(({ p }) => void p.sink("unused")),
    /^TM_PIPELINE no stream leads to sink "unused"/,
  );
  assert.match(errorOf(() => pipeline("p", () => {})).message, /a pipeline needs a source/);
  assert.match(
    errorOf(() =>
      pipeline(
        "p",
        (p) =>
          void p
            .source("in", Flight)
            .keyBy((f) => f.origin)
            .window(tumbling("1h"))
            .aggregate("w", { n: count() }),
      ),
    ).message,
    /window "w" needs event time, but source "in" declares none.*pipeline=p/,
  );
});

test("parts of another pipeline, and steps after the end, are refused", () => {
  let stream: Stream<Flight> | undefined;
  let sink: ReturnType<PipelineBuilder["sink"]> | undefined;
  pipeline("one", (p) => {
    stream = p.source("in", Flight);
    sink = p.sink("out");
    stream.to(sink);
  });
  assert.match(
    mistake(({ flights }) => void flights.merge(stream as Stream<Flight>)),
    /^TM_PIPELINE a merged stream must be of the same pipeline/,
  );
  assert.match(
    mistake(({ flights }) => void flights.to(sink as never)),
    /^TM_PIPELINE a stream can only lead to a sink of its own pipeline/,
  );
  assert.match(
    errorOf(() => stream?.map((f) => f)).message,
    /a map was added after the pipeline's build function had returned/,
  );
  assert.match(
    errorOf(() => pipeline("p", Object(async () => {}) as () => void)).message,
    /an AsyncFunction cannot be one/,
  );
  assert.match(errorOf(() => pipeline("p", () => Promise.resolve() as never)).message, /must not return a promise/);
});

test("what types keep from TypeScript users, JavaScript users are told in words", () => {
  const bad = undefined as never;
  const cases: [string, RegExp][] = [
    [
      mistake(({ flights }) => void flights.map(bad)),
      /^TM_PIPELINE map needs a function, not a value of type undefined/,
    ],
    [
      mistake(({ flights }) => void flights.map(async (f) => f)),
      /^TM_PIPELINE map needs a plain function: steps are synchronous, so an AsyncFunction cannot be one/,
    ],
    [
      mistake(({ flights }) => void flights.map(function* () {})),
      /map needs a plain function: a GeneratorFunction returns an iterator that nobody reads/,
    ],
    [
      mistake(({ flights }) => void flights.flatMap(async function* () {} as never)),
      /flatMap needs a plain function: steps are synchronous, so an AsyncGeneratorFunction cannot be one/,
    ],
    [mistake(({ flights }) => void flights.keyBy(null as never)), /^TM_PIPELINE keyBy needs a function, not null/],
    [mistake(({ byOrigin }) => void byOrigin.aggregate({ n: count() } as never, bad)), /^TM_PIPELINE/],
    [mistake(({ byOrigin }) => void byOrigin.aggregate("a", {})), /aggregate "a" needs at least one named aggregate/],
    [
      mistake(({ byOrigin }) => void byOrigin.aggregate("a", { key: count() } as never)),
      /names a result "key", which its results have already/,
    ],
    [
      mistake(({ byOrigin }) => void byOrigin.aggregate("a", { n: count } as never)),
      /result "n" of aggregate "a" is no aggregate; write a call/,
    ],
    [mistake(({ byOrigin }) => void byOrigin.reduce("a b", (a) => a)), /the stable id of a reduce step needs a name/],
    [
      mistake(({ byOrigin }) => void byOrigin.lookup("l", bad, () => 0)),
      /the table of lookup "l" must be of the same pipeline/,
    ],
    [
      mistake(({ p }) => void p.source("s", { type: "object" } as never)),
      /^TM_SCHEMA source "s" needs a schema that implements Standard Schema/,
    ],
    [
      mistake(({ p }) => void p.source("s", Flight, { onInvalid: "ignore" as never })),
      /onInvalid of source "s" must be "fail", "skip" or "deadLetter"/,
    ],
    [
      mistake(({ p }) => void p.source("s", Flight, { outOfOrder: 15 as never })),
      /^TM_DURATION .*what=outOfOrder of source "s", given=15/,
    ],
    [
      mistake(({ byOrigin }) => void byOrigin.process("p", { timers: ["a"], onRecord() {} } as never)),
      /timer "a" without a function: add onTimer/,
    ],
    [
      mistake(({ byOrigin }) => void byOrigin.process("p", { onRecord() {}, onTimer: { a() {} } } as never)),
      /a function for timer "a", which it does not declare/,
    ],
    [
      mistake(({ byOrigin }) => void byOrigin.process("p", { timers: ["a", "a"], onRecord() {}, onTimer: { a() {} } })),
      /declares a timer twice/,
    ],
    [
      mistake(
        ({ byOrigin }) =>
          void byOrigin.process("p", { timers: { a: "wall" }, onRecord() {}, onTimer: { a() {} } } as never),
      ),
      /timer "a" of process "p" must be "eventTime" or "processingTime"/,
    ],
    [
      mistake(({ byOrigin }) => void byOrigin.process("p", { state: { n: z.number() as never }, onRecord() {} })),
      /state "n" of process "p" is no declaration; write state\.value\(schema\)/,
    ],
  ];
  for (const [given, words] of cases) assert.match(given, words);
  assert.equal(errorOf(() => state.value(5 as never)).code, "TM_SCHEMA");
});

test("aggregates check their own arguments", () => {
  const one = (): number => 1;
  assert.match(
    errorOf(() => quantile(one, 95)).message,
    /the q of quantile must be from 0 to 1, such as 0\.95\. given=95/,
  );
  assert.match(errorOf(() => quantile(one, Number.NaN)).message, /from 0 to 1/);
  assert.match(errorOf(() => topK(0, one)).message, /the k of topK must be a whole number above 0\. given=0/);
  assert.match(errorOf(() => collect(one, { max: 1.5 })).message, /the max of collect must be a whole number above 0/);
  assert.match(errorOf(() => sum("delay" as never)).message, /sum needs a function, not a value of type string/);
  assert.match(errorOf(() => custom({ create: one } as never)).message, /add of custom needs a function/);
  assert.equal(quantile(one, 0).parameters["q"], 0);
});
