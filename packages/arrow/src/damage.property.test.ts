import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { TidemarkError } from "@tidemark/engine/connector";
import { memoryHost } from "@tidemark/engine/testing";
import fc from "fast-check";
import { fileStart } from "./file-start.ts";
import { batchOf, decodeAll, layoutWith, schemaOf, streamOf, WHOLE } from "./streams.test-only.ts";

const LAYOUT = layoutWith([
  { name: "n", kind: "int32", nullable: true, optional: false },
  { name: "text", kind: "utf8", nullable: true, optional: false },
  { name: "word", kind: "dictionary", nullable: false, optional: false },
  { name: "any", kind: "json", nullable: false, optional: false },
]);
const RECORDS = Array.from({ length: 90 }, (_, n) => ({
  n: n % 5 === 0 ? null : n,
  text: n % 7 === 0 ? null : `é ${n}`,
  word: `word ${n % 3}`,
  any: [n],
}));
const STREAM = streamOf([0, 30, 60].map((from) => batchOf(RECORDS.slice(from, from + 30), LAYOUT)));

const GOLDEN = new Uint8Array(readFileSync(`${import.meta.dirname}/golden/types.arrows`));

function isTold(error: unknown): void {
  assert.ok(error instanceof TidemarkError, String(error));
  assert.equal(error.code, "TM_SOURCE");
  assert.match(error.message, /input=/);
}

for (const [name, stream, layout] of [
  ["few types", STREAM, LAYOUT],
  ["every type", GOLDEN, WHOLE],
] as const) {
  test(`bytes that were changed are told, or are cells of a column: nothing else comes of them (${name})`, () => {
    const change = fc.record({ at: fc.nat(stream.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), fc.boolean(), (changes, trust) => {
        const bytes = stream.slice();
        for (const { at, to } of changes) bytes[at] = to;
        const { seen, broke } = decodeAll(bytes, { schema: schemaOf(layout, trust), cuts: [999, 2_000] });
        if (broke === null) assert.ok(seen.length <= RECORDS.length + 1, `${seen.length} records`);
        else isTold(broke);
      }),
      { numRuns: 1_500 },
    );
  });
}

test("a byte of a file's footer that was changed is told, or changes nothing that a schema must have", async () => {
  const whole = new Uint8Array(readFileSync(`${import.meta.dirname}/golden/types.arrow`));
  const footerBytes = new DataView(whole.buffer).getInt32(whole.length - 10, true);
  for (let at = whole.length - 10 - footerBytes; at < whole.length; at += 7) {
    const bytes = whole.slice();
    bytes[at]! ^= 0x81;
    const host = memoryHost();
    const file = await host.disk.openWrite("a", "create");
    await file.write(bytes);
    await file.close();
    await fileStart(host, "a").catch(isTold);
  }
});

test("a stream that was cut anywhere gives what was whole, and says that more is missing", () => {
  const { seen } = decodeAll(STREAM, { schema: schemaOf(LAYOUT) });
  for (let length = 0; length < STREAM.length; length += 11) {
    const cut = decodeAll(STREAM.subarray(0, length), { schema: schemaOf(LAYOUT) });
    assert.equal(cut.broke, null);
    const records = cut.seen.filter((each) => !("invalid" in (each as object)));
    assert.deepEqual(records, seen.slice(0, records.length));
    assert.ok(records.length % 30 === 0);
    assert.ok(cut.seen.length - records.length <= 1);
    for (const start of cut.starts) {
      const rest = decodeAll(STREAM.subarray(0, length), { schema: schemaOf(LAYOUT), start });
      assert.deepEqual([rest.seen, rest.broke], [cut.seen.slice(start.seen), null]);
    }
  }
});
