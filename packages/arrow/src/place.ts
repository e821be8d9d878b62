import { TidemarkError } from "@tidemark/engine/connector";

/** Where a row stands. */
export interface Place {
  /** Where the message of its record batch begins. */
  readonly batchAt: number;
  /** Its number in the batch. */
  readonly row: number;
  /** Records before it. */
  readonly records: number;
  /** The input had ended there, within a message. */
  readonly isEnd?: boolean;
}

/** What a position holds besides the offset to read from. */
export interface Started {
  /** Of the file format: it has an end of its own. */
  readonly isFile: boolean;
  /** The message with the schema; null: it stands there. */
  readonly schema: Uint8Array | null;
  readonly place: Place;
}

/** As the texts that a position holds. */
export function placeTexts({ isFile, schema, place }: Started): readonly string[] {
  const { batchAt, row, records, isEnd } = place;
  const kind = `${isFile ? "file" : "stream"}${isEnd === true ? ", ended" : ""}`;
  return [kind, schema === null ? "" : hexOf(schema), String(batchAt), String(row), String(records)];
}

/** Inverse of {@link placeTexts}; TM_SOURCE for texts that it did not give. */
export function placeOf(given: readonly string[], input: string): Started {
  const [kind = "", schema = "", ...counts] = given;
  const [batchAt, row, records] = counts.map((text) => (/^\d+$/.test(text) ? Number(text) : Number.NaN));
  const isKnown = /^(file|stream)(, ended)?$/.test(kind) && /^([0-9a-f]{2})*$/.test(schema) && given.length === 5;
  if (!isKnown || !isCount(batchAt) || !isCount(row) || !isCount(records)) {
    throw new TidemarkError(
      "TM_SOURCE",
      "a checkpoint holds a position that is none in an Arrow input. Bind the port as it was bound then, or start the job afresh",
      { facts: { input } },
    );
  }
  const place = { batchAt, row, records, ...(kind.endsWith("ended") && { isEnd: true }) };
  return { isFile: kind.startsWith("file"), schema: schema === "" ? null : bytesOf(schema), place };
}

function isCount(value: number | undefined): value is number {
  return Number.isSafeInteger(value);
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}
