import { assert } from "../foundation/assert.ts";
import { TidemarkError } from "../foundation/error.ts";
import { BATCH_ROWS_MAX, type RecordBatch, ROW_KINDS } from "./batch.ts";
import { canGenerateCode } from "./code-generation.ts";
import type { RecordLayout } from "./layout.ts";
import { declaredWriter } from "./declared-writer.ts";
import { learnLayout, widenLayout } from "./learned-layout.ts";
import { learnedWriter } from "./learned-writer.ts";
import type { RecordSink } from "./record-writer.ts";

/** What a record has beside its fields. Not kept: one object may serve many rows. */
export interface RowFacts {
  /** Event time, epoch ms. */
  readonly timestamp: number;
  /** Watermark that holds before this row. */
  readonly watermark: number;
  /** One of ROW_KINDS; insert if left out. */
  readonly rowKind?: number | undefined;
  /** Place in the source, for builders with an `origin`. */
  readonly offset?: number;
  /** Any int32 of the caller's, handed back beside the batch: a row of its state, of its input. -1 if left out. */
  readonly tag?: number;
}

/** Takes a finished batch; `tags[i]` is what `append` was given for row i. */
export type EmitBatch = (batch: RecordBatch, tags: Int32Array) => void;

export interface BatchBuilderOptions {
  /** Null: learned from what is appended, and widened when a record does not fit. */
  readonly layout: RecordLayout | null;
  readonly emit: EmitBatch;
  /** Where the rows were read; with it every row needs its `offset`. */
  readonly origin?: { readonly port: string; readonly split: string };
  /** False: no generated code, as where the process forbids it. For tests. */
  readonly codeGeneration?: boolean;
}

interface Side {
  timestamps: Float64Array;
  watermarks: Float64Array;
  rowKinds: Uint8Array | null;
  offsets: Float64Array | null;
  tags: Int32Array;
}

const FIRST_ROWS = 32;

/** Before the first row. */
const NO_SIDE: Side = {
  timestamps: new Float64Array(0),
  watermarks: new Float64Array(0),
  rowKinds: null,
  offsets: null,
  tags: new Int32Array(0),
};

/**
 * Collects records into batches of at most BATCH_ROWS_MAX rows. Emits a batch when it is full, when a learned layout
 * has to change (a batch has one layout), and on `flush`.
 */
export class BatchBuilder {
  readonly #emit: EmitBatch;
  readonly #isLearned: boolean;
  readonly #origin: { readonly port: string; readonly split: string } | null;
  readonly #codeGeneration: boolean;
  #writer: RecordSink | null;
  #side: Side = NO_SIDE;
  /** For how many rows `#side` has room. */
  #rows = 0;
  /** Batches of one stream tend to be of one size. */
  #hint = FIRST_ROWS;
  /** Filled since the mark, waiting for commit. */
  readonly #held: { batch: RecordBatch; tags: Int32Array }[] = [];
  #markedLength = -1;

  constructor(options: BatchBuilderOptions) {
    this.#emit = options.emit;
    this.#isLearned = options.layout === null;
    this.#codeGeneration = options.codeGeneration ?? canGenerateCode();
    this.#origin = options.origin ?? null;
    this.#writer = options.layout === null ? null : declaredWriter(options.layout, this.#codeGeneration);
  }

  /** Rows appended and not yet emitted, without those of batches held back. */
  get length(): number {
    return this.#writer?.length ?? 0;
  }

  /**
   * Adds a record: a plain object, a record view, or any other value (copied into columns, so that a view may go stale). With a fixed
   * layout undeclared keys are dropped and what does not fit is TM_RECORD; then the builder is as it was before.
   */
  append(record: unknown, facts: RowFacts): void {
    this.#write(record);
    const row = this.length - 1;
    if (row >= this.#rows) this.#grow();
    const side = this.#side;
    side.timestamps[row] = facts.timestamp;
    side.watermarks[row] = facts.watermark;
    side.tags[row] = facts.tag ?? -1;
    // Also for a batch of inserts alone: whether a stream is a changelog must not depend on where its batches were cut.
    if (side.rowKinds === null && facts.rowKind !== undefined) side.rowKinds = new Uint8Array(this.#rows);
    if (side.rowKinds !== null) side.rowKinds[row] = facts.rowKind ?? ROW_KINDS.insert;
    if (side.offsets !== null) side.offsets[row] = facts.offset ?? -1;
    if (row + 1 === BATCH_ROWS_MAX) this.#end();
  }

  /** Emits what is left; nothing if there is nothing. */
  flush(): void {
    this.commit();
    this.#end();
  }

  /** Begins a unit that `rollback` can undo until the next `mark` or `commit`; batches that fill meanwhile are held back. */
  mark(): void {
    assert(this.#held.length === 0, "batches of an earlier mark are still held back; commit or roll back first");
    this.#markedLength = this.length;
  }

  /** Keeps what was appended since the mark. */
  commit(): void {
    this.#markedLength = -1;
    if (this.#held.length === 0) return;
    for (const { batch, tags } of this.#held.splice(0)) this.#emit(batch, tags);
  }

  /** Undoes every append since the mark. A layout that was widened stays so. */
  rollback(): void {
    const length = this.#markedLength;
    assert(length >= 0, "rollback without a mark");
    this.#markedLength = -1;
    const [first] = this.#held.splice(0);
    if (first === undefined) {
      this.#writer?.truncate(length);
      return;
    }
    // The first batch began before the mark; its earlier rows stand.
    this.#writer?.truncate(0);
    if (length > 0) this.#emit({ ...first.batch, length }, first.tags);
  }

  /** Forgets everything that was not emitted, marked or not. */
  discard(): void {
    this.#markedLength = -1;
    this.#held.length = 0;
    this.#writer?.truncate(0);
  }

  #write(record: unknown): void {
    this.#writer ??= learnedWriter(learnLayout(record), this.#codeGeneration);
    let misfit = this.#writer.append(record);
    while (misfit !== null) {
      const { layout } = this.#writer;
      const wider: RecordLayout = this.#isLearned ? widenLayout(layout, misfit) : layout;
      // What even the widest layout refuses is no record at all.
      if (wider === layout) throw new TidemarkError("TM_RECORD", misfit.message);
      this.#end();
      this.#writer = learnedWriter(wider, this.#codeGeneration);
      misfit = this.#writer.append(record);
    }
  }

  /** Ends the batch under way, if it has rows. */
  #end(): void {
    const writer = this.#writer;
    if (writer === null || writer.length === 0) return;
    const { length, layout } = writer;
    const columns = writer.take();
    const { timestamps, watermarks, rowKinds, offsets, tags } = this.#side;
    this.#side = NO_SIDE;
    this.#rows = 0;
    this.#hint = Math.max(FIRST_ROWS, length);
    const origin = this.#origin === null || offsets === null ? null : { ...this.#origin, offsets };
    const batch: RecordBatch = { layout, length, columns, timestamps, watermarks, rowKinds, keys: null, origin };
    if (this.#markedLength >= 0) this.#held.push({ batch, tags });
    else this.#emit(batch, tags);
  }

  #grow(): void {
    this.#rows = this.#rows === 0 ? this.#hint : Math.min(BATCH_ROWS_MAX, this.#rows * 2);
    const from = this.#side;
    const to = this.#newSide(this.#rows);
    to.timestamps.set(from.timestamps);
    to.watermarks.set(from.watermarks);
    to.tags.set(from.tags);
    if (from.offsets !== null) to.offsets?.set(from.offsets);
    if (from.rowKinds !== null) {
      to.rowKinds = new Uint8Array(this.#rows);
      to.rowKinds.set(from.rowKinds);
    }
    this.#side = to;
  }

  #newSide(rows: number): Side {
    return {
      timestamps: new Float64Array(rows),
      watermarks: new Float64Array(rows),
      rowKinds: null,
      offsets: this.#origin === null ? null : new Float64Array(rows),
      tags: new Int32Array(rows),
    };
  }
}
