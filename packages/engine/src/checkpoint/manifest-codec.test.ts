import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "../foundation/crc32.ts";
import { memoryHost } from "../testing/memory-host.ts";
import { decodeManifest, encodeManifest } from "./manifest-codec.ts";
import type { Manifest } from "./manifest.ts";
import { openCheckpointStore } from "./open-checkpoint-store.ts";
import { writeReferenceSegments } from "./reference-checkpoint.test-only.ts";

async function reference(): Promise<Manifest> {
  const host = memoryHost();
  const { epoch } = await openCheckpointStore(host, { directory: "/state", job: "reference" });
  return writeReferenceSegments(host, { directory: "/state", job: "reference", checkpoint: 7, epoch });
}

const manifest = await reference();
const place = { checkpoint: 7, path: "manifests/0000000007.json" };

/** A manifest file with a right checksum around any text. */
function file(text: string): Uint8Array {
  const crc = crc32(new TextEncoder().encode(text)).toString(16).padStart(8, "0");
  return new TextEncoder().encode(`{"crc32":"${crc}","manifest":${text}}\n`);
}

/** What the file of a manifest says. */
function written(of: Manifest): Record<string, unknown> {
  const text = new TextDecoder().decode(encodeManifest(of));
  return (JSON.parse(text) as { manifest: Record<string, unknown> }).manifest;
}

/** The same manifest as format 1 has it: each block with its place. */
function asFormat1(of: Manifest): unknown {
  const segments = of.segments.map(({ superseded: _, ...segment }) => segment);
  return { ...of, format: 1, segments };
}

/** The reference with the value at a path replaced; undefined removes it. */
function changed(path: readonly (string | number)[], value: unknown): unknown {
  const copy = written(manifest);
  const parent = path
    .slice(0, -1)
    .reduce<Record<string, unknown>>((at, name) => at[name] as Record<string, unknown>, copy);
  const last = path.at(-1) as string;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

test("a manifest is one JSON object and comes back as it was", () => {
  const bytes = encodeManifest(manifest);
  const parsed = JSON.parse(new TextDecoder().decode(bytes)) as { crc32: string; manifest: unknown };
  const names = ["segments", "format"];
  const others = (of: object): unknown => Object.entries(of).filter(([name]) => !names.includes(name));
  assert.deepEqual(others(parsed.manifest as object), others(manifest));
  assert.match(parsed.crc32, /^[0-9a-f]{8}$/);
  assert.deepEqual(decodeManifest(bytes, place), manifest);
});

test("every field is checked: absent, of another type, out of range, unknown", () => {
  const wrong: [(string | number)[], unknown][] = [
    ...Object.keys(manifest).map((name): [string[], unknown] => [[name], undefined]),
    ...Object.keys(manifest).map((name): [string[], unknown] => [[name], [[0]]]),
    [["surprise"], 1],
    [["job"], 1],
    [["checkpoint"], -1],
    [["checkpoint"], 1.5],
    [["epoch"], 2 ** 53],
    [["createdAt"], "now"],
    [["keyGroupBits"], 17],
    [["keyGroupBits"], 2],
    [["finished"], 0],
    [["sources", 0, "position"], undefined],
    [["sources", 0, "maxTimestamp"], "max"],
    [["sources", 0, "ended"], null],
    [["sources", 0, "records"], -1],
    [["operators", 0, "timers", 0], null],
    [["operators", 0, "states", 0, "schemaHash"], undefined],
    [["segments", 0, "path"], "segments/../../etc/passwd"],
    [["segments", 0, "path"], manifest.segments[1]?.path],
    [["segments", 0, "fileId"], "0"],
    [["segments", 0, "crc32"], 2 ** 32],
    [["segments", 0, "sizeBytes"], 1],
    [
      ["segments", 0, "superseded"],
      ["a", "a"],
    ],
    [["segments", 0, "superseded"], undefined],
    [["segments", 0, "blocks", 0, "sizes"], ""],
    [["segments", 0, "blocks", 0, "sizes"], "0:100  1:100"],
    [["segments", 0, "blocks", 0, "sizes"], "00:100"],
    [["segments", 0, "blocks", 0, "sizes"], "8:100"],
    [["segments", 0, "blocks", 0, "sizes"], "0:1"],
    [["segments", 0, "blocks", 0, "offset"], 52],
    [["segments", 0, "blocks", 0], null],
    [["segments", 0, "path"], manifest.segments[0]?.path.replace("0000000007", "0000000008")],
    [["sinks", 0, "plan"], undefined],
    [["sinks", 0, "prepared", 0, "writer"], 3],
    [["watermarks", "reference-0"], "min"],
    [["watermarks"], []],
    [["statistics"], []],
  ];
  for (const [path, value] of wrong) {
    const text = JSON.stringify(changed(path, value));
    assert.throws(
      () => decodeManifest(file(text), place),
      { code: "TM_CHECKPOINT_CORRUPT" },
      `${path.join(".")} = ${String(JSON.stringify(value))}`,
    );
  }
});

test("format 1 is read, and checked as strictly", () => {
  const whole = asFormat1(manifest) as { segments: { blocks: object[] }[] };
  assert.deepEqual(decodeManifest(file(JSON.stringify(whole)), place), manifest);
  for (const [name, value] of Object.entries({ offset: 53, sizeBytes: 1, keyGroup: 8, operator: 1, more: 1 })) {
    const wrong = structuredClone(whole);
    Object.assign(wrong.segments[0]?.blocks[0] ?? {}, { [name]: value });
    assert.throws(() => decodeManifest(file(JSON.stringify(wrong)), place), { code: "TM_CHECKPOINT_CORRUPT" }, name);
  }
});

test("another format version is refused, not passed over", () => {
  assert.throws(() => decodeManifest(file(JSON.stringify(changed(["format"], 3))), place), {
    code: "TM_STATE_INCOMPATIBLE",
  });
});

test("what is no manifest is corrupt", () => {
  for (const text of ["", "{", "null", "[]", "1", '"x"', "{}"]) {
    assert.throws(() => decodeManifest(file(text), place), { code: "TM_CHECKPOINT_CORRUPT" }, text);
  }
  assert.throws(() => decodeManifest(new TextEncoder().encode(JSON.stringify(manifest)), place), {
    code: "TM_CHECKPOINT_CORRUPT",
  });
  assert.throws(() => decodeManifest(encodeManifest(manifest), { ...place, checkpoint: 8 }), {
    code: "TM_CHECKPOINT_CORRUPT",
  });
});

test("a manifest that could not be read again is not written", () => {
  assert.throws(() => encodeManifest({ ...manifest, createdAt: Number.NaN }), { code: "TM_CHECKPOINT_FAILED" });
  assert.throws(() => encodeManifest({ ...manifest, keyGroupBits: 2 }), { code: "TM_CHECKPOINT_FAILED" });
});
