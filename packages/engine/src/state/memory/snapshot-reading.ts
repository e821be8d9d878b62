import { assert } from "../../foundation/assert.ts";
import type { KeyGroupPayload, SnapshotReading } from "../state-backend.ts";
import { GroupWriters, type PayloadSizes } from "./group-writers.ts";
import { PAYLOAD_VERSION, sectionsOf, type PayloadSections, type Section } from "./payload.ts";
import type { RowTable } from "./row-table.ts";
import type { FrozenPart } from "./snapshot-part.ts";

/** Bytes of memory that are taken for payloads in the time of a step. */
const BYTES_TAKEN_PER_STEP = 1_024;

interface FrozenSection {
  readonly section: Section;
  readonly part: FrozenPart;
}

/**
 * One snapshot, read in slices. All parts are read as they were at the beginning. Memory for large payloads is taken before, and not all at once.
 */
export class MemorySnapshotReading implements SnapshotReading {
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

  /** `onEnd`: all is read, or given up. */
  constructor(options: {
    readonly table: RowTable;
    readonly keyGroupBits: number;
    readonly sections: PayloadSections;
    readonly sizes: PayloadSizes;
    readonly onEnd: () => void;
  }) {
    const { table, keyGroupBits, sections, sizes, onEnd } = options;
    const all = sectionsOf(sections);
    sizes.guess(
      all.reduce((sum, { part }) => sum + part.bytes, 0),
      table.liveRows,
    );
    this.#writers = new GroupWriters(table, keyGroupBits, PAYLOAD_VERSION, sizes);
    this.#onEnd = onEnd;
    for (const section of all) this.#frozen.push({ section, part: section.part.freeze() });
  }

  advance(steps: number): boolean {
    assert(this.#isOpen, "a snapshot is read on after its end");
    let left = steps;
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
    this.abandon();
    return true;
  }

  payloads(): KeyGroupPayload[] {
    assert(this.#keyGroup === this.#writers.groups, "a snapshot is not read to its end yet");
    return this.#payloads;
  }

  abandon(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const { part } of this.#frozen.slice(this.#part)) part.release();
    this.#onEnd();
  }

  /** Returns the steps taken. */
  #advancePart(steps: number): number {
    const { section, part } = this.#frozen[this.#part] as FrozenSection;
    if (this.#step === 0) this.#writers.beginSection(section.writeHead);
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
