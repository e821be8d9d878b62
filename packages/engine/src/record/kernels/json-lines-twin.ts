import { BLOCK, BLOCK_COLUMN, COLUMN_BYTES, COLUMN_FLAGS, COLUMN_KIND, OUTCOME } from "./json-lines-block.ts";
import {
  copyString,
  FALSE,
  keyEnd,
  literalEnd,
  NULL,
  plainStringEnd,
  skipSpace,
  skipValue,
  TRUE,
} from "./json-text-twin.ts";
import { readNumber } from "./json-number-twin.ts";
import type { KernelMemory, MemoryViews } from "./kernel-memory.ts";
import { PRESENCE } from "../column.ts";

/** JSON Lines to columns, the twin of kernels/assembly/json-lines.ts. */
export interface DecodeJsonLines {
  /**
   * Decodes JSON Lines in [from, end) into the columns of the block at `state`, and gives where the first line begins that was not
   * decoded. PADDING_BYTES line feeds stand from `end` on. The block's outcome says why it stopped. `streamOffset` is that of `from`.
   *
   * A line is decoded only if JSON.parse and the columns give the same: an object whose declared keys have no escapes and come once,
   * with strings that UTF-8 can hold, numbers that are exact, and only what a field allows. Any other is refused.
   */
  decodeJsonLines(state: number, from: number, end: number, stopAt: number, streamOffset: number): number;
}

export function decodeJsonLinesTwin(memory: KernelMemory): DecodeJsonLines {
  return {
    decodeJsonLines: (state, from, end, stopAt, streamOffset) =>
      new LineReader(memory.views(), state).decode(from, end, stopAt, streamOffset),
  };
}

class LineReader {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #state: number;
  readonly #number = { value: 0 };
  readonly #copy = { at: 0 };

  constructor({ bytes, int32, float64 }: MemoryViews, state: number) {
    this.#bytes = bytes;
    this.#words = int32;
    this.#doubles = float64;
    this.#state = state;
  }

  decode(from: number, end: number, stopAt: number, streamOffset: number): number {
    const offsets = this.#word(this.#state + BLOCK.offsets);
    const rowsMax = this.#word(this.#state + BLOCK.rowsMax);
    const lineBytesMax = this.#word(this.#state + BLOCK.lineBytesMax);
    let row = this.#word(this.#state + BLOCK.row);
    let at = from;
    let outcome: number = OUTCOME.usedUp;
    while (at < end) {
      if (row >= rowsMax) {
        outcome = OUTCOME.full;
        break;
      }
      const empty = this.#emptyLineEnd(at);
      const next = empty === 0 ? this.#decodeLine(at, row) : empty;
      if (next === 0 || next > end || next - at > lineBytesMax) {
        const feed = this.#bytes.indexOf(0x0a, at);
        if (feed < end) outcome = OUTCOME.refused;
        break;
      }
      if (empty === 0) this.#doubles[(offsets >> 3) + row++] = streamOffset + (at - from);
      at = next;
      if (at >= stopAt) {
        outcome = OUTCOME.full;
        break;
      }
    }
    this.#put(this.#state + BLOCK.row, row);
    this.#put(this.#state + BLOCK.outcome, outcome);
    return at;
  }

  #word(at: number): number {
    return this.#words[at >> 2] as number;
  }

  #put(at: number, value: number): void {
    this.#words[at >> 2] = value;
  }

  #emptyLineEnd(at: number): number {
    if (this.#bytes[at] === 0x0a) return at + 1;
    return this.#bytes[at] === 0x0d && this.#bytes[at + 1] === 0x0a ? at + 2 : 0;
  }

  #decodeLine(line: number, row: number): number {
    const bytes = this.#bytes;
    const stamp = (this.#word(this.#state + BLOCK.line) + 1) | 0;
    this.#put(this.#state + BLOCK.line, stamp);
    let p = skipSpace(bytes, line);
    if (bytes[p] !== 0x7b) return 0;
    p = skipSpace(bytes, p + 1);
    let link = this.#state + BLOCK.firstKey;
    let seen = 0;
    let isMore = bytes[p] !== 0x7d;
    if (!isMore) p++;
    while (isMore) {
      let column = this.#word(link);
      let value = column === 0 ? 0 : this.#matchName(column, p);
      if (value === 0) {
        value = keyEnd(bytes, p);
        if (value === 0) return 0;
        column = this.#findColumn(p);
        if (column !== 0) this.#put(link, column);
      }
      p = skipSpace(bytes, value);
      if (column === 0) {
        if (this.#word(this.#state + BLOCK.isClosed) !== 0) return 0;
        p = skipValue(bytes, p);
      } else {
        if (this.#word(column + BLOCK_COLUMN.seen) === stamp) return 0;
        this.#put(column + BLOCK_COLUMN.seen, stamp);
        seen++;
        p = this.#decodeCell(column, p, row);
        link = column + BLOCK_COLUMN.nextKey;
      }
      if (p === 0) return 0;
      p = skipSpace(bytes, p);
      isMore = bytes[p] === 0x2c;
      if (!isMore && bytes[p] !== 0x7d) return 0;
      p++;
      if (isMore) p = skipSpace(bytes, p);
    }
    p = skipSpace(bytes, p);
    if (bytes[p] !== 0x0a) return 0;
    if (seen !== this.#word(this.#state + BLOCK.columns) && !this.#fillAbsent(row, stamp)) return 0;
    return p + 1;
  }

  /** After the colon where the column's `"name":` stands at p, else 0. */
  #matchName(column: number, p: number): number {
    const length = this.#word(column + BLOCK_COLUMN.nameBytes);
    return this.#isNameAt(column, p, length) ? p + length : 0;
  }

  #isNameAt(column: number, p: number, length: number): boolean {
    const name = this.#word(column + BLOCK_COLUMN.name);
    for (let i = 0; i < length; i++) if (this.#bytes[p + i] !== this.#bytes[name + i]) return false;
    return true;
  }

  /** The column whose name is the key at p, a string without escapes; 0: none is. */
  #findColumn(p: number): number {
    const length = plainStringEnd(this.#bytes, p + 1) - p + 2;
    for (let column = this.#firstColumn; column < this.#columnsEnd; column += COLUMN_BYTES) {
      if (this.#word(column + BLOCK_COLUMN.nameBytes) !== length) continue;
      // Without the colon, which may stand further off.
      if (this.#isNameAt(column, p, length - 1)) return column;
    }
    return 0;
  }

  get #firstColumn(): number {
    return this.#state + BLOCK.firstColumn;
  }

  get #columnsEnd(): number {
    return this.#firstColumn + this.#word(this.#state + BLOCK.columns) * COLUMN_BYTES;
  }

  #decodeCell(column: number, p: number, row: number): number {
    const bytes = this.#bytes;
    const flags = this.#word(column + BLOCK_COLUMN.flags);
    if (bytes[p] === NULL[0]) {
      const end = literalEnd(bytes, p, NULL);
      if ((flags & COLUMN_FLAGS.nullable) === 0 || end === 0) return 0;
      this.#lack(column, row, PRESENCE.null);
      return end;
    }
    if (flags !== 0) bytes[this.#word(column + BLOCK_COLUMN.presence) + row] = PRESENCE.present;
    const values = this.#word(column + BLOCK_COLUMN.values);
    const kind = this.#word(column + BLOCK_COLUMN.kind);
    if (kind === COLUMN_KIND.utf8) return this.#decodeString(column, p, row);
    if (kind === COLUMN_KIND.boolean) {
      const isTrue = bytes[p] === TRUE[0];
      bytes[values + row] = isTrue ? 1 : 0;
      return literalEnd(bytes, p, isTrue ? TRUE : FALSE);
    }
    const end = readNumber(bytes, p, this.#number);
    if (end === 0) return 0;
    const { value } = this.#number;
    if (kind === COLUMN_KIND.float64) {
      this.#doubles[(values >> 3) + row] = value;
      return end;
    }
    // Not -0, which an integer cannot be.
    if (!Object.is(value | 0, value)) return 0;
    this.#words[(values >> 2) + row] = value;
    return end;
  }

  #decodeString(column: number, p: number, row: number): number {
    const bytes = this.#bytes;
    if (bytes[p] !== 0x22) return 0;
    const used = this.#word(column + BLOCK_COLUMN.textUsed);
    const text = this.#word(column + BLOCK_COLUMN.text) + used;
    this.#copy.at = text;
    const close = copyString(bytes, p + 1, this.#copy);
    if (close === 0) return 0;
    const length = this.#copy.at - text;
    this.#words[(this.#word(column + BLOCK_COLUMN.values) >> 2) + row] =
      this.#word(column + BLOCK_COLUMN.textBase) + used;
    this.#words[(this.#word(column + BLOCK_COLUMN.lengths) >> 2) + row] = length;
    this.#put(column + BLOCK_COLUMN.textUsed, used + length);
    return close + 1;
  }

  /** Notes a cell without a value; what stands in its place is what an empty value would be. */
  #lack(column: number, row: number, presence: number): void {
    const values = this.#word(column + BLOCK_COLUMN.values);
    const kind = this.#word(column + BLOCK_COLUMN.kind);
    if (kind === COLUMN_KIND.float64) this.#doubles[(values >> 3) + row] = 0;
    else if (kind === COLUMN_KIND.boolean) this.#bytes[values + row] = 0;
    else this.#words[(values >> 2) + row] = 0;
    if (kind === COLUMN_KIND.utf8) this.#words[(this.#word(column + BLOCK_COLUMN.lengths) >> 2) + row] = 0;
    this.#bytes[this.#word(column + BLOCK_COLUMN.presence) + row] = presence;
    this.#put(column + BLOCK_COLUMN.isLacking, 1);
  }

  /** Marks the fields that the line does not have; false: one of them must be there. */
  #fillAbsent(row: number, stamp: number): boolean {
    for (let column = this.#firstColumn; column < this.#columnsEnd; column += COLUMN_BYTES) {
      if (this.#word(column + BLOCK_COLUMN.seen) === stamp) continue;
      if ((this.#word(column + BLOCK_COLUMN.flags) & COLUMN_FLAGS.optional) === 0) return false;
      this.#lack(column, row, PRESENCE.absent);
    }
    return true;
  }
}
