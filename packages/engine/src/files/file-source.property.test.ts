import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import type { Json } from "../foundation/json.ts";
import type { SplitReader } from "../connector/source-connector.ts";
import type { RecordBatch } from "../record/batch.ts";
import { VALUE_LAYOUT } from "../record/layout.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import { recordOf } from "../record/row-copy.ts";
import { memoryHost, type MemoryHost } from "../testing/memory-host.ts";
import { csv, jsonl } from "./file-binding.ts";

const ANY: RecordSchema = {
  layout: VALUE_LAYOUT,
  jsonSchema: null,
  trust: true,
  validate: (value) => ({ ok: true, value }),
};

interface Step {
  readonly rows: readonly unknown[];
  readonly position: Json;
}

async function readAll(reader: SplitReader): Promise<Step[]> {
  const steps: Step[] = [];
  for (let poll = reader.poll(); poll.kind !== "ended"; poll = reader.poll()) {
    if (poll.kind === "waiting") {
      steps.push({ rows: [], position: reader.position() });
      await reader.ready();
    } else {
      const { batch } = poll;
      const rows = Array.from({ length: batch.length }, (_, row) => ({
        offset: batch.offsets[row],
        record: recordOf(batch as unknown as RecordBatch, row),
      }));
      steps.push({
        rows: [...rows, ...batch.invalid.map(({ offset, raw }) => ({ offset, raw }))],
        position: reader.position(),
      });
    }
  }
  await reader.close();
  return steps;
}

async function fileOf(content: Uint8Array, path: string): Promise<MemoryHost> {
  const host = memoryHost();
  const file = await host.disk.openWrite(path, "create");
  await file.write(content);
  await file.close();
  return host;
}

const PACKINGS = {
  "": (bytes: Uint8Array) => bytes,
  ".gz": (bytes: Uint8Array) => gzipSync(bytes),
  ".zst": (bytes: Uint8Array) => zstdCompressSync(bytes),
};

const line = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.stringify(value)),
  fc.constantFrom("", "oops", '"é"', "1\r"),
  fc.integer({ min: 1, max: 900 }).map((length) => `"${"z".repeat(length)}"`),
);

const settings = fc.record({
  pieceBytes: fc.integer({ min: 1, max: 4_000 }),
  readAheadBytes: fc.integer({ min: 1, max: 10_000 }),
});

for (const [kind, bind] of [
  ["jsonl", jsonl],
  ["csv", csv],
] as const) {
  test(`${kind}: any size of reads, from any position, plain or compressed, gives the same records`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 30 }),
        // Copies of the lines make files of several batches.
        fc.constantFrom(1, 1, 1, 80),
        fc.boolean(),
        fc.constantFrom<keyof typeof PACKINGS>("", ".gz", ".zst"),
        fc.tuple(settings, settings),
        async (lines, copies, hasLastEnd, suffix, [first, second]) => {
          const header = kind === "csv" ? '"a"\n' : "";
          const text =
            header + Array.from({ length: copies }, () => lines.join("\n")).join("\n") + (hasLastEnd ? "\n" : "");
          const path = `input.${kind}${suffix}`;
          const host = await fileOf(PACKINGS[suffix](new TextEncoder().encode(text)), path);
          const open = async (position: Json | null, options: typeof first): Promise<Step[]> => {
            // Tiny reads of a large file only take time.
            const { source } = bind(path, { ...options, pieceBytes: options.pieceBytes * (copies === 1 ? 1 : 50) });
            return await readAll(
              await source!.openReader({ id: path, details: null }, position, { host, port: "p", schema: ANY }),
            );
          };
          const whole = await open(null, { pieceBytes: 1_000_000, readAheadBytes: 1_000_000 });
          const steps = await open(null, first);
          const rows = steps.flatMap((step) => step.rows);
          assert.deepEqual(
            rows,
            whole.flatMap((step) => step.rows),
          );
          let seen = 0;
          for (const step of steps.slice(0, 4)) {
            seen += step.rows.length;
            const rest = await open(JSON.parse(JSON.stringify(step.position)) as Json, second);
            assert.deepEqual(
              rest.flatMap((each) => each.rows),
              rows.slice(seen),
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });
}
