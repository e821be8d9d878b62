import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryHost, type MemoryHost } from "../testing/memory-host.ts";
import { expandPattern, matchesName, normalPath } from "./glob.ts";

async function treeOf(...paths: readonly string[]): Promise<MemoryHost> {
  const host = memoryHost();
  for (const path of paths) {
    await host.disk.makeDirectory(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
    await (await host.disk.openWrite(path, "create")).close();
  }
  return host;
}

test("names: stars, question marks, and dots that must be spelt", () => {
  const cases: readonly (readonly [pattern: string, name: string, matches: boolean])[] = [
    ["*", "a", true],
    ["*", "", true],
    ["*", ".a", false],
    [".*", ".a", true],
    ["?", "é", true],
    ["?", "", false],
    ["?", ".", false],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c-b", false],
    ["*.jsonl", "x.jsonl", true],
    ["*.jsonl", "x.jsonl.gz", false],
    ["**", "ab", true],
    ["a[b]", "a[b]", true],
    ["a[b]", "ab", false],
    ["a.b", "axb", false],
    [`${"*a".repeat(30)}b`, "a".repeat(60), false],
  ];
  for (const [pattern, name, matches] of cases)
    assert.equal(matchesName(pattern, name), matches, `${pattern} and ${name}`);
});

test("paths: normal form", () => {
  const forms = ["./a//b/", "/a/./b", "..//a", ".", "/", "a/../b"].map(normalPath);
  assert.deepEqual(forms, ["a/b", "/a/b", "../a", ".", "/", "a/../b"]);
});

test("patterns: one level, any depth, in path order", async () => {
  const { disk } = await treeOf(
    "d/b.jsonl",
    "d/a.jsonl",
    "d/x/c.jsonl",
    "d/x/y/d.jsonl",
    "d/x/y/e.csv",
    "d/.hidden/f.jsonl",
    "d/Z.jsonl",
  );
  const cases: readonly (readonly [pattern: string, paths: readonly string[]])[] = [
    ["d/*.jsonl", ["d/Z.jsonl", "d/a.jsonl", "d/b.jsonl"]],
    ["d/?.jsonl", ["d/Z.jsonl", "d/a.jsonl", "d/b.jsonl"]],
    ["d/**/*.jsonl", ["d/Z.jsonl", "d/a.jsonl", "d/b.jsonl", "d/x/c.jsonl", "d/x/y/d.jsonl"]],
    ["**/y/*", ["d/x/y/d.jsonl", "d/x/y/e.csv"]],
    ["/d/*/c.jsonl", ["/d/x/c.jsonl"]],
    ["**/**/e.csv", ["d/x/y/e.csv"]],
    ["d/.hidden/*", ["d/.hidden/f.jsonl"]],
    ["d/*/nothing/*", []],
    ["gone/**", []],
    ["d/x", ["d/x"]],
    ["d/a.jsonl/*", []],
  ];
  for (const [pattern, paths] of cases) assert.deepEqual(await expandPattern(disk, pattern), paths, pattern);
});
