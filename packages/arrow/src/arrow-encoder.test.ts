import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pipeline, start } from "@tidemark/engine";
import type { Column, Field, PreparedOutput, RecordBatch } from "@tidemark/engine/connector";
import { memoryHost, script, SCRIPT_SPLIT } from "@tidemark/engine/testing";
import { tableFromIPC } from "apache-arrow";
import { z } from "zod";
import { ArrowEncoder } from "./arrow-encoder.ts";
import { arrow } from "./arrow-binding.ts";
import { batchOf, layoutWith, streamOf, WHOLE } from "./streams.test-only.ts";

const field = (name: string, kind: Field["kind"]): Field => ({ name, kind, nullable: false, optional: false });
const rowsOf = (bytes: Uint8Array): unknown[] =>
  (tableFromIPC(bytes).toArray() as { toJSON(): unknown }[]).map((row) => row.toJSON());

describe("records of a second layout", () => {
  const first = batchOf([{ n: 0.5, text: "a" }], layoutWith([field("n", "float64"), field("text", "utf8")]));

  test("fit by name, and a field that they lack is null", () => {
    const second = batchOf([{ text: "b", n: 2 }], layoutWith([field("text", "dictionary"), field("n", "int32")]));
    const third = batchOf([{ n: 3 }], layoutWith([field("n", "float64")]));
    assert.deepEqual(rowsOf(streamOf([first, second, third])), [
      { n: 0.5, text: "a" },
      { n: 2, text: "b" },
      { n: 3, text: null },
    ]);
  });

  test("of other fields or kinds are refused, with what they are", () => {
    const more = batchOf([{ n: 1, more: true }], layoutWith([field("n", "float64"), field("more", "boolean")]));
    assert.throws(() => streamOf([first, more]), {
      code: "TM_SINK_CHANGED",
      facts: { columns: "n: float64, text: utf8", newColumns: "n: float64, more: boolean" },
    });
    assert.throws(() => streamOf([first, batchOf([1], WHOLE)]), { code: "TM_SINK_CHANGED" });
    const other = batchOf([{ n: "one", text: "a" }], layoutWith([field("n", "utf8"), field("text", "utf8")]));
    assert.throws(() => streamOf([first, other]), {
      code: "TM_SINK_CHANGED",
      facts: { field: "n", form: "float64", found: "utf8" },
    });
    assert.throws(() => streamOf([first, batchOf([{ n: 1, text: "a" }], first.layout, [0])]), {
      code: "TM_SINK_CHANGED",
    });
  });

  test("where whole records are written, any fit", () => {
    assert.deepEqual(
      rowsOf(streamOf([batchOf(["a"], WHOLE), first])).map((row) => (row as { value: string }).value),
      ['"a"', '{"n":0.5,"text":"a"}'],
    );
  });
});

describe("what no Arrow stream can hold is refused", () => {
  test("half a surrogate pair, as a string and as bytes", () => {
    const layout = layoutWith([field("text", "utf8")]);
    const batch = batchOf([{ text: "\ud800" }], layout);
    assert.throws(() => streamOf([batch]), { code: "TM_RECORD", message: /half a surrogate pair/ });
    const column: Column = {
      kind: "utf8",
      presence: null,
      bytes: Uint8Array.of(0x61, 0xed, 0xa0, 0x80),
      offsets: Int32Array.of(1),
      lengths: Int32Array.of(3),
      strings: [undefined],
    };
    const asBytes: RecordBatch = { ...batch, columns: [column] };
    assert.throws(() => streamOf([asBytes]), { code: "TM_RECORD" });
    assert.deepEqual(rowsOf(streamOf([batchOf([{ text: "\ud7ff\ue000" }], layout)])), [{ text: "\ud7ff\ue000" }]);
  });

  test("a changelog of records that have a field of the name of its kind of change", () => {
    const batch = batchOf([{ op: "a" }], layoutWith([field("op", "utf8")]), [0]);
    assert.throws(() => new ArrowEncoder(new Set()).encode(batch), { code: "TM_SINK_CHANGED" });
  });
});

test("writers that do not agree on the fields are refused, with both; the file stays as it was", async () => {
  const host = memoryHost();
  await host.disk.makeDirectory("scratch");
  const { sink } = arrow("out.arrows");
  const context = { host, port: "out", scratch: "scratch" };
  const committer = await sink!.openCommitter(context);
  await committer.recover(null, null, []);
  const prepared: PreparedOutput[] = [];
  for (const [writer, batch] of [
    batchOf([{ even: 2 }], layoutWith([field("even", "float64")])),
    batchOf([{ odd: "1" }], layoutWith([field("odd", "utf8")])),
  ].entries()) {
    const open = await sink!.openWriter({ ...context, writer: `${writer}`, epoch: 1 });
    open.write(batch);
    prepared.push({ writer: `${writer}`, output: await open.prepare(1) });
    await open.close();
  }
  assert.throws(() => committer.plan(prepared), {
    code: "TM_SINK_CHANGED",
    facts: { file: "out.arrows", columns: "even: float64", newColumns: "odd: utf8" },
  });
  assert.equal(await host.disk.stat("out.arrows"), null);
});

test("a job goes on with the file that it began, and with no other", async () => {
  const host = memoryHost();
  const copy = pipeline("copy", (p) => {
    p.source("in", z.object({ n: z.number() })).to(p.sink("out"));
  });
  const input = script([{ record: { n: 1 } }]);
  const run = async (): Promise<void> => {
    const { job } = await host.runUntil(
      start(copy, { host, bind: { in: input, out: arrow("out.arrows") }, stateDirectory: "state" }),
    );
    await host.settle();
    await host.runUntil(job!.stop());
  };
  await run();
  input.append(SCRIPT_SPLIT, { record: { n: 2 } });
  await run();
  assert.deepEqual(rowsOf(await host.disk.readFile("out.arrows")), [{ n: 1 }, { n: 2 }]);
});
