import type { Json } from "../foundation/json.ts";
import { KEY_GROUP_BITS_MAX } from "../state/key-group.ts";
import {
  FORMAT_VERSION,
  type BlockDescriptor,
  type Manifest,
  type OperatorStates,
  type SegmentDescriptor,
  type SinkCommitState,
  type SplitPosition,
} from "./manifest.ts";
import { checkpointOfSegment, parseSegmentName, SEGMENTS_DIRECTORY } from "./checkpoint-files.ts";
import { BLOCK_HEADER_BYTES, FILE_HEADER_BYTES, FOOTER_BYTES } from "./segment-format.ts";

/** Thrown inside the check only: where in the manifest something is not as it must be. */
export class ManifestProblem extends Error {
  override readonly name = "ManifestProblem";
}

/** Formats that are read. */
export const FORMATS: readonly number[] = [1, FORMAT_VERSION];

/**
 * Strict check of a parsed manifest: exactly the fields of its format, each of its type and range, segments laid out without gaps. Gives a
 * new object, of the newest format; throws {@link ManifestProblem} with the place.
 */
export function checkManifest(value: unknown): Manifest {
  const fields = record(value, "manifest", [
    "format",
    "job",
    "checkpoint",
    "epoch",
    "createdAt",
    "reason",
    "graphFingerprint",
    "keyGroupBits",
    "parallelism",
    "sources",
    "operators",
    "segments",
    "sinks",
    "watermarks",
    "statistics",
    "finished",
  ]);
  const { format } = fields;
  if (!FORMATS.includes(format as number)) fail("format", `expected one of ${FORMATS.join(", ")}`);
  const checkpoint = whole(fields["checkpoint"], "checkpoint");
  const keyGroupBits = whole(fields["keyGroupBits"], "keyGroupBits", KEY_GROUP_BITS_MAX);
  const segments = list(fields["segments"], "segments", (each, place) =>
    format === 1 ? checkSegment1(each, place, 2 ** keyGroupBits) : checkSegment(each, place, 2 ** keyGroupBits),
  );
  for (const [i, { path }] of segments.entries()) {
    const written = checkpointOfSegment(path);
    if (format === 1 ? written !== checkpoint : written > checkpoint)
      fail(`segments[${i}].path`, "expected a segment that is not newer than the checkpoint");
  }
  unique(
    segments.map(({ path }) => path),
    "segments",
  );
  return {
    format: FORMAT_VERSION,
    job: text(fields["job"], "job"),
    checkpoint,
    epoch: whole(fields["epoch"], "epoch"),
    createdAt: finite(fields["createdAt"], "createdAt"),
    reason: text(fields["reason"], "reason"),
    graphFingerprint: text(fields["graphFingerprint"], "graphFingerprint"),
    keyGroupBits,
    parallelism: whole(fields["parallelism"], "parallelism"),
    sources: list(fields["sources"], "sources", checkSource),
    operators: list(fields["operators"], "operators", checkOperator),
    segments,
    sinks: list(fields["sinks"], "sinks", checkSink),
    watermarks: table(fields["watermarks"], "watermarks", checkWatermark),
    statistics: table(fields["statistics"], "statistics", json),
    finished: flag(fields["finished"], "finished"),
  };
}

function checkSource(value: unknown, place: string): SplitPosition {
  const fields = record(value, place, ["port", "split", "position", "maxTimestamp", "ended", "records"]);
  const maxTimestamp = fields["maxTimestamp"];
  return {
    port: text(fields["port"], `${place}.port`),
    split: text(fields["split"], `${place}.split`),
    position: json(fields["position"]),
    maxTimestamp: maxTimestamp === null ? null : finite(maxTimestamp, `${place}.maxTimestamp`),
    ended: flag(fields["ended"], `${place}.ended`),
    records: whole(fields["records"], `${place}.records`),
  };
}

function checkOperator(value: unknown, place: string): OperatorStates {
  const fields = record(value, place, ["operator", "kind", "timers", "states"]);
  return {
    operator: text(fields["operator"], `${place}.operator`),
    kind: text(fields["kind"], `${place}.kind`),
    timers: list(fields["timers"], `${place}.timers`, text),
    states: list(fields["states"], `${place}.states`, (each, at) => {
      const state = record(each, at, ["name", "kind", "schemaHash", "jsonSchema"]);
      return {
        name: text(state["name"], `${at}.name`),
        kind: text(state["kind"], `${at}.kind`),
        schemaHash: text(state["schemaHash"], `${at}.schemaHash`),
        jsonSchema: json(state["jsonSchema"]),
      };
    }),
  };
}

/** Format 1: every block with its place, and none superseded. */
function checkSegment1(value: unknown, place: string, keyGroups: number): SegmentDescriptor {
  const fields = record(value, place, ["path", "fileId", "sizeBytes", "crc32", "task", "blocks"]);
  const blocks = list(fields["blocks"], `${place}.blocks`, (each, at) => checkBlock1(each, at, keyGroups));
  let end = FILE_HEADER_BYTES;
  for (const [i, block] of blocks.entries()) {
    if (block.offset !== end) fail(`${place}.blocks[${i}].offset`, `expected ${end}`);
    end += block.sizeBytes;
  }
  return segmentOf(fields, place, { superseded: [], blocks });
}

function checkBlock1(value: unknown, place: string, keyGroups: number): BlockDescriptor {
  const fields = record(value, place, ["operator", "keyGroup", "offset", "sizeBytes"]);
  return {
    operator: text(fields["operator"], `${place}.operator`),
    keyGroup: whole(fields["keyGroup"], `${place}.keyGroup`, keyGroups - 1),
    offset: whole(fields["offset"], `${place}.offset`),
    sizeBytes: blockSize(fields["sizeBytes"], `${place}.sizeBytes`),
  };
}

function checkSegment(value: unknown, place: string, keyGroups: number): SegmentDescriptor {
  const fields = record(value, place, ["path", "fileId", "sizeBytes", "crc32", "task", "superseded", "blocks"]);
  const superseded = list(fields["superseded"], `${place}.superseded`, text);
  unique(superseded, `${place}.superseded`);
  const blocks: BlockDescriptor[] = [];
  let offset = FILE_HEADER_BYTES;
  for (const [operator, sizes] of list(fields["blocks"], `${place}.blocks`, checkBlocks)) {
    for (const [keyGroup, sizeBytes] of sizes) {
      if (keyGroup >= keyGroups) fail(`${place}.blocks`, `expected key groups below ${keyGroups}`);
      blocks.push({ operator, keyGroup, offset, sizeBytes });
      offset += sizeBytes;
    }
  }
  return segmentOf(fields, place, { superseded, blocks });
}

/** Blocks of one operator, one behind the other: "key group:bytes" each, with a space between. */
function checkBlocks(value: unknown, place: string): [string, [number, number][]] {
  const fields = record(value, place, ["operator", "sizes"]);
  const sizes = text(fields["sizes"], `${place}.sizes`)
    .split(" ")
    .map((each): [number, number] => {
      const [keyGroup, sizeBytes] = /^(0|[1-9]\d{0,4}):([1-9]\d{0,15})$/.exec(each)?.slice(1).map(Number) ?? [];
      if (keyGroup === undefined) fail(`${place}.sizes`, 'expected "key group:bytes", with a space between two');
      return [keyGroup, blockSize(sizeBytes, `${place}.sizes`)];
    });
  return [text(fields["operator"], `${place}.operator`), sizes];
}

function blockSize(value: unknown, place: string): number {
  const sizeBytes = whole(value, place);
  return sizeBytes < BLOCK_HEADER_BYTES ? fail(place, `expected at least ${BLOCK_HEADER_BYTES}`) : sizeBytes;
}

/** What all formats have in common. */
function segmentOf(
  fields: Readonly<Record<string, unknown>>,
  place: string,
  { superseded, blocks }: Pick<SegmentDescriptor, "superseded" | "blocks">,
): SegmentDescriptor {
  const path = text(fields["path"], `${place}.path`);
  const directory = `${SEGMENTS_DIRECTORY}/`;
  // Also what keeps a manifest from naming a file outside its directory.
  if (!path.startsWith(directory) || parseSegmentName(path.slice(directory.length)) === null)
    fail(`${place}.path`, "expected the path of a segment");
  const fileId = text(fields["fileId"], `${place}.fileId`);
  if (!/^[0-9a-f]{32}$/.test(fileId)) fail(`${place}.fileId`, "expected 32 hexadecimal digits");
  const end = blocks.reduce((sum, block) => sum + block.sizeBytes, FILE_HEADER_BYTES) + FOOTER_BYTES;
  const sizeBytes = whole(fields["sizeBytes"], `${place}.sizeBytes`);
  if (sizeBytes !== end) fail(`${place}.sizeBytes`, `expected ${end}`);
  const crc32 = whole(fields["crc32"], `${place}.crc32`, 0xffff_ffff);
  return { path, fileId, sizeBytes, crc32, task: text(fields["task"], `${place}.task`), superseded, blocks };
}

function checkSink(value: unknown, place: string): SinkCommitState {
  const fields = record(value, place, ["port", "description", "plan", "prepared"]);
  return {
    port: text(fields["port"], `${place}.port`),
    description: text(fields["description"], `${place}.description`),
    plan: json(fields["plan"]),
    prepared: list(fields["prepared"], `${place}.prepared`, (each, at) => {
      const prepared = record(each, at, ["writer", "output"]);
      return { writer: text(prepared["writer"], `${at}.writer`), output: json(prepared["output"]) };
    }),
  };
}

function checkWatermark(value: unknown, place: string): number | "max" | null {
  return value === null || value === "max" ? value : finite(value, place);
}

function fail(place: string, expected: string): never {
  throw new ManifestProblem(`${place}: ${expected}`);
}

/** An object with exactly these fields. */
function record(value: unknown, place: string, names: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail(place, "expected an object");
  for (const name of Object.keys(value))
    if (!names.includes(name)) fail(place, `unknown field ${JSON.stringify(name)}`);
  for (const name of names) if (!Object.hasOwn(value, name)) fail(place, `field ${JSON.stringify(name)} is missing`);
  return value as Record<string, unknown>;
}

/** An object with names of its own. */
function table<T>(value: unknown, place: string, check: (each: unknown, place: string) => T): Record<string, T> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail(place, "expected an object");
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, check(each, `${place}[${JSON.stringify(name)}]`)]),
  );
}

function list<T>(value: unknown, place: string, check: (each: unknown, place: string) => T): T[] {
  if (!Array.isArray(value)) fail(place, "expected a list");
  return value.map((each: unknown, i) => check(each, `${place}[${i}]`));
}

function text(value: unknown, place: string): string {
  return typeof value === "string" ? value : fail(place, "expected a text");
}

function whole(value: unknown, place: string, max: number = Number.MAX_SAFE_INTEGER): number {
  const fits = typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= max;
  return fits ? value : fail(place, `expected a whole number from 0 to ${max}`);
}

function finite(value: unknown, place: string): number {
  return typeof value === "number" && Number.isFinite(value) ? value : fail(place, "expected a number");
}

function flag(value: unknown, place: string): boolean {
  return typeof value === "boolean" ? value : fail(place, "expected true or false");
}

/** What JSON.parse gave is JSON. */
function json(value: unknown): Json {
  return value as Json;
}

function unique(values: readonly string[], place: string): void {
  if (new Set(values).size !== values.length) fail(place, "expected each only once");
}
