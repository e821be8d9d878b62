import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = (file: string): Promise<{ stdout: string }> =>
  promisify(execFile)(process.execPath, [
    "--conditions=@tidemark/source",
    fileURLToPath(new URL(`../examples/${file}`, import.meta.url)),
  ]);

test("the word-count example survives a hundred seeds", async () => {
  const { stdout } = await run("simulate-word-count.ts");
  assert.match(stdout, /^100 seeds, [1-9]\d* crashes, [1-9]\d* checkpoints/);
});

test("the word-count example can be loaded", async () => {
  await run("word-count.ts");
});
