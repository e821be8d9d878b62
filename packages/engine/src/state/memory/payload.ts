import { TidemarkError } from "../../foundation/error.ts";
import type { ByteWriter } from "../byte-writer.ts";
import type { StateKind } from "../state-backend.ts";
import { CHANGES_VERSION, WHOLE_VERSION } from "./group-writers.ts";
import { PayloadReader } from "./payload-reader.ts";
import type { RowTable } from "./row-table.ts";
import { readFields } from "./slot-words.ts";
import type { SnapshotPart } from "./snapshot-part.ts";

/** Byte of each kind of section; frozen. 0 ends them. */
const KIND_BYTES: Readonly<Record<StateKind | "timer", number>> = {
  value: 1,
  list: 2,
  map: 3,
  panes: 4,
  slots: 5,
  paneSlots: 6,
  timer: 7,
};
const KINDS = new Map(Object.entries(KIND_BYTES).map(([kind, byte]) => [byte, kind as keyof typeof KIND_BYTES]));

/** What a payload is made of besides keys, by name. */
export interface PayloadSections {
  readonly operator: string;
  readonly timers: ReadonlyMap<string, SnapshotPart>;
  readonly states: ReadonlyMap<string, { readonly kind: StateKind; readonly part: SnapshotPart }>;
}

/** A part, and what says in a payload that its entries follow. */
export interface Section {
  readonly part: SnapshotPart;
  readonly writeHead: (writer: ByteWriter) => void;
}

/** Every section in the order in which they are written. */
export function sectionsOf(sections: PayloadSections): Section[] {
  const all: Section[] = [];
  const add = (name: string, kind: keyof typeof KIND_BYTES, part: SnapshotPart): void => {
    const writeHead = (writer: ByteWriter): void => {
      writer.u8(KIND_BYTES[kind]);
      writer.text(name);
      part.writeHead?.(writer);
    };
    all.push({ part, writeHead });
  };
  for (const [name, part] of sections.timers) add(name, "timer", part);
  for (const [name, { kind, part }] of sections.states) add(name, kind, part);
  return all;
}

/**
 * Adds a payload's rows, timers and states; one of changes takes the place of what there was of the keys that it names. A name that is not declared, or is of another kind, is TM_STATE_INCOMPATIBLE; a declared
 * name it does not have stays empty. Malformed bytes are TM_CHECKPOINT_CORRUPT.
 */
export function readPayload(payload: Uint8Array, table: RowTable, sections: PayloadSections): void {
  const reader = new PayloadReader(payload);
  const version = reader.u8();
  if (version !== WHOLE_VERSION && version !== CHANGES_VERSION) {
    throw new TidemarkError(
      "TM_STATE_INCOMPATIBLE",
      "the state was written by another version of Tidemark; run the version that wrote it",
      {
        facts: { operator: sections.operator, version, known: `${WHOLE_VERSION}, ${CHANGES_VERSION}` },
      },
    );
  }
  const rows = version === CHANGES_VERSION ? clearChanged(reader, table, sections) : [];
  for (let byte = reader.u8(); byte !== 0; byte = reader.u8()) {
    const kind = KINDS.get(byte) ?? reader.fail("a section is of an unknown kind");
    readSection(reader, { rows, table }, kind, sections);
  }
  if (reader.remaining > 0) reader.fail("there is more of it than there should be");
  // A row without anything is not written, but one that only such a payload has must not stay.
  table.releaseEmptyRows();
}

/** Reads the keys that a payload of changes is about, and lets go what there was of them. */
function clearChanged(reader: PayloadReader, table: RowTable, { timers, states }: PayloadSections): number[] {
  const parts = [...timers.values(), ...Array.from(states.values(), ({ part }) => part)];
  const rows: number[] = [];
  for (let length = reader.varint(); length !== 0; length = reader.varint()) {
    const row = table.resolveOne(reader.take(length));
    for (const part of parts) part.clear(row);
    rows.push(row);
  }
  return rows;
}

function readSection(
  reader: PayloadReader,
  { rows, table }: { readonly rows: number[]; readonly table: RowTable },
  kind: keyof typeof KIND_BYTES,
  sections: PayloadSections,
): void {
  const name = reader.text();
  const part = declaredPart(kind, name, sections);
  if (part?.readHead !== undefined) part.readHead(reader);
  else if (kind === "slots" || kind === "paneSlots") readFields(reader);
  for (let entry = reader.varint(); entry !== 0; entry = reader.varint()) {
    if (entry > rows.length + 1) reader.fail("an entry names a key that is not there");
    // With its first entry a key is told.
    if (entry > rows.length) rows.push(table.resolveOne(reader.bytes()));
    const row = rows[entry - 1] as number;
    if (part === null) refuse(sections, kind === "timer" ? "timer" : "state", name);
    part.read(reader, row);
  }
}

function declaredPart(kind: keyof typeof KIND_BYTES, name: string, sections: PayloadSections): SnapshotPart | null {
  if (kind === "timer") return sections.timers.get(name) ?? null;
  const declared = sections.states.get(name);
  return declared?.kind === kind ? declared.part : null;
}

function refuse(sections: PayloadSections, what: "state" | "timer", name: string): never {
  throw new TidemarkError(
    "TM_STATE_INCOMPATIBLE",
    `the checkpoint holds ${what} "${name}", which the step no longer declares so; declare it as before, or start in a new state directory`,
    { facts: { operator: sections.operator, [what]: name } },
  );
}
