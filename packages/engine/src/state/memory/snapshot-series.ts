import type { TakenChanges } from "./row-changes.ts";
import type { RowTable } from "./row-table.ts";
import { PayloadSizes } from "./group-writers.ts";

/** When a snapshot of a series is whole, rather than of what changed since the one before. */
export interface SnapshotRule {
  /** With fewer keys it always is. Default 1,024. */
  readonly wholeBelowKeys?: number;
  /** It is where more than this share of the keys may have changed. Default 0.5. */
  readonly changedShareMax?: number;
  /** At most so many that are not whole follow each other. Default 8. */
  readonly changesMax?: number;
  /** They may together have so many times the bytes of the whole one before them. Default 1. */
  readonly changesBytesMax?: number;
}

/** The snapshots of a series so far, and whether the next one has to be whole. */
export class SnapshotSeries {
  readonly #wholeSizes: PayloadSizes;
  readonly #changesSizes: PayloadSizes;
  readonly #table: RowTable;
  readonly #rule: Required<SnapshotRule>;
  /** Snapshots since the last whole one; negative before the first. */
  #changes = -1;
  #wholeBytes = 0;
  #changesBytes = 0;

  constructor(table: RowTable, keyGroupBits: number, rule: SnapshotRule) {
    this.#table = table;
    this.#rule = { wholeBelowKeys: 1_024, changedShareMax: 0.5, changesMax: 8, changesBytesMax: 1, ...rule };
    this.#wholeSizes = new PayloadSizes(keyGroupBits);
    this.#changesSizes = new PayloadSizes(keyGroupBits);
  }

  /** How large payloads were in the last snapshot of the kind. */
  sizes(isWhole: boolean): PayloadSizes {
    return isWhole ? this.#wholeSizes : this.#changesSizes;
  }

  /** What the next one is of; null: of all. `mayBeChanges`: the marks tell all that has changed. */
  next(mayBeChanges: boolean): TakenChanges | null {
    const isWhole = !mayBeChanges || this.#mustBeWhole();
    const taken = this.#table.changes.take(this.#table.liveRows);
    if (!isWhole) return taken;
    taken.marks.fill(0);
    return null;
  }

  /** One was read to its end. */
  done(isWhole: boolean, bytes: number): void {
    this.#changes = isWhole ? 0 : this.#changes + 1;
    this.#changesBytes = isWhole ? 0 : this.#changesBytes + bytes;
    if (isWhole) this.#wholeBytes = bytes;
  }

  /** One was given up: the next cannot build on it. */
  givenUp(taken: TakenChanges | null): void {
    this.#changes = -1;
    taken?.marks.fill(0);
  }

  #mustBeWhole(): boolean {
    const { changes, liveRows } = this.#table;
    const { wholeBelowKeys, changedShareMax, changesMax, changesBytesMax } = this.#rule;
    return (
      this.#changes < 0 ||
      this.#changes >= changesMax ||
      changes.isLost ||
      liveRows < wholeBelowKeys ||
      changes.count + changes.goneKeys > liveRows * changedShareMax ||
      this.#changesBytes > Math.max(1, this.#wholeBytes) * changesBytesMax
    );
  }
}
