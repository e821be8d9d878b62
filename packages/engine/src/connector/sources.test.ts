import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RecordSchema } from "../record/record-schema.ts";
import { layoutOf, VALUE_LAYOUT } from "../record/layout.ts";
import { cellOf } from "../record/cell.ts";
import { memoryHost, type MemoryHost } from "../testing/memory-host.ts";
import { generate } from "./generate.ts";
import { script } from "./script.ts";
import type { SourceConnector, SourcePoll, SplitReader } from "./source-connector.ts";
import { sourceSuite } from "./source.conformance.ts";

const ANY: RecordSchema = {
  layout: VALUE_LAYOUT,
  jsonSchema: null,
  trust: true,
  validate: (value) => ({ ok: true, value }),
};
const ODD_ONLY: RecordSchema = {
  layout: layoutOf([{ name: "n", kind: "int32", nullable: false, optional: false }]),
  jsonSchema: null,
  trust: false,
  validate: (value) =>
    (value as { n: number }).n % 2 === 1 ? { ok: true, value } : { ok: false, issues: "n is even" },
};

async function openReader(
  source: SourceConnector,
  host: MemoryHost,
  options: { split?: string; position?: number; schema?: RecordSchema } = {},
): Promise<SplitReader> {
  const { split = "0", position = null, schema = ANY } = options;
  const splits = await source.splits({ host, port: "p" });
  return await source.openReader(
    splits.find(({ id }) => id === split)!,
    position,
    { host, port: "p", schema },
  );
}

function values(poll: SourcePoll): unknown[] {
  assert.equal(poll.kind, "batch");
  const { batch } = poll;
  return Array.from({ length: batch.length }, (_, row) => cellOf(batch.columns[0]!, row));
}

describe("generate", () => {
  sourceSuite({
    test,
    open: () => {
      const count = 3_000;
      const expected = [0, 1, 2].map((split) =>
        Array.from({ length: 1_000 }, (_, i) => i * 3 + split).map((n) =>
          n % 2 === 1 ? { n } : { invalid: `{"n":${n}}` },
        ),
      );
      const { source } = generate({ record: (n) => ({ n }), count, splits: 3 });
      return Promise.resolve({
        host: memoryHost(),
        source: source!,
        schema: ODD_ONLY,
        expected: { "0": expected[0]!, "1": expected[1]!, "2": expected[2]! },
      });
    },
  });

  test("is endless without a count, and bounded with one", () => {
    assert.equal(generate({ record: String }).source!.bounded, false);
    assert.equal(generate({ record: String, count: 1 }).source!.bounded, true);
  });

  test("keeps to its rate by the host's clock", async () => {
    const host = memoryHost();
    const reader = await openReader(generate({ record: (n) => n, recordsPerSecond: 10 }).source!, host);
    assert.equal(reader.poll().kind, "waiting");
    await host.runUntil(reader.ready());
    assert.equal(host.clock.monotonicMs(), 100);
    assert.deepEqual(values(reader.poll()), [0]);
    await host.advance(350);
    assert.deepEqual(values(reader.poll()), [1, 2, 3]);
    assert.equal(reader.poll().kind, "waiting");
  });

  test("a record function that throws breaks the source with its number", async () => {
    const make = (n: number): number => {
      if (n === 2) throw new Error("no such record");
      return n;
    };
    const reader = await openReader(generate({ record: make }).source!, memoryHost());
    assert.deepEqual(values(reader.poll()), [0, 1]);
    assert.equal(reader.poll().kind, "waiting");
    await assert.rejects(reader.ready(), { code: "TM_USER_CODE", message: /no such record.*index=2/ });
    assert.deepEqual(reader.position(), { next: 2 });
  });

  test("options and positions that make no sense are refused", async () => {
    for (const options of [{ splits: 0 }, { splits: 1.5 }, { count: -1 }, { recordsPerSecond: 0 }]) {
      assert.throws(() => generate({ record: String, ...options }), { code: "TM_BINDING" });
    }
    await assert.rejects(openReader(generate({ record: String }).source!, memoryHost(), { position: 3 }), {
      code: "TM_SOURCE",
    });
  });
});

describe("script", () => {
  sourceSuite({
    test,
    open: () => {
      const { source } = script({
        a: [
          { record: { n: 1 } },
          { watermark: 5 },
          { record: { n: 2 } },
          { malformed: "oops" },
          { watermark: 9 },
          { record: { n: 3 } },
          "end",
        ],
        b: ["end"],
      });
      const a = [{ n: 1 }, { invalid: '{"n":2}' }, { invalid: "oops" }, { n: 3 }];
      return Promise.resolve({ host: memoryHost(), source, schema: ODD_ONLY, expected: { a, b: [] } });
    },
  });

  test("watermarks end a batch and come with it", async () => {
    const reader = await openReader(
      script([{ watermark: 1 }, { record: 7 }, { record: 8 }, { watermark: 2 }, "end"]).source,
      memoryHost(),
    );
    const polls = [reader.poll(), reader.poll()];
    assert.deepEqual(polls.map(values), [[], [7, 8]]);
    assert.deepEqual(
      polls.map((poll) => poll.kind === "batch" && poll.batch.watermark),
      [1, 2],
    );
    assert.equal(reader.poll().kind, "ended");
  });

  test("waits by the host's clock, again after a restart", async () => {
    const host = memoryHost();
    const { source } = script([{ record: 1 }, { wait: "5s" }, { record: 2 }, "end"]);
    const reader = await openReader(source, host);
    assert.deepEqual(values(reader.poll()), [1]);
    assert.equal(reader.poll().kind, "waiting");
    await host.runUntil(reader.ready());
    assert.equal(host.clock.monotonicMs(), 5_000);
    const restarted = await openReader(source, host, { position: reader.position() as number });
    assert.equal(restarted.poll().kind, "waiting");
    assert.deepEqual(values(reader.poll()), [2]);
  });

  test("a script without an end waits for what is appended, also by a reader that was opened before a crash", async () => {
    const host = memoryHost();
    const scripted = script([{ record: 1 }]);
    assert.equal(scripted.source.bounded, false);
    const reader = await openReader(scripted.source, host);
    assert.deepEqual(values(reader.poll()), [1]);
    assert.equal(reader.poll().kind, "waiting");
    const ready = reader.ready();
    scripted.append("0", { record: 2 }, "end");
    await ready;
    const position = reader.position() as number;
    assert.deepEqual(values(reader.poll()), [2]);
    const restarted = await openReader(scripted.source, host, { position });
    assert.deepEqual(values(restarted.poll()), [2]);
    assert.equal(restarted.poll().kind, "ended");
    assert.throws(() => scripted.append("0", { record: 3 }), { code: "TM_BINDING" });
    assert.throws(() => scripted.append("1", { record: 3 }), { code: "TM_NOT_FOUND" });
  });

  test("a position beyond the script is refused", async () => {
    await assert.rejects(openReader(script(["end"]).source, memoryHost(), { position: 2 }), { code: "TM_SOURCE" });
  });
});
