import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBinding, type BindablePort } from "./binding-spec.ts";

const ports: readonly BindablePort[] = [
  { name: "flights", direction: "source" },
  { name: "hourly", direction: "sink" },
];

test("a port is bound by kind and argument", () => {
  const cases: readonly (readonly [spec: string, port: string, description: string])[] = [
    ["flights=jsonl:data/*.jsonl.gz", "flights", "jsonl:data/*.jsonl.gz"],
    ["flights=csv:C:/a=b.csv", "flights", "csv:C:/a=b.csv"],
    ["flights=stdin", "flights", "stdin"],
    ["hourly=jsonl:out.jsonl", "hourly", "jsonl:out.jsonl"],
    ["flights=rows:data/*.rows.zst", "flights", "rows:data/*.rows.zst"],
    ["hourly=blocks:out.blocks", "hourly", "blocks:out.blocks"],
    ["hourly=stdout", "hourly", "stdout"],
    ["hourly=memory", "hourly", "memory"],
  ];
  for (const [spec, port, description] of cases) {
    const parsed = parseBinding(spec, { ports });
    assert.deepEqual([parsed.port, parsed.binding.description], [port, description]);
  }
});

test("kinds of other packages are added", () => {
  const kinds = { kafka: (topic: string | null) => ({ description: `kafka:${topic}`, source: {} as never }) };
  assert.equal(parseBinding("flights=kafka:flights", { ports, kinds }).binding.description, "kafka:flights");
});

test("what cannot be bound is refused with the nearest name or what to write", () => {
  const cases: readonly (readonly [spec: string, message: RegExp])[] = [
    ["flights", /PORT=KIND:ARG.*given=flights/],
    ["=jsonl:a", /PORT=KIND:ARG/],
    ["flihgts=stdin", /unknown port "flihgts": did you mean "flights"\?/],
    ["zzz=stdin", /unknown port "zzz": there are flights, hourly/],
    ["flights=json:a.jsonl", /unknown kind of binding "json": did you mean "jsonl"\?/],
    [
      "flights=toString",
      /unknown kind of binding "toString": there are jsonl, csv, rows, blocks, stdin, stdout, memory/,
    ],
    ["flights=data/a.csv.gz", /did you mean "flights=csv:data\/a\.csv\.gz"\?/],
    ["flights=a.ndjson", /did you mean "flights=jsonl:a\.ndjson"\?/],
    ["flights=a.rows", /did you mean "flights=rows:a\.rows"\?/],
    ["flights=row:a", /unknown kind of binding "row": did you mean "rows"\?/],
    ["flights=block:a", /unknown kind of binding "block": did you mean "blocks"\?/],
    ["flights=jsonl", /needs a path, such as "jsonl:flights\.jsonl"/],
    ["flights=csv:", /needs a path/],
    ["flights=stdin:x", /takes nothing after its kind/],
    ["flights=stdout", /"flights" is a source, and stdout can only be written to/],
    ["hourly=stdin", /"hourly" is a sink, and stdin can only be read from/],
    ["hourly=jsonl:a*.jsonl", /can only be read from/],
    ["hourly=jsonl:a.jsonl.gz", /can only be read from/],
  ];
  for (const [spec, message] of cases)
    assert.throws(() => parseBinding(spec, { ports }), { code: "TM_BINDING", message }, spec);
});
