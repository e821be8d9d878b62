import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = new URL("../", import.meta.url);
const EXAMPLE = /<!-- run: (\S+) -->\n```ts\n([\s\S]*?)```/g;

test("the README's examples are the files they name, and run", async (t) => {
  const readme = await readFile(new URL("README.md", ROOT), "utf8");
  const examples = [...readme.matchAll(EXAMPLE)].map(([, file, code]) => ({ file: file ?? "", code: code ?? "" }));
  assert.ok(examples.length >= 2);
  for (const { file, code } of examples) {
    await t.test(file, async () => {
      const url = new URL(file, ROOT);
      assert.equal(await readFile(url, "utf8"), code);
      const { stdout } = await promisify(execFile)(process.execPath, [
        "--conditions=@tidemark/source",
        fileURLToPath(url),
      ]);
      if (file.endsWith("delays-test.ts")) assert.match(stdout, /n: 2/);
    });
  }
});
