import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { HAND_WRITTEN } from "./hand-written.ts";
import { measure, type Measurement, type System } from "./measure.ts";
import { median } from "./median.ts";
import type { ResultRow } from "./nexmark.ts";
import { resultTable } from "./result-table.ts";

const EVENTS = 20_000;
const BENCH = fileURLToPath(new URL("../bench.ts", import.meta.url));

describe("the bench", () => {
  for (const query of Object.keys(HAND_WRITTEN)) {
    test(`${query}: engine, hand-written loop and naive program give the same output`, async () => {
      const of = (system: System, mode: "columns" | "jsonl"): Promise<Measurement> =>
        measure({ query, system, mode, events: EVENTS });
      const engine = await of("engine", "columns");
      assert.ok(engine.outputRows > 0);
      const others = [await of("engine", "jsonl"), await of("hand-written", "columns"), await of("naive", "jsonl")];
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
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as ResultRow);
    assert.deepEqual(
      rows.map(({ query, mode, system }) => `${query} ${mode} ${system}`),
      [
        "q2 columns engine",
        "q2 columns hand-written",
        "q2 jsonl engine",
        "q2 jsonl naive",
        "q4 columns engine",
        "q4 jsonl engine",
      ],
    );
    assert.equal(new Set(rows.slice(0, 4).map(({ checksum }) => checksum)).size, 1);
    assert.ok(
      rows.every(
        ({ recordsPerCpuSecond, ofLimit, system }) =>
          recordsPerCpuSecond > 0 && (ofLimit === null || system === "engine"),
      ),
    );
    assert.match(stderr, /^6\/6 q4 jsonl engine, \d+ s left$/m);
    assert.equal(resultTable(rows).trimEnd().split("\n").length, 8);
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
