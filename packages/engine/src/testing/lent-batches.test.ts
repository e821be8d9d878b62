import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import type { Binding } from "../connector/binding.ts";
import { memorySink } from "../connector/memory-sink.ts";
import { script } from "../connector/script.ts";
import type { SinkConnector } from "../connector/sink-connector.ts";
import { sum } from "../dsl/aggregates.ts";
import { pipeline, type Pipeline } from "../dsl/pipeline.ts";
import { blocks, csv, jsonl, rows } from "../files/file-binding.ts";
import { stdout } from "../files/stdout.ts";
import type { RecordBatch } from "../record/batch.ts";
import { SPOILT_CELL } from "../record/lent-copy.ts";
import { recordOf } from "../record/row-copy.ts";
import { start } from "../run/start.ts";
import { memoryHost, type MemoryHost } from "./memory-host.ts";

const Row = z.object({ n: z.number(), text: z.string(), flag: z.boolean(), tags: z.array(z.string()).nullable() });
type Row = z.infer<typeof Row>;

const ROWS: readonly Row[] = Array.from({ length: 3_000 }, (_, n) => ({
  n,
  text: `text ${n}`,
  flag: n % 2 === 0,
  tags: n % 3 === 0 ? null : [`tag ${n}`],
}));

/** A sink that says it borrows, keeps each batch all the same, and reads it at the checkpoint. */
function keepingSink(): { binding: Binding; read: () => readonly unknown[] } {
  const kept: RecordBatch[] = [];
  const sink: SinkConnector = {
    description: "keeping",
    guarantee: "at-least-once",
    openWriter: () =>
      Promise.resolve({
        borrows: true,
        write: (batch: RecordBatch) => void kept.push(batch),
        backlogBytes: () => 0,
        drained: () => Promise.resolve(),
        prepare: () => Promise.resolve(null),
        close: () => Promise.resolve(),
      }),
    openCommitter: () =>
      Promise.resolve({
        plan: () => null,
        commit: () => Promise.resolve(),
        recover: () => Promise.resolve(),
        close: () => Promise.resolve(),
      }),
  };
  const read = (): unknown[] =>
    kept.flatMap((batch) => Array.from({ length: batch.length }, (_, row) => recordOf(batch, row)));
  return { binding: { description: "keeping", sink }, read };
}

const copying = pipeline("copying", (p) => {
  p.source("in", Row).to(p.sink("out"));
});
const filtering = pipeline("filtering", (p) => {
  p.source("in", Row)
    .filter((row) => row.n >= 0)
    .to(p.sink("out"));
});

async function run(
  running: Pipeline,
  options: { host: MemoryHost; source: Binding; sink: Binding; debug: boolean },
): Promise<void> {
  const { host, source, sink, debug } = options;
  const { result } = await host.runUntil(
    start(running, {
      host,
      bind: { in: source, out: sink },
      stateDirectory: "state",
      checkpoint: { every: "manual" },
      debug,
    }),
  );
  await host.runUntil(result);
}

const scripted = (): Binding => script([...ROWS.map((record) => ({ record })), "end"]);

async function onDisk(host: MemoryHost): Promise<Binding> {
  const file = await host.disk.openWrite("in.jsonl", "create");
  await file.write(new TextEncoder().encode(ROWS.map((row) => `${JSON.stringify(row)}\n`).join("")));
  await file.close();
  return jsonl("in.jsonl");
}

describe("debug mode, and a sink that keeps what it was lent", () => {
  for (const [name, open] of [
    ["a script, which lends nothing", async () => scripted()],
    ["a file, which does lend", onDisk],
  ] as const) {
    test(`of ${name}: every record it kept is spoilt`, async () => {
      const host = memoryHost();
      const { binding, read } = keepingSink();
      await run(copying, { host, source: await open(host), sink: binding, debug: true });
      const seen = read() as Row[];
      assert.equal(seen.length, ROWS.length);
      const spoilt = { n: -0.5, text: SPOILT_CELL, flag: false, tags: SPOILT_CELL };
      assert.deepEqual(new Set(seen.map((row) => JSON.stringify(row))), new Set([JSON.stringify(spoilt)]));
    });
  }

  test("of columns that a step only handed on: spoilt too", async () => {
    const host = memoryHost();
    const { binding, read } = keepingSink();
    await run(filtering, { host, source: await onDisk(host), sink: binding, debug: true });
    assert.equal(read().length, ROWS.length);
    assert.ok(read().every((row) => (row as Row).text === SPOILT_CELL));
  });

  test("without it, what a script gave stays", async () => {
    const host = memoryHost();
    const { binding, read } = keepingSink();
    await run(copying, { host, source: scripted(), sink: binding, debug: false });
    assert.deepEqual(read(), ROWS);
  });
});

describe("debug mode, and sinks that keep nothing", () => {
  for (const [kind, bind] of Object.entries({ jsonl, csv, rows, blocks })) {
    test(`a ${kind} file is the same`, async () => {
      const files: Uint8Array[] = [];
      for (const debug of [true, false]) {
        const host = memoryHost();
        await run(copying, { host, source: await onDisk(host), sink: bind("out"), debug });
        files.push(await host.disk.readFile("out"));
      }
      assert.ok((files[0] as Uint8Array).length > 10_000);
      assert.deepEqual(files[0], files[1]);
    });
  }

  test("memory and standard output are the same", async () => {
    const texts: string[] = [];
    for (const debug of [true, false]) {
      const host = memoryHost();
      await run(copying, { host, source: scripted(), sink: stdout(), debug });
      texts.push(host.console.outputText());
      const sink = memorySink();
      await run(copying, { host: memoryHost(), source: scripted(), sink, debug });
      assert.deepEqual(sink.committed, ROWS);
    }
    assert.equal(texts[0], texts[1]);
    assert.equal(texts[0]?.split("\n").length, ROWS.length + 1);
  });

  test("steps that keep state keep nothing of a batch", async () => {
    const table = pipeline("table", (p) => {
      p.source("in", Row)
        .keyBy((row) => row.text)
        .aggregate("sums", { n: sum((row) => row.n) })
        .to(p.sink("out"));
    });
    const newest = pipeline("newest", (p) => {
      p.source("in", Row)
        .keyBy((row) => row.n % 10)
        .reduce("newest", (_before, row) => row)
        .to(p.sink("out"));
    });
    for (const each of [table, newest]) {
      const committed: (readonly unknown[])[] = [];
      for (const debug of [true, false]) {
        const sink = memorySink();
        await run(each, { host: memoryHost(), source: scripted(), sink, debug });
        committed.push(sink.committed);
      }
      assert.deepEqual(committed[0], committed[1]);
      assert.equal(JSON.stringify(committed).includes(SPOILT_CELL), false);
    }
  });
});
