import assert from "node:assert/strict";
import test from "node:test";
import { type Field, layoutOf, VALUE_LAYOUT } from "./layout.ts";

const field = (name: string, kind: Field["kind"] = "float64"): Field => ({
  name,
  kind,
  nullable: false,
  optional: false,
});

test("layouts with the same fields are the same object", () => {
  assert.equal(layoutOf([field("a"), field("b")]), layoutOf([field("a"), field("b")]));
});

test("order, kind and flags of fields tell layouts apart", () => {
  const layouts = [
    layoutOf([field("a"), field("b")]),
    layoutOf([field("b"), field("a")]),
    layoutOf([field("a"), field("b", "int32")]),
    layoutOf([field("a"), { ...field("b"), nullable: true }]),
    layoutOf([field("a"), { ...field("b"), optional: true }]),
    layoutOf([]),
    VALUE_LAYOUT,
    layoutOf([field("value", "json")]),
  ];
  assert.equal(new Set(layouts).size, layouts.length);
  assert.equal(new Set(layouts.map((layout) => layout.id)).size, layouts.length);
});
