import assert from "node:assert/strict";
import { test } from "node:test";
import { onlyReads } from "./only-reads.ts";

interface Row {
  n: number;
  name: string;
}
type Reduce = (a: Row, b: Row) => unknown;

test("functions that read fields and return one of their arguments, or a record of fields, only read", () => {
  const all: Reduce[] = [
    (a, b) => (b.n >= a.n ? b : a),
    (a, b) => ({ n: a.n + b.n, name: b.name }),
    (a, b) => {
      if (a.n === b.n || a.name !== b.name) return b;
      return a.n <= b.n ? a : b;
    },
  ];
  assert.deepEqual(all.map(onlyReads), [true, true, true]);
});

test("functions that write, or take a record as a whole, do not, nor do those whose source is not there", () => {
  const all: Reduce[] = [
    (a, b) => {
      a.n += b.n;
      return a;
    },
    (a) => {
      a.n++;
      return a;
    },
    (a) => Object.assign(a, { n: 1 }),
    (a, b) => ({ ...a, n: b.n }),
    (a) => JSON.stringify(a),
    (a) => {
      a["n"] = 1;
      return a;
    },
    (a) => "n" in a,
    Math.max.bind(null) as unknown as Reduce,
  ];
  assert.deepEqual(all.map(onlyReads), Array<boolean>(all.length).fill(false));
});
