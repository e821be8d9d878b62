import { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";

/** Where a reader of bytes stands. */
export interface BytePosition {
  /** Bytes of the (decoded) content before the next record. */
  readonly offset: number;
  /** Records before it, invalid ones included; for people. */
  readonly records: number;
  /** What was read once and is needed from here on. CSV: the header. Binary formats: the layout, one text. */
  readonly columns?: readonly string[];
}

/** A position as a checkpoint holds it; TM_SOURCE if it is none of this connector's. Null is the beginning. */
export function parsePosition(position: Json | null, split: string): BytePosition {
  if (position === null) return { offset: 0, records: 0 };
  if (isBytePosition(position)) return position;
  throw new TidemarkError(
    "TM_SOURCE",
    "a checkpoint holds a position that this source did not make. Bind the port as it was bound then, or start the job afresh",
    {
      facts: { split, position: JSON.stringify(position).slice(0, 200) },
    },
  );
}

function isBytePosition(position: Json): position is Json & BytePosition {
  if (typeof position !== "object" || position === null || Array.isArray(position)) return false;
  const { offset, records, columns } = position as Record<string, Json>;
  const areColumns =
    columns === undefined || (Array.isArray(columns) && columns.every((name) => typeof name === "string"));
  return isCount(offset) && isCount(records) && areColumns;
}

function isCount(value: Json | undefined): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The position as plain JSON. */
export function positionJson(position: BytePosition): Json {
  const { offset, records, columns } = position;
  return columns === undefined ? { offset, records } : { offset, records, columns };
}
