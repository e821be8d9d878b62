import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { HAND_WRITTEN } from "./hand-written.ts";
import { measure, type Measurement, type System } from "./measure.ts";
import type { ReaderContext } from "@tidemark/engine/connector";
import type { InputMode } from "../nexmark/run-query.ts";
import { barLines, nexmarkBars, type Bar } from "./bars.ts";
import { KeyedSource } from "./keyed-source.ts";
import type { KeysRow } from "./keys.ts";
import { median } from "./median.ts";
import type { ResultRow } from "./nexmark.ts";
import type { PipelinesRow } from "./pipelines.ts";
import { resultTable } from "./result-table.ts";

const EVENTS = 20_000;
const BENCH = fileURLToPath(new URL("../bench.ts", import.meta.url));

describe("the bench", () => {
  for (const query of Object.keys(HAND_WRITTEN)) {
    test(`${query}: engine, hand-written loop and naive program give the same output`, async () => {
      const of = (system: System, mode: InputMode): Promise<Measurement> =>
        measure({ query, system, mode, events: EVENTS });
      const engine = await of("engine", "columns");
      assert.ok(engine.outputRows > 0);
      const others = [
        await of("engine", "rows"),
        await of("engine", "jsonl"),
        await of("hand-written", "columns"),
        await of("naive", "jsonl"),
      ];
      for (const { outputRows, checksum, records, system, mode } of others) {
        const { outputRows: rows, checksum: sum, records: read } = engine;
        assert.deepEqual(
          { outputRows, checksum, records },
          { outputRows: rows, checksum: sum, records: read },
          `${system} ${mode}`,
        );
      }
    });
  }

  test("prints a row for each system, measured in its own process", async () => {
    const run = promisify(execFile);
    const args = ["nexmark", "--smoke", "--json", "--queries", "q2,q4"];
    const { stdout, stderr } = await run(process.execPath, ["--conditions=@tidemark/source", BENCH, ...args]);
    const all = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as ResultRow | Bar);
    const rows = all.filter((row) => "query" in row);
    const bars = all.filter((row) => "bar" in row);
    assert.deepEqual(
      rows.map(({ query, mode, system }) => `${query} ${mode} ${system}`),
      [
        "q2 columns engine",
        "q2 columns hand-written",
        "q2 columns memory-copy",
        "q2 rows engine",
        "q2 jsonl engine",
        "q2 jsonl naive",
        "q4 columns engine",
        "q4 rows engine",
        "q4 jsonl engine",
      ],
    );
    const answers = rows.filter(({ query, system }) => query === "q2" && system !== "memory-copy");
    assert.equal(new Set(answers.map(({ checksum }) => checksum)).size, 1);
    assert.ok((rows.find(({ system }) => system === "memory-copy")?.gigabytesPerSecond ?? 0) > 0);
    assert.deepEqual(
      bars.filter(({ of }) => of === "q2 jsonl").map(({ bar }) => bar),
      ["times Flink's JSON Lines", "times the naive program", "stall p99, ms"],
    );
    assert.ok(
      rows.every(
        ({ recordsPerCpuSecond, ofLimit, system }) =>
          recordsPerCpuSecond > 0 && (ofLimit === null || system === "engine"),
      ),
    );
    assert.match(stderr, /^9\/9 q4 jsonl engine, \d+ s left$/m);
    assert.equal(resultTable(rows).trimEnd().split("\n").length, 11);
  });

  test("pipelines: a row for each number of them, which all do the work", async () => {
    const run = promisify(execFile);
    const args = ["pipelines", "--smoke", "--json", "--events", "2000"];
    const { stdout } = await run(process.execPath, ["--conditions=@tidemark/source", BENCH, ...args]);
    const all = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as PipelinesRow | Bar);
    const rows = all.filter((row) => "shape" in row);
    assert.deepEqual(
      rows.map(({ shape, pipelines }) => `${shape} ${pipelines}`),
      ["map 1", "map 2", "map 20", "window 1", "window 2", "window 20", "aggregate 1", "aggregate 2", "aggregate 20"],
    );
    assert.ok(rows.every(({ pipelines, records, nsPerRecord }) => records === 1_840 * pipelines && nsPerRecord > 0));
    const outputs = rows.map(({ shape, pipelines, outputRows }) => `${shape} ${outputRows / pipelines}`);
    assert.equal(new Set(outputs).size, 3, "each pipeline of a shape has the same output");
    assert.equal(all.length - rows.length, 6, "two bars a shape");
  });

  test("keys: filled in, then updated, each with its bytes and stalls", async () => {
    const run = promisify(execFile);
    const args = ["keys", "--smoke", "--json"];
    const { stdout } = await run(process.execPath, ["--conditions=@tidemark/source", BENCH, ...args]);
    const all = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as KeysRow | Bar);
    const rows = all.filter((row) => "kept" in row);
    assert.deepEqual(
      rows.map(({ kept, phase, records }) => `${kept} ${phase} ${records}`),
      ["value fill 20000", "value update 20000", "aggregate fill 20000", "aggregate update 20000"],
    );
    // The key and its 32 bytes are in there.
    assert.ok(rows.every(({ stateBytesPerKey }) => (stateBytesPerKey ?? 0) >= 20 + 32));
    assert.equal(all.length - rows.length, 12, "three bars a row");
  });

  test("keys: each comes once before any comes again", async () => {
    const source = new KeyedSource({ keys: 3_000, updates: 500 });
    const schema = { layout: { fields: [] } } as unknown as ReaderContext["schema"];
    const reader = await source.openReader({ id: "all", details: null }, null, { schema } as ReaderContext);
    const take = (): string[] => {
      const keys: string[] = [];
      for (let poll = reader.poll(); poll.kind === "batch"; poll = reader.poll()) {
        const [key] = poll.batch.columns;
        assert.ok(key?.kind === "utf8");
        const text = Buffer.from(key.bytes).toString();
        keys.push(...Array.from({ length: poll.batch.length }, (_, row) => text.slice(20 * row, 20 * (row + 1))));
      }
      return keys;
    };
    const filled = take();
    assert.deepEqual([filled.length, new Set(filled).size], [3_000, 3_000]);
    assert.ok(filled.every((key) => /^customer-\d{11}$/.test(key)));
    source.release();
    const updated = take();
    assert.equal(updated.length, 500);
    assert.ok(updated.every((key) => filled.includes(key)));
    source.end();
    assert.equal(reader.poll().kind, "ended");
  });

  test("bars say what is wanted and whether it is met", () => {
    const row = { query: "q5", mode: "columns", system: "engine", recordsPerCpuSecond: 4_000_000 } as const;
    const bars = nexmarkBars([
      { ...row, ofLimit: 0.5, stallP99Ms: 12 },
      { ...row, system: "hand-written", ofLimit: null, stallP99Ms: null },
    ]);
    assert.deepEqual(
      bars.map(({ bar, met }) => [bar, met]),
      [
        ["times Jet exactly-once", false],
        ["of the hand-written loop", true],
        ["stall p99, ms", false],
      ],
    );
    assert.match(barLines(bars), /^q5 columns {2}of the hand-written loop {2}0\.50 {2}at least 0\.4 +met$/m);
    assert.match(barLines(bars), /^1 of 3 bars met$/m);
  });

  test("turns away what it does not know", async () => {
    const run = promisify(execFile);
    await assert.rejects(
      run(process.execPath, ["--conditions=@tidemark/source", BENCH, "nexmark", "--queries", "q6"]),
      (error: Error & { code?: number; stderr?: string }) => {
        assert.equal(error.code, 2);
        assert.match(error.stderr ?? "", /there is no query q6/);
        return true;
      },
    );
  });

  test("takes the middle", () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([4, 1]), 1);
    assert.throws(() => median([]), RangeError);
  });
});
