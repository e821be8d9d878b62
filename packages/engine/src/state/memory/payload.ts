import { TidemarkError } from "../../foundation/error.ts";
import { ByteReader } from "../byte-reader.ts";
import type { KeyGroupPayload, StateKind } from "../state-backend.ts";
import { readFields } from "./slot-words.ts";
import { GroupWriters, type SnapshotPart } from "./snapshot-part.ts";
import type { RowTable } from "./row-table.ts";

/** Version of the payload bytes; docs/format.md. A reader knows this one and every earlier. */
export const PAYLOAD_VERSION = 1;

/** Byte of each kind of state; frozen. */
const KIND_BYTES: Readonly<Record<StateKind, number>> = {
  value: 1,
  list: 2,
  map: 3,
  panes: 4,
  slots: 5,
  paneSlots: 6,
};

/** What a payload is made of besides keys, by name. */
export interface PayloadSections {
  readonly operator: string;
  readonly timers: ReadonlyMap<string, SnapshotPart>;
  readonly states: ReadonlyMap<string, { readonly kind: StateKind; readonly part: SnapshotPart }>;
}

/** Writes the payloads of all key groups that hold anything. */
export function writePayloads(table: RowTable, keyGroupBits: number, sections: PayloadSections): KeyGroupPayload[] {
  const writers = new GroupWriters(table, keyGroupBits, PAYLOAD_VERSION);
  for (const writer of writers.all()) writer.varint(sections.timers.size);
  for (const [name, part] of sections.timers) {
    for (const writer of writers.all()) writer.text(name);
    part.write(writers);
    for (const writer of writers.all()) writer.varint(0);
  }
  for (const writer of writers.all()) writer.varint(sections.states.size);
  for (const [name, { kind, part }] of sections.states) {
    for (const writer of writers.all()) {
      writer.text(name);
      writer.u8(KIND_BYTES[kind]);
      part.writeHead?.(writer);
    }
    part.write(writers);
    for (const writer of writers.all()) writer.varint(0);
  }
  return writers.finish();
}

/**
 * Adds a payload's rows, timers and states. A name it holds something under and that is not declared, or is of another kind, is
 * TM_STATE_INCOMPATIBLE; a declared name it does not have stays empty. Malformed bytes are TM_CHECKPOINT_CORRUPT.
 */
export function readPayload(payload: Uint8Array, table: RowTable, sections: PayloadSections): void {
  const reader = new ByteReader(payload);
  const version = reader.u8();
  if (version !== PAYLOAD_VERSION) {
    throw new TidemarkError(
      "TM_STATE_INCOMPATIBLE",
      "the state was written by another version of Tidemark; run the version that wrote it",
      {
        facts: { operator: sections.operator, version, known: PAYLOAD_VERSION },
      },
    );
  }
  const rows = readKeys(reader, table);
  for (let left = reader.varint(); left > 0; left--) {
    const name = reader.text();
    readEntries(reader, rows, () => sections.timers.get(name) ?? refuse(sections, "timer", name));
  }
  for (let left = reader.varint(); left > 0; left--) {
    const name = reader.text();
    const kind = reader.u8();
    const declared = sections.states.get(name);
    const part = declared !== undefined && KIND_BYTES[declared.kind] === kind ? declared.part : null;
    if (part !== null) part.readHead?.(reader);
    else if (kind === KIND_BYTES.slots || kind === KIND_BYTES.paneSlots) readFields(reader);
    readEntries(reader, rows, () => part ?? refuse(sections, "state", name));
  }
  if (reader.remaining > 0) reader.fail("there is more of it than there should be");
  // A row without anything is not written, but one that only such a payload has must not stay.
  table.releaseEmptyRows();
}

function readKeys(reader: ByteReader, table: RowTable): Int32Array {
  const count = reader.varint();
  if (count > reader.remaining) reader.fail("it cannot hold that many keys");
  const rows = new Int32Array(count);
  for (let i = 0; i < count; i++) rows[i] = table.resolveOne(reader.bytes());
  return rows;
}

function readEntries(reader: ByteReader, rows: Int32Array, find: () => SnapshotPart): void {
  let part: SnapshotPart | null = null;
  for (let entry = reader.varint(); entry !== 0; entry = reader.varint()) {
    const row = rows[entry - 1];
    if (row === undefined) reader.fail("an entry names a key that is not there");
    part ??= find();
    part.read(reader, row);
  }
}

function refuse(sections: PayloadSections, what: "state" | "timer", name: string): never {
  throw new TidemarkError(
    "TM_STATE_INCOMPATIBLE",
    `the checkpoint holds ${what} "${name}", which the step no longer declares so; declare it as before, or start in a new state directory`,
    { facts: { operator: sections.operator, [what]: name } },
  );
}
