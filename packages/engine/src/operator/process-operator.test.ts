import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { PLAIN_CODEC } from "../state/state-codec.ts";
import { MAX_WATERMARK, NO_EVENT_TIME } from "../time/watermark.ts";
import {
  clock,
  rec,
  runScript,
  watermark,
  type ScriptElement,
  type ScriptResult,
} from "./operator-script.test-only.ts";
import { ProcessOperator } from "./process-operator.ts";
import type { ProcessSpec } from "./process-spec.ts";

interface Value {
  readonly k: string;
  readonly v: number;
}
interface Timer {
  at(time: number): void;
  clear(): void;
}
interface Context {
  readonly key: string;
  readonly time: number;
  readonly watermark: number;
  now(): number;
  readonly state: {
    readonly n: { get(): number | undefined; set(n: number): void; clear(): void };
    readonly list: {
      get(): readonly unknown[];
      add(value: unknown): void;
      set(values: readonly unknown[]): void;
      clear(): void;
    };
    readonly map: {
      get(key: string): unknown;
      has(key: string): boolean;
      set(key: string, value: unknown): void;
      delete(key: string): void;
      keys(): readonly string[];
      entries(): unknown;
      readonly size: number;
      clear(): void;
    };
  };
  timer(name: "event" | "other" | "wall"): Timer;
  emit(record: unknown): void;
}

const v = (k: string, value: number): Value => ({ k, v: value });

function runProcess(
  functions: {
    onRecord(record: Value, c: Context): unknown;
    event?(c: Context): unknown;
    other?(c: Context): unknown;
    wall?(c: Context): unknown;
  },
  script: readonly ScriptElement[],
  options: { debug?: boolean; emits?: ProcessSpec["emits"] } = {},
): ScriptResult {
  const ignore = (): void => undefined;
  const spec: ProcessSpec = {
    emits: options.emits === undefined ? z.object({ k: z.string(), text: z.string() }) : options.emits,
    states: (["value", "list", "map"] as const).map((kind) => ({
      name: kind === "value" ? "n" : kind,
      kind,
      codec: PLAIN_CODEC,
    })),
    timers: [
      { name: "event", domain: "eventTime" },
      { name: "other", domain: "eventTime" },
      { name: "wall", domain: "processingTime" },
    ],
    onRecord: functions.onRecord as ProcessSpec["onRecord"],
    onTimer: [functions.event, functions.other, functions.wall].map(
      (fn) => (fn ?? ignore) as ProcessSpec["onTimer"][number],
    ),
  };
  return runScript({
    make: (context) => new ProcessOperator(context, { spec }),
    script,
    debug: options.debug ?? false,
  });
}

const texts = ({ rows }: ScriptResult): string[] =>
  rows.map(({ value, time }) => `${(value as { text: string }).text}@${time}`);
const say = (c: Context, text: string): void => {
  c.emit({ k: c.key, text });
};

test("state of every kind lasts from record to record", () => {
  const result = runProcess(
    {
      onRecord(r, c) {
        const { n, list, map } = c.state;
        n.set((n.get() ?? 0) + r.v);
        list.add({ seen: r.v });
        map.set(`v${r.v}`, r.v);
        if (map.has("v3")) map.delete("v1");
        say(
          c,
          `${n.get()} ${JSON.stringify(list.get())} ${map.keys().join(" ")} ${map.size} ${JSON.stringify(map.entries())} ${String(map.get("v2"))}`,
        );
        if (r.v === 3) {
          n.clear();
          list.clear();
          map.clear();
        }
      },
    },
    [rec(v("a", 1), 1), rec(v("b", 9), 1), rec(v("a", 2), 2), rec(v("a", 3), 3)],
  );
  assert.deepEqual(
    texts(result).filter((text) => !text.startsWith("9")),
    [
      `1 [{"seen":1}] v1 1 [["v1",1]] undefined@1`,
      `3 [{"seen":1},{"seen":2}] v1 v2 2 [["v1",1],["v2",2]] 2@2`,
      `6 [{"seen":1},{"seen":2},{"seen":3}] v2 v3 2 [["v2",2],["v3",3]] 2@3`,
    ],
  );
  assert.equal(result.keys, 1);
});

test("event-time timers fire in order of time before later records and with their own time", () => {
  const result = runProcess(
    {
      onRecord(r, c) {
        say(c, `record ${r.v}`);
        c.timer("event").at(c.time + 10);
        c.timer("other").at(c.time + 5);
      },
      event: (c) => {
        say(c, "event");
      },
      other: (c) => {
        say(c, `other ${c.watermark}`);
      },
    },
    [rec(v("a", 1), 0), watermark(4), watermark(20), rec(v("a", 2), 25), watermark(MAX_WATERMARK)],
  );
  assert.deepEqual(texts(result), [
    "record 1@0",
    "other 20@5",
    "event@10",
    "record 2@25",
    "other Infinity@30",
    "event@35",
  ]);
  assert.deepEqual(result.rows.map(({ watermark: before }) => before).slice(1, 4), [4, 9, 20]);
  assert.equal(result.keys, 0);
});

test("a timer is pending once: at replaces, clear forgets, a time that has passed fires after the record", () => {
  const result = runProcess(
    {
      onRecord(r, c) {
        if (r.v === 0) c.timer("event").clear();
        else c.timer("event").at(r.v);
        say(c, "record");
      },
      event: (c) => {
        say(c, `timer ${c.time}`);
      },
    },
    [rec(v("a", 50), 1), rec(v("a", 20), 2), rec(v("b", 30), 2), rec(v("b", 0), 3), watermark(40), rec(v("a", 7), 41)],
  );
  assert.deepEqual(
    texts(result).filter((text) => text.startsWith("timer")),
    ["timer 20@20", "timer 7@7"],
  );
  assert.equal(result.keys, 0);
});

test("processing-time timers follow the wall clock, their output the stream's time", () => {
  const result = runProcess(
    {
      onRecord(_r, c) {
        c.timer("wall").at(c.now() + 100);
      },
      wall: (c) => {
        say(c, `wall ${c.time} ${c.now()}`);
        if (c.time < 300) c.timer("wall").at(c.time + 100);
      },
    },
    [clock(50), rec(v("a", 1), 7), clock(149), clock(150), watermark(9), clock(1_000)],
  );
  assert.deepEqual(texts(result), [`wall 150 150@${NO_EVENT_TIME}`, "wall 250 1000@9", "wall 350 1000@9"]);
  assert.equal(result.keys, 0);
});

test("a record whose function throws leaves no trace", () => {
  const result = runProcess(
    {
      onRecord(r, c) {
        c.state.n.set(r.v);
        c.state.list.add(r.v);
        c.state.map.set("x", r.v);
        c.timer("event").at(r.v);
        for (let i = 0; i < 1_500; i++) say(c, `${r.v}`);
        if (r.v > 50) throw new Error("too much");
      },
      event: (c) => {
        say(c, `timer ${c.time} ${c.state.n.get()} ${c.state.list.get().length} ${String(c.state.map.get("x"))}`);
      },
    },
    [rec(v("a", 10), 1), rec(v("a", 99), 2), rec(v("b", 99), 2), watermark(100)],
  );
  assert.equal(result.rows.length, 1_501);
  assert.equal(texts(result).at(-1), "timer 10 10 1 10@10");
  assert.deepEqual(
    result.errors.map(({ key, record }) => [key, record]),
    [
      ["a", v("a", 99)],
      ["b", v("b", 99)],
    ],
  );
  assert.equal(result.keys, 1);
});

test("a timer whose function throws is undone, but has fired", () => {
  const result = runProcess(
    {
      onRecord: (_r, c) => {
        c.timer("event").at(5);
      },
      event: (c) => {
        c.state.n.set(1);
        c.timer("other").at(6);
        say(c, "never seen");
        throw new Error("in timer");
      },
    },
    [rec(v("a", 1), 1), watermark(10), watermark(20)],
  );
  assert.deepEqual(result.rows, []);
  assert.deepEqual(result.errors, [{ message: "in timer", key: "a", record: null }]);
  assert.equal(result.keys, 0);
});

test("misuse is the record's error", () => {
  let kept: Context | null = null;
  const misuses: ((c: Context) => unknown)[] = [
    (c) => {
      c.timer("nope" as "event").at(1);
    },
    (c) => {
      c.timer("event").at(Number.NaN);
    },
    (c) => {
      c.emit({ k: "a", text: 7 });
    },
    (c) => {
      c.state.n.set((() => 1) as unknown as number);
    },
    async (c) => {
      say(c, "never seen");
    },
    (c) => {
      kept = c;
    },
  ];
  const result = runProcess(
    { onRecord: (r, c) => misuses[r.v]?.(c) },
    misuses.map((_, i) => rec(v("a", i), i)),
  );
  assert.deepEqual(result.rows, []);
  const messages = result.errors.map(({ message }) => message);
  [/no timer "nope"/, /epoch milliseconds/, /text/, /function/, /promise/].forEach((expected, i) =>
    assert.match(messages[i] ?? "", expected),
  );
  assert.equal(messages.length, 5);
  assert.throws(() => kept?.state.n.get(), /used after its call/);
});

test("without emits nothing can be emitted", () => {
  const result = runProcess({ onRecord: (_r, c) => say(c, "x") }, [rec(v("a", 1), 1)], { emits: null });
  assert.match(result.errors[0]?.message ?? "", /add emits/);
});

test("a timer that sets itself again for ever is stopped, at the end and for its own time", () => {
  for (const again of [(c: Context) => c.time + 1, (c: Context) => c.time]) {
    let calls = 0;
    const result = runProcess(
      {
        onRecord: (_r, c) => {
          c.timer("event").at(c.time);
        },
        event: (c) => {
          if (calls++ > 1_000_000) throw new Error("not stopped");
          c.timer("event").at(again(c));
        },
      },
      [rec(v("a", 1), 1), watermark(again({ time: 1 } as Context) === 1 ? 1 : MAX_WATERMARK)],
    );
    assert.match(result.errors[0]?.message ?? "", /sets itself again without end/);
    assert.equal(result.keys, 0);
  }
});

test("in debug mode a kept record throws after its row", () => {
  let kept: Value | null = null;
  const result = runProcess(
    {
      onRecord(r) {
        if (kept !== null) assert.throws(() => kept?.v, /kept after the call/);
        kept = r;
      },
    },
    [rec(v("a", 1), 1), rec(v("a", 2), 2)],
    { debug: true },
  );
  assert.deepEqual(result.errors, []);
});
