import { assert } from "../../foundation/assert.ts";
import type { KeyGroupPayload, SnapshotReading } from "../state-backend.ts";
import { GroupWriters, PayloadSizes } from "./group-writers.ts";
import { sectionsOf, type PayloadSections } from "./payload.ts";
import type { TakenChanges } from "./row-changes.ts";
import type { RowTable } from "./row-table.ts";
import type { FrozenPart } from "./snapshot-part.ts";
import type { SnapshotSeries } from "./snapshot-series.ts";

/** Bytes of memory that are taken for payloads in the time of a step. */
const BYTES_TAKEN_PER_STEP = 1_024;
/** Rows that have not changed are passed over in less than a tenth of the time of one that is written. */
const PASSED_OVER_PER_STEP = 16;

interface FrozenSection {
  readonly begin: () => void;
  readonly part: FrozenPart;
}

/**
 * One snapshot, read in slices. All parts are read as they were at the beginning. Memory for large payloads is taken before, and not all at once.
 */
export class MemorySnapshotReading implements SnapshotReading {
  readonly isWhole: boolean;
  readonly #series: SnapshotSeries | null;
  /** Null where it is whole. */
  readonly #changes: TakenChanges | null;
  /** Places that are looked at in the time of a step. */
  readonly #placesPerStep: number;
  readonly #writers: GroupWriters;
  readonly #frozen: FrozenSection[] = [];
  readonly #onEnd: () => void;
  readonly #payloads: KeyGroupPayload[] = [];
  /** Key groups whose memory is there. */
  #prepared = 0;
  /** Where it is: the part, the step in it, then the key group. */
  #part = 0;
  #step = 0;
  #keyGroup = 0;
  #isOpen = true;

  /** `series`: null for a snapshot that stands alone. `onEnd`: all is read, or given up. */
  constructor(options: {
    readonly table: RowTable;
    readonly keyGroupBits: number;
    readonly sections: PayloadSections;
    readonly series: SnapshotSeries | null;
    readonly onEnd: () => void;
  }) {
    const { table, keyGroupBits, sections, series, onEnd } = options;
    const all = sectionsOf(sections);
    const mayBeChanges = !all.some(({ part }) => part.isSweeping === true);
    this.#series = series;
    this.#changes = series?.next(mayBeChanges) ?? null;
    this.isWhole = this.#changes === null;
    this.#placesPerStep = placesPerStep(this.#changes, table.liveRows);
    this.#onEnd = onEnd;
    const sizes = series?.sizes(this.isWhole) ?? new PayloadSizes(keyGroupBits);
    const stateBytes = all.reduce((sum, { part }) => sum + part.bytes, 0);
    if (this.isWhole) sizes.guess(stateBytes, table.liveRows);
    const writers = new GroupWriters(table, keyGroupBits, sizes, {
      isWhole: this.isWhole,
      isOfSeries: series !== null,
    });
    this.#writers = writers;
    if (this.#changes !== null) this.#frozen.push({ begin: () => undefined, part: namesOf(this.#changes, table) });
    for (const { part, writeHead } of all) {
      this.#frozen.push({
        begin: () => {
          writers.beginSection(writeHead);
        },
        part: part.freeze(),
      });
    }
  }

  advance(steps: number): boolean {
    assert(this.#isOpen, "a snapshot is read on after its end");
    let left = steps * this.#placesPerStep;
    while (left > 0 && this.#prepared < this.#writers.groups) {
      left -= Math.ceil(this.#writers.prepare(this.#prepared++) / BYTES_TAKEN_PER_STEP);
    }
    if (this.#prepared < this.#writers.groups) return false;
    while (left > 0 && this.#part < this.#frozen.length) left -= this.#advancePart(left);
    if (this.#part < this.#frozen.length) return false;
    while (left > 0 && this.#keyGroup < this.#writers.groups) {
      const payload = this.#writers.take(this.#keyGroup++);
      if (payload === null) continue;
      this.#payloads.push(payload);
      left--;
    }
    if (this.#keyGroup < this.#writers.groups) return false;
    this.#series?.done(
      this.isWhole,
      this.#payloads.reduce((sum, { payload }) => sum + payload.length, 0),
    );
    this.#end();
    return true;
  }

  payloads(): KeyGroupPayload[] {
    assert(this.#keyGroup === this.#writers.groups, "a snapshot is not read to its end yet");
    return this.#payloads;
  }

  abandon(): void {
    if (!this.#isOpen) return;
    this.#series?.givenUp(this.#changes);
    this.#end();
  }

  #end(): void {
    this.#isOpen = false;
    for (const { part } of this.#frozen.slice(this.#part)) part.release();
    this.#onEnd();
  }

  /** Returns the steps taken. */
  #advancePart(steps: number): number {
    const { begin, part } = this.#frozen[this.#part] as FrozenSection;
    if (this.#step === 0) begin();
    const end = Math.min(part.steps, this.#step + steps);
    const taken = end - this.#step;
    part.write(this.#writers, this.#step, end);
    this.#step = end;
    if (end === part.steps) {
      part.release();
      this.#part++;
      this.#step = 0;
    }
    return Math.max(taken, 1);
  }
}

/** As many as have one change among them. */
function placesPerStep(changes: TakenChanges | null, rows: number): number {
  if (changes === null) return 1;
  return Math.max(1, Math.min(PASSED_OVER_PER_STEP, Math.floor(rows / Math.max(1, changes.count))));
}

/** Names what changed, before anything else: first the keys that are gone, then the rows that are there. */
function namesOf({ marks, gone }: TakenChanges, table: RowTable): FrozenPart {
  const rows = Math.min(marks.length, table.rowEnd);
  return {
    steps: gone.count + rows,
    write: (writers, from, end) => {
      for (let index = from; index < Math.min(end, gone.count); index++)
        writers.nameGone(gone.hash(index), gone.key(index));
      for (let row = Math.max(from, gone.count) - gone.count; row < end - gone.count; row++) {
        if (marks[row] === 0) continue;
        marks[row] = 0;
        writers.name(row);
      }
    },
    release: () => undefined,
  };
}
