import { ByteWriter } from "../byte-writer.ts";
import type { ByteReader } from "../byte-reader.ts";
import { keyGroupOf } from "../key-group.ts";
import type { KeyGroupPayload } from "../state-backend.ts";
import type { RowTable } from "./row-table.ts";

/** What one state or the timers add to a payload. */
export interface SnapshotPart {
  /** Writes an entry per row that has something; only {@link GroupWriters} knows to which payload a row goes. */
  write(writers: GroupWriters): void;
  /** Reads one entry, already known to be of `row`. Not journaled. */
  read(reader: ByteReader, row: number): void;
  /** What a payload says of a state before its entries; a state without fields has nothing to say. */
  writeHead?(writer: ByteWriter): void;
  readHead?(reader: ByteReader): void;
  readonly bytes: number;
}

/**
 * The payloads of a snapshot, one per key group that holds anything, written side by side in one pass over the state. A row is
 * named in its payload by its ordinal among the rows of its key group; row ids are not written.
 */
export class GroupWriters {
  readonly #writers = new Map<number, ByteWriter>();
  readonly #groups: Uint16Array;
  readonly #ordinals: Uint32Array;

  /** Writes the head and the keys of each payload. */
  constructor(table: RowTable, keyGroupBits: number, version: number) {
    this.#groups = new Uint16Array(table.rowEnd);
    this.#ordinals = new Uint32Array(table.rowEnd);
    const counts = new Uint32Array(2 ** keyGroupBits);
    for (let row = 0; row < table.rowEnd; row++) {
      if (!table.isHeld(row)) continue;
      const group = keyGroupOf(table.hash(row), keyGroupBits);
      this.#groups[row] = group;
      this.#ordinals[row] = counts[group] as number;
      counts[group] = (counts[group] as number) + 1;
    }
    for (let group = 0; group < counts.length; group++) {
      if (counts[group] === 0) continue;
      const writer = new ByteWriter();
      writer.u8(version);
      writer.varint(counts[group] as number);
      this.#writers.set(group, writer);
    }
    for (let row = 0; row < table.rowEnd; row++) {
      if (table.isHeld(row)) this.of(row).bytes(table.keyBytes(row));
    }
  }

  /** Every payload, in order of key group: for heads and ends of sections. */
  all(): Iterable<ByteWriter> {
    return this.#writers.values();
  }

  /** The payload of a row's key group. */
  of(row: number): ByteWriter {
    return this.#writers.get(this.#groups[row] as number) as ByteWriter;
  }

  /** Begins an entry of a row: its ordinal + 1, since 0 ends a section. */
  entry(row: number): ByteWriter {
    const writer = this.of(row);
    writer.varint((this.#ordinals[row] as number) + 1);
    return writer;
  }

  finish(): KeyGroupPayload[] {
    return Array.from(this.#writers, ([keyGroup, writer]) => ({ keyGroup, payload: writer.finish() }));
  }
}
