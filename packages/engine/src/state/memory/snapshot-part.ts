import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import type { GroupWriters } from "./group-writers.ts";
import type { PayloadReader } from "./payload-reader.ts";

/** What one state or one timer adds to a payload. */
export interface SnapshotPart {
  /** What it holds now, to be read in slices while it goes on being written; one at a time. */
  freeze(): FrozenPart;
  /** Lets go what it has of a row. */
  clear(row: number): void;
  /** Reads one entry, already known to be of `row`. Not journaled. */
  read(reader: PayloadReader, row: number): void;
  /** What a payload says of a state before its entries; a state without fields has nothing to say. */
  writeHead?(writer: ByteWriter): void;
  readHead?(reader: ByteReader): void;
  readonly bytes: number;
  /** True while it has still to let go rows of what is no more. */
  readonly isSweeping?: boolean;
}

/** A part as it was at a moment. */
export interface FrozenPart {
  /** How many steps it takes: entries, or places where one may be. */
  readonly steps: number;
  /** Writes the entries of the steps from `from` up to `end`, of those rows that the writers want; in order, each step once. */
  write(writers: GroupWriters, from: number, end: number): void;
  /** It is not read any more. */
  release(): void;
}
