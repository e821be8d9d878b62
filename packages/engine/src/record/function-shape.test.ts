import assert from "node:assert/strict";
import test from "node:test";
import { runInThisContext } from "node:vm";
import { functionShape } from "./function-shape.ts";

type Fn = (...values: never[]) => unknown;

/** In short: `a<b` hands field b on as a, `...` all of them, `a=` is computed; what it reads; `!` if it does nothing else. */
function shown(source: string): string | null {
  const shape = functionShape(runInThisContext(`(${source})`) as Fn);
  if (shape === null) return null;
  if (shape.kind === "argument") return "argument";
  if (shape.kind === "field") return `.${shape.field}`;
  if (shape.kind === "tuple") return `[${shape.fields.map((field) => `.${field}`).join()}]`;
  const properties = shape.properties.map(({ name, source: from }) =>
    from.kind === "all" ? "..." : from.kind === "field" ? `${name}<${from.field}` : `${name}=`,
  );
  return `{${properties.join()}}${shape.isPure ? "!" : ` reads ${[...shape.reads].join()}`}`;
}

for (const [source, expected] of [
  ["x => x", "argument"],
  ["(x) => x.a", ".a"],
  ["({ a: b }) => b", ".a"],
  ["function (x) { return x.a; }", ".a"],
  ["x => [x.a, x.b,]", "[.a,.b]"],
  ["x => [x.a, 1]", null],
  ["x => ({ a: x.a, 'b-c': x.b, })", "{a<a,b-c<b}!"],
  ["({ a, b: c }) => ({ c, a })", "{c<b,a<a}!"],
  ["({ a, b }) => ({ a, s: b + b })", "{a<a,s=} reads b"],
  ["({ a }) => ({ a, n: a.length })", "{a<a,n=} reads a"],
  ["x => ({ ...x, a: x.a * 2 })", "{...,a=} reads a"],
  ["x => ({ a: x.a, f: f(x) })", "{a=,f=} reads "],
  ["x => ({ a: x.a, k: x.toString() })", "{a=,k=} reads "],
  ["x => { const n = x.n / 2 / 3; return { n, a: x.a }; }", "{n=,a<a} reads n"],
  ["x => ({ a: x.a, r: /[/}]/.test(`}${`{${x.b}`}`) }) /* } */", "{a<a,r=} reads b"],
  ["() => ({})", "{}!"],
  ["({ a = 1 }) => ({})", "{} reads "],
] as const) {
  test(`${source} is understood as ${expected ?? "nothing"}`, () => {
    assert.equal(shown(source), expected);
  });
}

// Several ways out, results made elsewhere, keys or syntax that it does not follow.
for (const source of [
  "(x) => { if (x.a) return { a: 1 }; return { b: 1 }; }",
  "(x) => { if (x.a) return { a: 1 }; }",
  "(x) => { if (x.a)\nreturn { a: 1 } }",
  "(x) => { while (x.a) { return { a: 1 } } }",
  "(x) => { return\n{ a } }",
  "(x) => { return { a: 1 }.a }",
  "(x) => { return { a: 1 }, x }",
  "(x) => ({ a: 1 }).a",
  "(x) => ({ a: 1 }, x)",
  "(x) => ({ a: 1 }) && x",
  "(x) => { { a: 1 } }",
  "(x) => ({ ...x.a })",
  "(x) => ({ ...(x) })",
  "(x, y) => ({ ...y })",
  "(x) => ({ ...x, f: f(x) })",
  "(x) => ({ get a() { return 1; } })",
  "(x) => ({ a() {} })",
  "(x) => ({ [x.a]: 1 })",
  "(x) => ({ 1: x.a })",
  "(x) => ({ __proto__: x.a })",
  "(x) => ({ '__proto__': x.a })",
  "(x) => ({ 'a\\u0062': x.a })",
  "(x) => ({ \\u0061: x.a })",
  "(x) => ({ é: x.a })",
  "(x) => ({ a: x.a<!--x\n})",
  "async (x) => ({ a: x.a })",
  "async x => ({ a: x.a })",
  "function* (x) { return { a: x.a }; }",
  "class { constructor(x) { return { a: x.a }; } }",
  "({ m(x) { return { a: x.a }; } }).m",
  "((x) => ({ a: x.a })).bind(null)",
  "new Proxy((x) => ({ a: x.a }), {})",
  "Object.keys",
  "(x) => { if (x.a) /}/.test(x.b); return { a: 1 } }",
  "(x) => { let a = x.a++ / 2; return { a } }",
]) {
  test(`${source} is not understood`, () => {
    assert.equal(shown(source), null);
  });
}

test("a function that says something else of itself is read as it is", () => {
  const fn = (x: { a: number }): unknown => x.a;
  fn.toString = () => "x => x.b";
  assert.deepEqual(functionShape(fn as Fn), { kind: "field", field: "a" });
});
