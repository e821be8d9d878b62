import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PaneTable } from "./pane-table.ts";

test("a pane table equals a map while rows come and go", () => {
  const change = fc.tuple(fc.nat(200), fc.boolean());
  fc.assert(
    fc.property(fc.array(change, { minLength: 50, maxLength: 600, size: "max" }), (changes) => {
      const table = new PaneTable();
      const model = new Map<number, number>();
      for (const [i, [row, isThere]] of changes.entries()) {
        const position = table.find(row);
        assert.equal(position >= 0, model.has(row));
        if (position >= 0 && !isThere) table.removeAt(position);
        else if (position >= 0) table.kept[position] = i;
        else if (isThere) table.add(row, i);
        if (isThere) model.set(row, i);
        else model.delete(row);
      }
      assert.equal(table.size, model.size);
      for (const [row, kept] of model) assert.equal(table.kept[table.find(row)], kept);
    }),
    { numRuns: 100 },
  );
});
