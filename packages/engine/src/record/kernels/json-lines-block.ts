import { BATCH_ROWS_MAX } from "../batch.ts";
import type { Field } from "../layout.ts";

/**
 * What decodeJsonLines works with, as bytes from the block's address: words of 4 bytes but NUMBER, a double, after which the
 * powers of ten 10^0 to 10^22 stand as doubles. From FIRST_COLUMN on COLUMN_BYTES a column.
 */
export const BLOCK = {
  /** How many columns there are. */
  columns: 0,
  /** Bit n: a column's `"name":` has n bytes, modulo 32. */
  nameLengths: 4,
  /** Rows after which decoding stops. */
  rowsMax: 8,
  /** The next row. */
  row: 12,
  /** A line with more bytes, its end included, is refused. */
  lineBytesMax: 16,
  /** Why it stopped: OUTCOME. */
  outcome: 20,
  /** Address of the rows' stream offsets, doubles. */
  offsets: 24,
  /** Lines tried so far. */
  line: 28,
  /** Address of the column that the first key was last time; 0: none. */
  firstKey: 32,
  /** 1: a line with a key that no column has is refused. */
  isClosed: 36,
  number: 40,
  firstColumn: 240,
} as const;

/** A column, from its address. */
export const BLOCK_COLUMN = {
  /** COLUMN_KIND. */
  kind: 0,
  /** COLUMN_FLAGS. */
  flags: 4,
  /** Address of the values; of utf8 the offsets. */
  values: 8,
  lengths: 12,
  presence: 16,
  /** Address of `"name":`, padded with zeros to 16 bytes, and of its mask of as many. */
  name: 20,
  /** Bytes of `"name":`. */
  nameBytes: 24,
  /** Address of the bytes of utf8 cells. */
  text: 28,
  textUsed: 32,
  /** Added to offsets: bytes of the batch that are elsewhere already. */
  textBase: 36,
  /** 1 once a cell was null or absent. */
  isLacking: 40,
  /** Address of the column that came after this one last time; 0: none did. */
  nextKey: 44,
  /** The line in which it was seen last. */
  seen: 48,
  /** Address of the end of the text that was copied last. */
  textEnd: 52,
} as const;

export const COLUMN_BYTES = 64;
export const COLUMN_KIND = { int32: 0, float64: 1, boolean: 2, utf8: 3 } as const;
export const COLUMN_FLAGS = { nullable: 1, optional: 2 } as const;

/** `usedUp`: what is left is no whole line. `refused`: the next line must be read in another way. `full`: a limit was reached. */
export const OUTCOME = { usedUp: 0, refused: 1, full: 2 } as const;

/** Line feeds that stand behind the input: reading stops there without looking at the end. */
export const PADDING_BYTES = 64;

/** What is read beyond them, and not looked at. */
const LOOK_AHEAD_BYTES = 64;

/** Bytes behind texts that are overwritten. */
const TEXT_SLACK_BYTES = 64;

/** Arrays of a power of two of bytes would all fall into the same lines of the cache. */
const STAGGER_BYTES = 192;

/** Where the parts of a column are in the memory, bytes. */
export interface ColumnPlaces {
  readonly kind: (typeof COLUMN_KIND)[keyof typeof COLUMN_KIND];
  readonly at: number;
  readonly values: number;
  readonly lengths: number;
  /** 0: every cell is present. */
  readonly presence: number;
  readonly text: number;
}

/** A block and everything it points to, in a memory of its own: the block first, at `address`. */
export interface BlockPlan {
  readonly address: number;
  readonly columns: readonly ColumnPlaces[];
  readonly offsets: number;
  /** All arrays of BATCH_ROWS_MAX cells lie in [from, to), each at a multiple of eight; those of presence from `presence` on. */
  readonly arrays: { readonly from: number; readonly presence: number; readonly to: number };
  /** Where input goes, with room for `inputBytes` and the padding. */
  readonly input: number;
  readonly inputBytes: number;
  /** Room for the texts of a column. */
  readonly textBytes: number;
  /** Bytes of memory there must be. */
  readonly bytes: number;
  /** The block and the names, as they are before the first line. */
  readonly image: Uint8Array;
}

/** Plans a memory for the fields; null where one is of a kind that is not decoded by column. */
export function planBlock(
  fields: readonly Field[],
  { inputBytes, textBytes }: { inputBytes: number; textBytes: number },
): BlockPlan | null {
  const kinds = fields.map(({ kind }) => columnKind(kind));
  if (kinds.includes(null)) return null;
  const address = 64;
  const room = new Room(address + BLOCK.firstColumn + fields.length * COLUMN_BYTES);
  const names = fields.map(({ name }) => new TextEncoder().encode(`${JSON.stringify(name)}:`));
  const nameAddresses = names.map((name) => room.take(2 * padded(name.length)));
  const imageBytes = room.end;
  const from = room.take(0);
  const offsets = room.array(8);
  const places = kinds.map((kind) => arraysOf(kind ?? COLUMN_KIND.utf8, room));
  const presenceFrom = room.take(0);
  const presence = fields.map(({ nullable, optional }) => (nullable || optional ? room.array(1) : 0));
  const arrays = { from, presence: presenceFrom, to: room.take(0) };
  const columns = places.map((place, index): ColumnPlaces => ({
    ...place,
    at: address + BLOCK.firstColumn + index * COLUMN_BYTES,
    presence: presence[index] ?? 0,
    text: place.kind === COLUMN_KIND.utf8 ? room.take(textBytes + TEXT_SLACK_BYTES + STAGGER_BYTES) : 0,
  }));
  const input = room.take(inputBytes + PADDING_BYTES + LOOK_AHEAD_BYTES);
  const plan = { address, columns, offsets, arrays, input, inputBytes, textBytes, bytes: room.end };
  return { ...plan, image: imageOf(fields, { ...plan, names, nameAddresses, imageBytes }) };
}

/** Null: not decoded by column. */
function columnKind(kind: Field["kind"]): ColumnPlaces["kind"] | null {
  switch (kind) {
    case "int32":
    case "float64":
    case "boolean":
      return COLUMN_KIND[kind];
    case "utf8":
    case "dictionary":
      return COLUMN_KIND.utf8;
    default:
      return null;
  }
}

/** A memory that is given out from its beginning. */
class Room {
  end: number;

  constructor(from: number) {
    this.end = from;
  }

  take(bytes: number): number {
    const at = Math.ceil(this.end / 64) * 64;
    this.end = at + bytes;
    return at;
  }

  /** A cell for each row of a batch. */
  array(cellBytes: number): number {
    return this.take(cellBytes * BATCH_ROWS_MAX + STAGGER_BYTES);
  }
}

function arraysOf(kind: ColumnPlaces["kind"], room: Room): Pick<ColumnPlaces, "kind" | "values" | "lengths"> {
  const cellBytes = kind === COLUMN_KIND.float64 ? 8 : kind === COLUMN_KIND.boolean ? 1 : 4;
  return { kind, values: room.array(cellBytes), lengths: kind === COLUMN_KIND.utf8 ? room.array(4) : 0 };
}

function padded(length: number): number {
  return Math.ceil(length / 16) * 16;
}

function imageOf(
  fields: readonly Field[],
  plan: Omit<BlockPlan, "image"> & {
    names: readonly Uint8Array[];
    nameAddresses: readonly number[];
    imageBytes: number;
  },
): Uint8Array {
  const image = new Uint8Array(plan.imageBytes);
  const words = new DataView(image.buffer);
  const put = (at: number, value: number): void => words.setUint32(at, value, true);
  const { address, names, nameAddresses } = plan;
  put(address + BLOCK.columns, fields.length);
  put(address + BLOCK.nameLengths, names.reduce((bits, { length }) => bits | (1 << (length & 31)), 0) >>> 0);
  put(address + BLOCK.offsets, plan.offsets);
  for (let power = 0; power <= 22; power++) {
    words.setFloat64(address + BLOCK.number + 8 + 8 * power, Number(`1e${power}`), true);
  }
  for (const [index, { kind, at, values, lengths, presence, text }] of plan.columns.entries()) {
    const field = fields[index] as Field;
    const name = names[index] as Uint8Array;
    const nameAddress = nameAddresses[index] as number;
    const flags = (field.nullable ? COLUMN_FLAGS.nullable : 0) | (field.optional ? COLUMN_FLAGS.optional : 0);
    const column = { kind, flags, values, lengths, presence, text, name: nameAddress, nameBytes: name.length };
    for (const [part, value] of Object.entries(column)) put(at + BLOCK_COLUMN[part as keyof typeof column], value);
    image.set(name, nameAddress);
    image.fill(0xff, nameAddress + padded(name.length), nameAddress + padded(name.length) + name.length);
  }
  // The order of the fields is the best first guess.
  const links = [address + BLOCK.firstKey, ...plan.columns.map(({ at }) => at + BLOCK_COLUMN.nextKey)];
  for (const [index, { at }] of plan.columns.entries()) put(links[index] as number, at);
  return image;
}
