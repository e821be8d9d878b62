import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { sinkSuite } from "../connector/sink.conformance.ts";
import { sourceSuite } from "../connector/source.conformance.ts";
import type { SourceConnector, SplitReader } from "../connector/source-connector.ts";
import { BatchBuilder } from "../record/batch-builder.ts";
import { recordOf } from "../record/row-copy.ts";
import { layoutOf, VALUE_LAYOUT } from "../record/layout.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import { memoryHost, type MemoryHost } from "../testing/memory-host.ts";
import { csv, jsonl, type CsvOptions } from "./file-binding.ts";
import { stdin } from "./stdin.ts";
import { stdout } from "./stdout.ts";

const utf8 = new TextEncoder();

const ANY: RecordSchema = {
  layout: VALUE_LAYOUT,
  jsonSchema: null,
  trust: true,
  validate: (value) => ({ ok: true, value }),
};
const POINT: RecordSchema = {
  ...ANY,
  layout: layoutOf([
    { name: "n", kind: "int32", nullable: false, optional: false },
    { name: "text", kind: "utf8", nullable: false, optional: false },
  ]),
};

async function write(host: MemoryHost, path: string, content: string | Uint8Array): Promise<void> {
  await host.disk.makeDirectory(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
  await host.disk.remove(path);
  const file = await host.disk.openWrite(path, "create");
  await file.write(typeof content === "string" ? utf8.encode(content) : content);
  await file.close();
}

async function readText(host: MemoryHost, path: string): Promise<string | null> {
  return (await host.disk.stat(path)) === null ? null : new TextDecoder().decode(await host.disk.readFile(path));
}

async function openReader(
  source: SourceConnector,
  host: MemoryHost,
  position: { offset: number; records: number } | null = null,
): Promise<SplitReader> {
  const [split] = await source.splits({ host, port: "p" });
  return await source.openReader(split!, position, { host, port: "p", schema: ANY });
}

/** Lines of numbers, with a malformed one, long ones that span reads, and more than fit into one batch. */
function sampleLines(): { text: string; records: unknown[] } {
  const records: unknown[] = Array.from({ length: 2_500 }, (_, n) => ({
    n,
    text: n % 500 === 7 ? "x".repeat(30_000) : `é ${n}`,
  }));
  const lines = records.map((record) => JSON.stringify(record));
  lines[1_200] = "{broken";
  records[1_200] = { invalid: "{broken" };
  return { text: `${lines.join("\n")}\n`, records };
}

describe("jsonl source", () => {
  sourceSuite({
    test,
    open: async () => {
      const host = memoryHost();
      const { text, records } = sampleLines();
      await write(host, "data/plain.jsonl", text);
      await write(host, "data/deep/zipped.jsonl.gz", gzipSync(text));
      // Two frames, as `cat a.zst b.zst` makes.
      const half = text.indexOf("\n", text.length / 2) + 1;
      const frames = [zstdCompressSync(text.slice(0, half)), zstdCompressSync(text.slice(half))];
      await write(host, "data/deep/er/frames.jsonl.zst", Buffer.concat(frames));
      await write(host, "data/empty.jsonl", "");
      await write(host, "data/other.csv", "a\n1\n");
      const { source } = jsonl("data/**/*.jsonl*", { pieceBytes: 10_000, readAheadBytes: 25_000 });
      const expected = {
        "data/deep/er/frames.jsonl.zst": records,
        "data/deep/zipped.jsonl.gz": records,
        "data/empty.jsonl": [],
        "data/plain.jsonl": records,
      };
      return { host, source: source!, schema: POINT, expected };
    },
  });

  test("is cut into the same batches whatever the reads", async () => {
    const host = memoryHost();
    await write(host, "a.jsonl", sampleLines().text);
    const cuts: string[] = [];
    for (const pieceBytes of [999, 64_000, 1_000_000]) {
      const reader = await openReader(jsonl("a.jsonl", { pieceBytes, readAheadBytes: 1 }).source!, host);
      const lengths: number[] = [];
      for (let poll = reader.poll(); poll.kind !== "ended"; poll = reader.poll()) {
        if (poll.kind === "waiting") await reader.ready();
        else lengths.push(poll.batch.length);
      }
      cuts.push(lengths.join());
      await reader.close();
    }
    assert.deepEqual(cuts, ["1024,1023,452", "1024,1023,452", "1024,1023,452"]);
  });

  test("a file that is gone, was never there, or is a directory", async () => {
    const host = memoryHost();
    await write(host, "data/a.jsonl", "1\n");
    for (const path of ["b.jsonl", "data/*.csv", "data"]) {
      await assert.rejects(openReader(jsonl(path).source!, host), { code: "TM_NOT_FOUND", message: /port=p/ });
    }
  });

  test("several patterns give each file once, in order", async () => {
    const host = memoryHost();
    for (const name of ["b", "a", "c"]) await write(host, `data/${name}.jsonl`, "1\n");
    const splits = await jsonl(["data//c.jsonl", "./data/?.jsonl"]).source!.splits({ host, port: "p" });
    assert.deepEqual(
      splits.map(({ id }) => id),
      ["data/c.jsonl", "data/a.jsonl", "data/b.jsonl"],
    );
  });

  test("a file that shrank below the position, or whose unfinished last line has grown, is told with file and offset", async () => {
    const host = memoryHost();
    const content = "1\n2\n3";
    for (const [path, pack] of [
      ["a.jsonl", (text: string) => utf8.encode(text)],
      ["a.jsonl.gz", (text: string) => gzipSync(text)],
    ] as const) {
      const { source } = jsonl(path);
      const at = (offset: number): Promise<SplitReader> => openReader(source!, host, { offset, records: 1 });
      await write(host, path, pack(content));
      const end = await at(5);
      await end.ready();
      assert.equal(end.poll().kind, "ended");
      await write(host, path, pack("1\n2"));
      await assert.rejects((await at(5)).ready(), {
        code: "TM_SOURCE",
        message: new RegExp(`ends before it.*file=${path}, offset=5`),
      });
      await write(host, path, pack("1\n2\n34\n"));
      const grown = await at(5);
      assert.equal(grown.poll().kind, "waiting");
      await assert.rejects(grown.ready(), {
        code: "TM_SOURCE",
        message: new RegExp(`no line end before it.*file=${path}, offset=5`),
      });
      assert.equal(grown.poll().kind, "waiting");
      await write(host, path, pack("1\n2\n3\n4\n"));
      const appended = await at(4);
      await appended.ready();
      while (appended.poll().kind !== "batch") await appended.ready();
      assert.deepEqual(appended.position(), { offset: 8, records: 3 });
    }
  });

  test("a compressed file that is cut short or broken is told with its name", async () => {
    const host = memoryHost();
    const packed = gzipSync(sampleLines().text);
    for (const content of [packed.subarray(0, packed.length - 100), utf8.encode("no gzip at all")]) {
      await write(host, "a.jsonl.gz", content);
      const reader = await openReader(jsonl("a.jsonl.gz").source!, host);
      await assert.rejects(
        async () => {
          for (let poll = reader.poll(); poll.kind !== "ended"; poll = reader.poll())
            if (poll.kind === "waiting") await reader.ready();
        },
        { code: "TM_SOURCE", message: /file=a\.jsonl\.gz/ },
      );
    }
  });

  test("a position of another source is refused", async () => {
    const host = memoryHost();
    await write(host, "a.jsonl", "1\n");
    await assert.rejects(openReader(jsonl("a.jsonl").source!, host, { next: 5 } as never), { code: "TM_SOURCE" });
  });
});

describe("csv source", () => {
  sourceSuite({
    test,
    open: async () => {
      const host = memoryHost();
      const records: unknown[] = Array.from({ length: 1_500 }, (_, n) => ({
        n,
        text: `line ${n}\n"quoted"; ${"é".repeat(n % 90)}`,
      }));
      const rows = records.map((record) => {
        const { n, text } = record as { n: number; text: string };
        return `${n};"${text.replaceAll('"', '""')}"`;
      });
      rows[700] = "x;y";
      records[700] = { invalid: "x;y" };
      const text = `\r\n"n";text\r\n\r\n${rows.join("\r\n")}`;
      await write(host, "a.csv", text);
      await write(host, "b.csv.gz", gzipSync(text));
      await write(host, "c.csv", "\ufeffn;text\n");
      const { source } = csv("*.csv*", { delimiter: ";", pieceBytes: 5_000, readAheadBytes: 5_000 });
      return { host, source: source!, schema: POINT, expected: { "a.csv": records, "b.csv.gz": records, "c.csv": [] } };
    },
  });

  test("a header that cannot be used breaks the source, with the file", async () => {
    const host = memoryHost();
    await write(host, "a.csv", "n,n\n1,2\n");
    const reader = await openReader(csv("a.csv").source!, host);
    await reader.ready();
    assert.equal(reader.poll().kind, "waiting");
    await assert.rejects(reader.ready(), { code: "TM_SOURCE", message: /names the column "n" twice.*input=a\.csv/ });
  });

  test("a delimiter that is none is refused", () => {
    for (const delimiter of ["", '"', "\n", ";;", "é"])
      assert.throws(() => csv("a.csv", { delimiter } satisfies CsvOptions), { code: "TM_BINDING" });
  });
});

for (const [kind, bind] of [
  ["jsonl", jsonl],
  ["csv", csv],
] as const) {
  describe(`${kind} sink`, () => {
    sinkSuite({
      test,
      guarantee: "exactly-once",
      open: async () => {
        const host = memoryHost();
        const path = `out/of/the/way.${kind}`;
        await host.disk.makeDirectory("scratch");
        return { host, sink: bind(path).sink!, scratch: "scratch", visible: () => visibleRecords(host, path) };
      },
    });
  });
}

/** What a reader sees who follows the rule: whole lines only. */
async function visibleRecords(host: MemoryHost, path: string): Promise<unknown[] | null> {
  const text = await readText(host, path);
  if (text === null) return null;
  assert.ok(text === "" || text.endsWith("\n"));
  if (path.endsWith(".jsonl"))
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown);
  const { source } = csv(path);
  const [split] = await source!.splits({ host, port: "p" });
  const reader = await source!.openReader(split!, null, { host, port: "p", schema: POINT });
  const records: unknown[] = [];
  for (let poll = reader.poll(); poll.kind !== "ended"; poll = reader.poll()) {
    if (poll.kind === "waiting") await reader.ready();
    else for (let row = 0; row < poll.batch.length; row++) records.push(recordOf(poll.batch as never, row));
  }
  return records;
}

describe("stdin source", () => {
  sourceSuite({
    test,
    replayable: false,
    open: () => {
      const host = memoryHost();
      const { text, records } = sampleLines();
      const bytes = utf8.encode(text);
      for (let at = 0; at < bytes.length; at += 7_777) host.console.feed(bytes.subarray(at, at + 7_777));
      host.console.endInput();
      return Promise.resolve({ host, source: stdin().source!, schema: POINT, expected: { stdin: records } });
    },
  });

  test("gives what has arrived without waiting for more", async () => {
    const host = memoryHost();
    const reader = await openReader(stdin().source!, host);
    assert.equal(reader.poll().kind, "waiting");
    host.console.feed('{"n":1}\n{"n":');
    await reader.ready();
    const poll = reader.poll();
    assert.ok(poll.kind === "batch" && poll.batch.length === 1);
    assert.equal(reader.poll().kind, "waiting");
    assert.deepEqual(reader.position(), { offset: 8, records: 1 });
  });

  test("can be closed while nobody types", async () => {
    const reader = await openReader(stdin().source!, memoryHost());
    assert.equal(reader.poll().kind, "waiting");
    const ready = reader.ready();
    await reader.close();
    await ready;
  });
});

describe("stdout sink", () => {
  sinkSuite({
    test,
    guarantee: "at-least-once",
    open: () => {
      const host = memoryHost();
      const visible = (): Promise<unknown[]> =>
        Promise.resolve(
          host.console
            .outputText()
            .split("\n")
            .slice(0, -1)
            .map((line) => JSON.parse(line) as unknown),
        );
      return Promise.resolve({ host, sink: stdout().sink!, scratch: "scratch", visible });
    },
  });

  test("for people: the port's name and spaced JSON on one line", async () => {
    const host = memoryHost();
    const writer = await stdout({ pretty: true }).sink!.openWriter({
      host,
      port: "hourly",
      scratch: "s",
      writer: "0",
      epoch: 1,
    });
    const builder = new BatchBuilder({
      layout: null,
      emit: (batch) => {
        writer.write(batch);
      },
    });
    builder.append({ key: "A\nB", window: { start: 0, end: 5 }, empty: [] }, { timestamp: 0, watermark: 0 });
    builder.flush();
    await writer.drained();
    assert.equal(
      host.console.outputText(),
      'hourly { "key": "A\\nB", "window": { "start": 0, "end": 5 }, "empty": [] }\n',
    );
  });
});
