import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { sinkSuite } from "../connector/sink.conformance.ts";
import { sourceSuite } from "../connector/source.conformance.ts";
import type { SourceConnector, SplitReader } from "../connector/source-connector.ts";
import { BLOCK_FRAMES } from "../format/block-frame.ts";
import type { FrameFormat } from "../format/frame-format.ts";
import { batchesOf, framesOf, schemaOf } from "../format/frames.test-only.ts";
import { ROW_FRAMES } from "../format/row-frame.ts";
import { layoutOf, VALUE_LAYOUT } from "../record/layout.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import { recordOf } from "../record/row-copy.ts";
import { memoryHost, type MemoryHost } from "../testing/memory-host.ts";
import { blocks, rows } from "./file-binding.ts";

const POINT = layoutOf([
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
  options: { host: MemoryHost; schema?: RecordSchema; position?: object },
): Promise<SplitReader> {
  const { host, schema = schemaOf(POINT), position = null } = options;
  const [split] = await source.splits({ host, port: "p" });
  return await source.openReader(split!, position as never, { host, port: "p", schema });
}

/** Records and the code of what broke the source, if anything did. */
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

/** A file of several frames: one that is damaged, one that is long, and a layout that comes again. */
function sample(format: FrameFormat): { bytes: Uint8Array; records: unknown[] } {
  const records: unknown[] = Array.from({ length: 2_500 }, (_, n) => ({
    n,
    text: n % 500 === 7 ? "x".repeat(30_000) : `é ${n}`,
  }));
  const batches = batchesOf(records, { layout: POINT, cuts: [3, 1_200, 2_000, 2_004, 2_008] });
  const parts = [
    framesOf(format, batches.slice(0, 5), [2]),
    framesOf(format, batches.slice(5, 6)),
    framesOf(format, batches.slice(6)),
  ];
  const damaged = parts[1]!;
  damaged[damaged.length - 1]! ^= 1;
  // The data frame follows the layout frame.
  const data = 32 + new DataView(damaged.buffer, damaged.byteOffset).getUint32(8, true) + 32;
  const raw = Buffer.from(damaged.subarray(data, data + 64)).toString("hex");
  const before = batches.slice(0, 5).reduce((sum, { length }) => sum + length, 0);
  const length = batches[5]!.length;
  return {
    bytes: new Uint8Array(Buffer.concat(parts)),
    records: [...records.slice(0, before), { invalid: raw }, ...records.slice(before + length)],
  };
}

for (const [bind, format] of [
  [rows, ROW_FRAMES],
  [blocks, BLOCK_FRAMES],
] as const) {
  const { kind } = format;

  describe(`${kind} source`, () => {
    sourceSuite({
      test,
      open: async () => {
        const host = memoryHost();
        const { bytes, records } = sample(format);
        await write(host, `data/plain.${kind}`, bytes);
        await write(host, `data/deep/zipped.${kind}.gz`, gzipSync(bytes));
        await write(host, `data/deep/er/zipped.${kind}.zst`, zstdCompressSync(bytes));
        await write(host, `data/empty.${kind}`, new Uint8Array(0));
        const { source } = bind(`data/**/*.${kind}*`, { pieceBytes: 10_001, readAheadBytes: 25_000 });
        const expected = {
          [`data/deep/er/zipped.${kind}.zst`]: records,
          [`data/deep/zipped.${kind}.gz`]: records,
          [`data/empty.${kind}`]: [],
          [`data/plain.${kind}`]: records,
        };
        return { host, source: source!, schema: schemaOf(POINT), expected };
      },
    });

    test("files one after the other are a file", async () => {
      const host = memoryHost();
      const parts = [[{ n: 1, text: "a" }], [{ x: 1.5 }], [{ n: 2, text: "b" }]].map((records) =>
        framesOf(format, batchesOf(records, { layout: null })),
      );
      await write(host, "a", new Uint8Array(Buffer.concat(parts)));
      const reader = await openReader(bind("a").source!, { host, schema: schemaOf(VALUE_LAYOUT) });
      assert.deepEqual(await readAll(reader), [{ n: 1, text: "a" }, { x: 1.5 }, { n: 2, text: "b" }]);
    });

    test("a file that shrank below the position, or whose unfinished last frame has grown, is told with file and offset", async () => {
      const host = memoryHost();
      const { source } = bind("a");
      const whole = framesOf(format, batchesOf([{ n: 1, text: "long ".repeat(9) }], { layout: POINT }));
      await write(host, "a", whole.subarray(0, whole.length - 3));
      const unfinished = await openReader(source!, { host });
      const seen = await (async () => {
        for (let poll = unfinished.poll(); ; poll = unfinished.poll()) {
          if (poll.kind === "batch") return poll.batch.invalid;
          await unfinished.ready();
        }
      })();
      assert.match(seen[0]!.error.message, /the input ends within it/);
      const position = unfinished.position() as object;
      await write(host, "a", new Uint8Array([...whole, ...whole]));
      await assert.rejects(readAll(await openReader(source!, { host, position })), {
        code: "TM_SOURCE",
        message: /changed since it was read up to there.*input=a, offset=\d+/,
      });
      await write(host, "a", whole.subarray(0, 50));
      await assert.rejects(readAll(await openReader(source!, { host, position })), {
        code: "TM_SOURCE",
        message: /ends before it.*file=a/,
      });
    });

    test("what is no such file, or of a later version, is refused", async () => {
      const host = memoryHost();
      const bytes = framesOf(format, batchesOf([{ n: 1, text: "a" }], { layout: POINT }));
      const later = bytes.slice();
      later[4] = 2;
      const other = framesOf(
        format === ROW_FRAMES ? BLOCK_FRAMES : ROW_FRAMES,
        batchesOf([{ n: 1 }], { layout: null }),
      );
      const cases: readonly (readonly [Uint8Array, RegExp])[] = [
        [new TextEncoder().encode('{"n":1}\n'), new RegExp(`is not in the format "${kind}"`)],
        [later, /version 2 of the format.*reads version 1/],
        [other, /bind the port as (rows|blocks):…/],
        [bytes.subarray(align(bytes)), /not of the layout that stands before them/],
      ];
      for (const [content, message] of cases) {
        await write(host, "a", content);
        await assert.rejects(readAll(await openReader(bind("a").source!, { host })), { code: "TM_SOURCE", message });
      }
    });
  });

  describe(`${kind} sink`, () => {
    sinkSuite({
      test,
      guarantee: "exactly-once",
      open: async () => {
        const host = memoryHost();
        const path = `out/of/the/way.${kind}`;
        await host.disk.makeDirectory("scratch");
        const visible = async (): Promise<unknown[] | null> => {
          if ((await host.disk.stat(path)) === null) return null;
          return await readAll(await openReader(bind(path).source!, { host, schema: schemaOf(VALUE_LAYOUT) }));
        };
        return { host, sink: bind(path).sink!, scratch: "scratch", visible };
      },
    });
  });
}

/** Where the second frame begins. */
function align(bytes: Uint8Array): number {
  return 32 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
}
