import type { SegmentBlock } from "../checkpoint/checkpoint-store.ts";
import type { SnapshotReading } from "../state/state-backend.ts";
import type { ChainLink } from "./chain.ts";

/** Entries that are read at once at most: about half a millisecond. */
export const SNAPSHOT_STEPS = 4_096;

/** Slices begin small and double: so the states of tests, too, are read while the task goes on. */
const FIRST_STEPS = 2;

/** The keyed state of a task's operators as of one moment, read in slices while the task goes on. */
export class StateReading {
  readonly #open: { readonly operator: string; readonly reading: SnapshotReading }[] = [];
  readonly #blocks: SegmentBlock[] = [];
  readonly #whole: string[] = [];
  #steps = FIRST_STEPS;

  constructor(links: readonly ChainLink[]) {
    for (const { name, state } of links) {
      if (state !== null) this.#open.push({ operator: name, reading: state.freezeNext() });
    }
  }

  /** Reads one slice; true once all is read. */
  advance(): boolean {
    const [first] = this.#open;
    if (first === undefined) return true;
    const { operator, reading } = first;
    const steps = this.#steps;
    this.#steps = Math.min(SNAPSHOT_STEPS, steps * 2);
    if (!reading.advance(steps)) return false;
    if (reading.isWhole) this.#whole.push(operator);
    for (const payload of reading.payloads()) this.#blocks.push({ operator, ...payload });
    this.#open.shift();
    return this.#open.length === 0;
  }

  /** Operators of which all state was read, not only what changed. */
  get whole(): readonly string[] {
    return this.#whole;
  }

  /** What was read, in order of operators and key groups. */
  get blocks(): readonly SegmentBlock[] {
    return this.#blocks;
  }
}
