import { TidemarkError } from "../foundation/error.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import { RecordWriter } from "../record/record-writer.ts";
import type { BatchDecoder } from "./batch-decoder.ts";
import { columnFit, type ColumnFit } from "./column-fit.ts";
import { lentArrays, NEW_ARRAYS } from "./frame-arrays.ts";
import {
  assertLittleEndian,
  FLAG_ILL_FORMED,
  FRAME_KINDS,
  FrameFault,
  type Checksum,
  type FrameHeader,
} from "./frame.ts";
import { FrameCutter } from "./frame-cutter.ts";
import type { FrameFormat } from "./frame-format.ts";
import { parseLayout, type FrameLayout } from "./frame-layout.ts";
import type { DecodedRecords, UndecodedRecord } from "./record-decoder.ts";

/** Bytes of a frame that cannot be decoded that are kept for messages. */
const RAW_BYTES_MAX = 64;

const NO_OFFSETS = new Float64Array(0);

/** A layout that was read, and what it means for the port. */
interface CurrentLayout {
  /** As it stood in the input, with the spaces that fill it up. */
  readonly text: string;
  readonly file: FrameLayout;
  readonly crc32: number;
  readonly fit: ColumnFit;
}

/**
 * Decodes frames of a binary format, a batch a frame. A data frame that is damaged or not whole is one undecoded record, with its offset:
 * what its rows were nobody knows. TM_SOURCE from `decode` where what follows could not be understood: a header or a layout that is
 * damaged, a version that is not known, a layout that does not fit the schema.
 */
export class FrameDecoder implements BatchDecoder {
  readonly #format: FrameFormat;
  readonly #schema: RecordSchema;
  readonly #input: string;
  readonly #checksum: Checksum;
  readonly #cutter: FrameCutter;
  #layout: CurrentLayout | null = null;
  #batch: DecodedRecords | null = null;
  #arrays = NEW_ARRAYS;

  constructor(options: {
    format: FrameFormat;
    schema: RecordSchema;
    offset: number;
    input: string;
    /** The layout that holds at the offset, as `layoutText` gave it there; null at the beginning. */
    layout: string | null;
    checksum: Checksum;
  }) {
    assertLittleEndian();
    const { format, schema, offset, input, layout, checksum } = options;
    this.#format = format;
    this.#schema = schema;
    this.#input = input;
    this.#checksum = checksum;
    this.#cutter = new FrameCutter({ format: format.kind, offset, input, checksum });
    if (layout !== null) this.#setLayout(layout, checksum(new TextEncoder().encode(layout)));
  }

  get nextOffset(): number {
    return this.#cutter.nextOffset;
  }

  get isEmpty(): boolean {
    return this.#batch === null;
  }

  /** Columns are views of pieces. */
  get copiesPieces(): boolean {
    return this.#arrays !== NEW_ARRAYS;
  }

  lend(): void {
    this.#arrays = lentArrays();
    this.#cutter.lend();
  }

  /** The layout that holds at `nextOffset`; null before the first one. */
  layoutText(): string | null {
    return this.#layout?.text ?? null;
  }

  push(piece: Uint8Array): void {
    this.#cutter.push(piece);
  }

  end(): void {
    this.#cutter.end();
  }

  decode(): boolean {
    while (this.#batch === null) {
      if (!this.#cutter.next()) return false;
      this.#decodeFrame();
    }
    return true;
  }

  take(): DecodedRecords {
    const batch = this.#batch ?? this.#batchWithout([]);
    this.#batch = null;
    return batch;
  }

  #decodeFrame(): void {
    const { header, payload } = this.#cutter;
    if (header === null) {
      this.#refuse("the input ends within it");
      return;
    }
    const isDamaged = this.#checksum(payload) !== header.payloadCrc32;
    if (header.kind === FRAME_KINDS.layout) {
      if (isDamaged) throw this.#broken("a layout is damaged: its checksum is wrong. Replace the file");
      this.#setLayout(this.#textOf(payload), header.payloadCrc32);
    } else if (isDamaged) {
      this.#refuse("its checksum is wrong");
    } else {
      this.#decodeData(header, payload);
    }
  }

  #decodeData(header: FrameHeader, payload: Uint8Array): void {
    const layout = this.#layout;
    if (layout === null || layout.crc32 !== header.layoutCrc32)
      throw this.#broken("rows are not of the layout that stands before them: a part of the input is missing");
    const { count: rows } = header;
    if (rows === 0) return;
    this.#arrays.begin();
    try {
      const { columns, places } = this.#format.decode(payload, {
        fields: layout.file.fields,
        rows,
        wanted: layout.fit.wanted,
        isIllFormed: (header.flags & FLAG_ILL_FORMED) !== 0,
        checkText: !this.#schema.trust,
        arrays: this.#arrays,
      });
      const { offset } = this.#cutter;
      const offsets = this.#arrays.float64(rows);
      for (let row = 0; row < rows; row++) offsets[row] = offset + (places[row] as number);
      this.#batch = layout.fit.fit(columns, offsets, rows);
    } catch (error) {
      if (!(error instanceof FrameFault)) throw error;
      this.#refuse(`it is not what its header says: ${error.message}`);
    }
  }

  #setLayout(text: string, crc32: number): void {
    // Every checkpoint of a sink begins with it anew.
    if (this.#layout?.text === text) return;
    const file = parseLayout(text);
    if (typeof file === "string") throw this.#broken(`a layout cannot be used: ${file}`);
    this.#layout = { text, file, crc32, fit: columnFit(file, this.#schema, this.#input) };
  }

  #textOf(payload: Uint8Array): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
    } catch {
      throw this.#broken("a layout cannot be used: it is not valid UTF-8");
    }
  }

  #refuse(why: string): void {
    const { payload, offset } = this.#cutter;
    const raw = Array.from(payload.subarray(0, RAW_BYTES_MAX), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const error = new TidemarkError("TM_RECORD", `a frame of rows cannot be decoded: ${why}`);
    this.#batch = this.#batchWithout([{ beforeRow: 0, offset, raw, error }]);
  }

  #batchWithout(invalid: readonly UndecodedRecord[]): DecodedRecords {
    const { layout } = this.#schema;
    return { layout, length: 0, columns: new RecordWriter(layout).take(), offsets: NO_OFFSETS, invalid };
  }

  #broken(why: string): TidemarkError {
    return new TidemarkError("TM_SOURCE", why, { facts: { input: this.#input, offset: this.#cutter.offset } });
  }
}
