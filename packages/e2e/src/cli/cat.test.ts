import assert from "node:assert/strict";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { cli, DELAYS, FLIGHTS, folderOf, linesOf } from "./scratch.ts";

const HOURLY = [
  { key: "SFO", window: { start: 978336000000, end: 978339600000 }, revision: 0, n: 2, mean: 20 },
  { key: "LAX", window: { start: 978339600000, end: 978343200000 }, revision: 0, n: 1, mean: 0 },
];

describe("cat", () => {
  for (const kind of ["rows", "blocks"] as const) {
    test(`prints what a pipeline wrote to a file of ${kind}; names need not say the format`, async (t) => {
      const folder = await folderOf(t);
      const bind = ["--bind", "flights=jsonl:flights.jsonl", "--bind", `hourly=${kind}:hourly.${kind}`];
      const run = await cli(folder, ["run", DELAYS, ...bind]);
      assert.equal(run.exitCode, 0, run.stderr);
      const cat = await cli(folder, ["cat", `hourly.${kind}`]);
      assert.equal(cat.exitCode, 0, cat.stderr);
      const lines = cat.stdout.split("\n").slice(0, -1);
      assert.deepEqual(
        lines.map((line) => JSON.parse(line) as unknown),
        HOURLY,
      );
      await writeFile(join(folder, `z.${kind}.gz`), gzipSync(await readFile(join(folder, `hourly.${kind}`))));
      assert.equal((await cli(folder, ["cat", `z.${kind}.gz`])).stdout, cat.stdout);
      await rename(join(folder, `hourly.${kind}`), join(folder, "result"));
      assert.equal((await cli(folder, ["cat", "result"])).stdout, cat.stdout);
    });
  }

  test("prints lines as they are; says what it cannot read", async (t) => {
    const folder = await folderOf(t);
    assert.equal((await cli(folder, ["cat", "flights.jsonl"])).stdout, linesOf(FLIGHTS));
    await rename(join(folder, "flights.jsonl"), join(folder, "flights"));
    const unnamed = await cli(folder, ["cat", "flights"]);
    assert.equal(unnamed.exitCode, 78);
    assert.match(unnamed.stderr, /give --kind jsonl\|csv\|rows\|blocks/);
    assert.equal((await cli(folder, ["cat", "flights", "--kind", "jsonl"])).stdout, linesOf(FLIGHTS));
    const other = await cli(folder, ["cat", "flights", "--kind", "rows"]);
    assert.equal(other.exitCode, 1);
    assert.match(other.stderr, /TM_SOURCE[^]*not in the format "rows"/);
    assert.equal((await cli(folder, ["cat", "nowhere.rows"])).exitCode, 3);
  });
});
