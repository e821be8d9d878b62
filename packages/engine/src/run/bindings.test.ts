import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { pipeline } from "../dsl/pipeline.ts";
import { resolveBindings, type BindOptions } from "./bindings.ts";

const { graph } = pipeline("two", (p) => {
  const Row = z.object({ n: z.number() });
  p.source("a", Row).to(p.sink("x"));
  p.source("b", Row).to(p.sink("y"));
});

const bound = (bind: BindOptions): unknown =>
  resolveBindings(graph, [{ a: "jsonl:in.jsonl", b: "jsonl:in.jsonl", x: "stdout", y: "stdout" }, bind]);

test("two ports may read one file or print, but not write one file, nor both read standard input", () => {
  bound({});
  bound({ x: "jsonl:x.jsonl", y: "jsonl:y.jsonl", a: "stdin" });
  for (const [bind, message] of [
    [
      { x: "jsonl:out/o.jsonl", y: "jsonl:./out//o.jsonl" },
      /sink ports "x" and "y" are both bound to file out\/o\.jsonl/,
    ],
    [{ x: "jsonl:o", y: "csv:o" }, /both bound to file o/],
    [{ a: "stdin", b: "stdin" }, /source ports "a" and "b" are both bound to standard input/],
  ] as const) {
    assert.throws(() => bound(bind), { code: "TM_BINDING", message });
  }
});
