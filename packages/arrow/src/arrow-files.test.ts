import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { RecordSchema, SourceConnector, SplitReader } from "@tidemark/engine/connector";
import { recordOf } from "@tidemark/engine/connector";
import { memoryHost, sinkSuite, sourceSuite, type MemoryHost } from "@tidemark/engine/testing";
import { tableFromArrays, tableToIPC } from "apache-arrow";
import { arrow } from "./arrow-binding.ts";
import { batchOf, layoutWith, schemaOf, streamOf, WHOLE } from "./streams.test-only.ts";

const POINT = layoutWith([
  { name: "n", kind: "int32", nullable: false, optional: false },
  { name: "text", kind: "utf8", nullable: false, optional: false },
]);

async function write(host: MemoryHost, path: string, content: Uint8Array): Promise<void> {
  await host.disk.makeDirectory(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
  await host.disk.remove(path);
  const file = await host.disk.openWrite(path, "create");
  await file.write(content);
  await file.close();
}

async function openReader(
  source: SourceConnector,
  options: { host: MemoryHost; schema?: RecordSchema; position?: unknown },
): Promise<SplitReader> {
  const { host, schema = schemaOf(POINT), position = null } = options;
  const [split] = await source.splits({ host, port: "p" });
  return await source.openReader(split!, position as never, { host, port: "p", schema });
}

/** Records, and what stands for invalid ones. */
async function readAll(reader: SplitReader): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (let poll = reader.poll(); poll.kind !== "ended"; poll = reader.poll()) {
    if (poll.kind === "waiting") {
      await reader.ready();
    } else {
      for (let row = 0; row < poll.batch.length; row++) seen.push(recordOf(poll.batch as never, row));
      seen.push(...poll.batch.invalid.map(({ error }) => error.message));
    }
  }
  await reader.close();
  return seen;
}

const RECORDS = Array.from({ length: 5_000 }, (_, n) => ({
  n,
  text: n % 500 === 7 ? "x".repeat(3_000) : `é ${n % 20}`,
}));

/** As the library writes it: with a dictionary, and a file with its schema in the footer alone. */
function written(type: "file" | "stream"): Uint8Array {
  const table = tableFromArrays({
    n: Int32Array.from(RECORDS, ({ n }) => n),
    text: RECORDS.map(({ text }) => text),
  });
  return tableToIPC(table, type);
}

const bySink = (): Uint8Array =>
  streamOf([
    batchOf(RECORDS.slice(0, 3), POINT),
    batchOf(RECORDS.slice(3, 1_500), POINT),
    batchOf(RECORDS.slice(1_500), POINT),
  ]);

describe("arrow source", () => {
  sourceSuite({
    test,
    open: async () => {
      const host = memoryHost();
      await write(host, "data/a.arrows", bySink());
      await write(host, "data/b.arrow", written("file"));
      await write(host, "data/c.arrows", written("stream"));
      await write(host, "data/deep/a.arrows.gz", gzipSync(bySink()));
      await write(host, "data/deep/c.arrows.zst", zstdCompressSync(written("stream")));
      await write(host, "data/empty.arrows", new Uint8Array(0));
      const { source } = arrow("data/**/*.arrow*", { pieceBytes: 10_001, readAheadBytes: 25_000 });
      const expected = {
        "data/a.arrows": RECORDS,
        "data/b.arrow": RECORDS,
        "data/c.arrows": RECORDS,
        "data/deep/a.arrows.gz": RECORDS,
        "data/deep/c.arrows.zst": RECORDS,
        "data/empty.arrows": [],
      };
      return { host, source: source!, schema: schemaOf(POINT), expected };
    },
  });

  test("a damaged file is an error with file and offset", async () => {
    const host = memoryHost();
    const { source } = arrow("a");
    const whole = written("file");
    const stream = bySink();
    const flipped = stream.slice();
    flipped[4]! ^= 0x40;
    const later = stream.slice();
    const second = 8 + new DataView(stream.buffer).getInt32(4, true);
    later.fill(0x55, second, second + 8);
    const lost = new Uint8Array([...stream.subarray(0, 8), ...stream.subarray(second)]);
    const cases: readonly (readonly [Uint8Array, RegExp])[] = [
      [new TextEncoder().encode('{"n":1,"text":"a"}\n'), /no Arrow stream or file.*input=a, offset=0/],
      [flipped, /Replace the file.*input=a, offset=\d+/],
      [later, new RegExp(`no Arrow message where one should begin.*input=a, offset=${second}`)],
      [lost, /input=a, offset=0/],
      [stream.subarray(second), /has no schema before its records.*input=a, offset=0/],
      [whole.subarray(0, whole.length - 3), /does not end as one.*input=a, offset=/],
      [new TextEncoder().encode("ARROW1\0\0"), /does not end as one.*input=a, offset=8/],
    ];
    for (const [content, message] of cases) {
      await write(host, "a", content);
      await assert.rejects(async () => readAll(await openReader(source!, { host })), { code: "TM_SOURCE", message });
    }
  });

  test("a stream that ends within a message gives the records before, and says so", async () => {
    const host = memoryHost();
    const { source } = arrow("a");
    const stream = bySink();
    await write(host, "a", stream.subarray(0, stream.length - 3));
    const reader = await openReader(source!, { host });
    const seen = await readAll(reader);
    assert.deepEqual(seen.slice(0, 1_500), RECORDS.slice(0, 1_500));
    assert.match(seen[1_500] as string, /the input ends within it.*input=a, offset=\d+/);
    assert.equal(seen.length, 1_501);
    const position = reader.position();
    assert.deepEqual(await readAll(await openReader(source!, { host, position })), []);
    await write(host, "a", new Uint8Array([...stream, ...stream]));
    await assert.rejects(async () => readAll(await openReader(source!, { host, position })), {
      code: "TM_SOURCE",
      message: /changed since it was read up to there|no Arrow message/,
    });
    await write(host, "a", stream.subarray(0, 50));
    await assert.rejects(async () => readAll(await openReader(source!, { host, position })), { code: "TM_SOURCE" });
  });

  test("a position of another connector is refused", async () => {
    const host = memoryHost();
    await write(host, "a", bySink());
    const position = { offset: 0, records: 0, columns: ["n", "text"] };
    await assert.rejects(openReader(arrow("a").source!, { host, position }), { code: "TM_SOURCE" });
  });

  test("a file whose fields cannot be the port's is refused, with the field", async () => {
    const host = memoryHost();
    await write(host, "a", bySink());
    const field = { name: "text", kind: "float64", nullable: false, optional: false } as const;
    const cases = [
      [layoutWith([field]), /field "text" is utf8 in it and float64 in the schema/],
      [layoutWith([{ ...field, name: "missing" }]), /field "missing" is missing/],
    ] as const;
    for (const [layout, message] of cases) {
      await assert.rejects(
        async () => readAll(await openReader(arrow("a").source!, { host, schema: schemaOf(layout) })),
        {
          code: "TM_SOURCE",
          message,
        },
      );
    }
  });
});

describe("arrow sink", () => {
  sinkSuite({
    test,
    guarantee: "exactly-once",
    open: async () => {
      const host = memoryHost();
      const path = "out/of/the/way.arrows";
      await host.disk.makeDirectory("scratch");
      const visible = async (): Promise<unknown[] | null> => {
        if ((await host.disk.stat(path)) === null) return null;
        return await readAll(await openReader(arrow(path).source!, { host, schema: schemaOf(WHOLE) }));
      };
      return { host, sink: arrow(path).sink!, scratch: "scratch", visible };
    },
  });
});
