import { BATCH_ROWS_MAX } from "../record/batch.ts";
import type { Column } from "../record/column.ts";
import { type Field, layoutOf, type RecordLayout } from "../record/layout.ts";
import { FIELDS_MAX, isOddName } from "../record/learned-layout.ts";
import type { KeyColumn } from "../record/key-column.ts";
import { selectKeys } from "../record/row-copy.ts";
import type { KeyTable } from "../state/state-backend.ts";
import { NO_WATERMARK } from "../time/watermark.ts";
import type { CompiledAggregates, CompiledMember, ResultNumbers } from "./compiled-aggregates.ts";
import type { Output } from "./operator.ts";
import { ResultCells } from "./result-cells.ts";
import { ResultWriter } from "./result-writer.ts";
import type { Window } from "./window-spec.ts";

/** Results of up to BATCH_ROWS_MAX rows; arrays may be longer and are copied. */
export interface ResultChunk {
  readonly length: number;
  /** State row of each, for its key. */
  readonly stateRows: Int32Array;
  /** By aggregate: results of those with words. */
  readonly numbers: ResultNumbers;
  /** By aggregate: results of the others, null for those with words. */
  readonly values: readonly (readonly unknown[] | null)[];
}

/** What all rows of a window's chunk have in common. */
export interface WindowFacts {
  readonly window: Window;
  readonly revision: number;
  readonly timestamp: number;
  /** The watermark that holds before the rows; raised to what was written before. */
  readonly watermark: number;
}

/** The same of each row of a chunk, by its place in the chunk. */
export interface EachWindowFacts {
  readonly windows: readonly Window[];
  readonly revisions: Float64Array;
  readonly timestamps: Float64Array;
  readonly watermarks: Float64Array;
}

/** Times and kind of each row of a chunk of a table, by its place in the chunk. Call `flush` before the next batch of input. */
export interface ChangeFacts {
  /** Keys of the batch of input, and the rows of it that the changes are of. */
  readonly keys: KeyColumn;
  readonly rows: Int32Array;
  readonly timestamps: Float64Array;
  readonly watermarks: Float64Array;
  readonly rowKinds: Uint8Array;
}

interface Side {
  timestamps: Float64Array;
  watermarks: Float64Array;
  rowKinds: Uint8Array;
  /** Rows of the input. */
  rows: Int32Array;
  revisions: Float64Array;
}

const FIRST_ROWS = 32;

/** True where results have names that columns cannot have. */
export function hasOddNames({ names }: CompiledAggregates, of: "windows" | "table"): boolean {
  const own = of === "table" ? ["key"] : ["key", "window", "revision"];
  return own.length + names.length > FIELDS_MAX || names.some((name) => isOddName(name) || own.includes(name));
}

/**
 * Writes results of aggregates into batches for an operator's output, column by column: { key, window, revision, …results } of windows,
 * { key, …results } of a table, which stays keyed. Batches have the layout that would be learned from such records, and watermarks never
 * go back.
 */
export class ResultColumns {
  readonly #output: Output;
  readonly #keys: KeyTable;
  readonly #members: readonly CompiledMember[];
  readonly #isTable: boolean;
  /** Takes records where results have names that columns cannot have. */
  readonly #records: ResultWriter | null;
  readonly #key = new ResultCells();
  readonly #cells: readonly ResultCells[];
  /** Those that the next row does not fit. */
  readonly #tooNarrow: ResultCells[] = [];
  #windows: Window[] = [];
  #side: Side = newSide(0);
  #rows = 0;
  #length = 0;
  #hint = FIRST_ROWS;
  #layout: RecordLayout | null = null;
  /** Of the rows under way, where the output stays keyed. */
  #inputKeys: KeyColumn | null = null;
  #watermark = NO_WATERMARK;

  constructor(
    output: Output,
    options: { readonly aggregates: CompiledAggregates; readonly keys: KeyTable; readonly of: "windows" | "table" },
  ) {
    const { aggregates, keys, of } = options;
    this.#output = output;
    this.#keys = keys;
    this.#members = aggregates.members;
    this.#isTable = of === "table";
    this.#cells = aggregates.members.map(() => new ResultCells());
    this.#records = hasOddNames(aggregates, of) ? new ResultWriter(output, this.#isTable ? { keys } : {}) : null;
  }

  /** Appends results of one window. */
  appendWindow(chunk: ResultChunk, facts: WindowFacts): void {
    if (this.#records !== null) {
      const { window, revision, ...times } = facts;
      for (let i = 0; i < chunk.length; i++) this.#records.write(this.#recordOf(chunk, i, { window, revision }), times);
      return;
    }
    if (chunk.length === 0) return;
    this.#watermark = Math.max(this.#watermark, facts.watermark);
    this.#inBatches(chunk, (_from, count, row) => {
      const { timestamps, watermarks, revisions } = this.#side;
      timestamps.fill(facts.timestamp, row, row + count);
      watermarks.fill(this.#watermark, row, row + count);
      revisions.fill(facts.revision, row, row + count);
      for (let i = 0; i < count; i++) this.#windows[row + i] = facts.window;
    });
  }

  /** Appends results of windows, each of its own. */
  appendEach(chunk: ResultChunk, facts: EachWindowFacts): void {
    const { windows, revisions, timestamps, watermarks } = facts;
    if (this.#records !== null) {
      for (let i = 0; i < chunk.length; i++) {
        const times = { timestamp: timestamps[i] as number, watermark: watermarks[i] as number };
        this.#records.write(this.#recordOf(chunk, i, { window: windows[i], revision: revisions[i] }), times);
      }
      return;
    }
    this.#inBatches(chunk, (from, count, row) => {
      const side = this.#side;
      side.timestamps.set(timestamps.subarray(from, from + count), row);
      side.revisions.set(revisions.subarray(from, from + count), row);
      for (let i = 0; i < count; i++) {
        this.#watermark = Math.max(this.#watermark, watermarks[from + i] as number);
        side.watermarks[row + i] = this.#watermark;
        this.#windows[row + i] = windows[from + i] as Window;
      }
    });
  }

  /** Appends changes of a table. */
  appendChanges(chunk: ResultChunk, facts: ChangeFacts): void {
    const { timestamps, watermarks, rowKinds, rows } = facts;
    if (this.#records !== null) {
      for (let i = 0; i < chunk.length; i++) {
        this.#records.write(this.#recordOf(chunk, i, {}), {
          timestamp: timestamps[i] as number,
          watermark: watermarks[i] as number,
          rowKind: rowKinds[i] as number,
          tag: chunk.stateRows[i] as number,
        });
      }
      return;
    }
    this.#inputKeys = facts.keys;
    this.#inBatches(chunk, (from, count, row) => {
      const side = this.#side;
      side.rows.set(rows.subarray(from, from + count), row);
      side.timestamps.set(timestamps.subarray(from, from + count), row);
      side.rowKinds.set(rowKinds.subarray(from, from + count), row);
      for (let i = 0; i < count; i++) {
        this.#watermark = Math.max(this.#watermark, watermarks[from + i] as number);
        side.watermarks[row + i] = this.#watermark;
      }
    });
  }

  /** Hands on what is left. */
  flush(): void {
    if (this.#records !== null) this.#records.flush();
    else this.#end();
  }

  /** Hands on what is left, then the watermark. */
  watermark(watermark: number): void {
    if (this.#records !== null) {
      this.#records.watermark(watermark);
      return;
    }
    this.#end();
    this.#watermark = Math.max(this.#watermark, watermark);
    this.#output.watermark(watermark);
  }

  /** Copies a chunk into the batch under way, as much as fits, and what is left into the next; `fill` adds what is not in the chunk. */
  #inBatches(chunk: ResultChunk, fill: (from: number, count: number, row: number) => void): void {
    let from = 0;
    while (from < chunk.length) {
      const fits = this.#fitting(chunk, from, Math.min(chunk.length - from, BATCH_ROWS_MAX - this.#length));
      const row = this.#length;
      if (row + fits > this.#rows) this.#grow(row + fits);
      fill(from, fits, row);
      this.#length = row + fits;
      from += fits;
      // All that came fitted, or a value did not fit the layout: the batch ends, and the next one has another.
      if (this.#length === BATCH_ROWS_MAX || from < chunk.length) this.#end();
    }
  }

  /** Writes keys and results of up to `count` rows; fewer if one does not fit the layout, which is then ended and widened. */
  #fitting(chunk: ResultChunk, from: number, count: number): number {
    const keys = keysOf(this.#keys, chunk.stateRows.subarray(from, from + count));
    const parts: { cells: ResultCells; values: Float64Array | readonly unknown[]; from: number }[] = [
      { cells: this.#key, values: keys, from: 0 },
    ];
    for (const { index } of this.#members)
      parts.push({
        cells: this.#cells[index] as ResultCells,
        values: (chunk.numbers[index] ?? chunk.values[index]) as Float64Array | readonly unknown[],
        from,
      });
    let fits = count;
    for (const part of parts) fits = Math.min(fits, part.cells.fit(part.values, part.from, count));
    const row = this.#length;
    for (const part of parts) {
      part.cells.append(part.values, { from: part.from, count: fits, row });
      if (fits < count && part.cells.fit(part.values, part.from + fits, 1) === 0) this.#tooNarrow.push(part.cells);
    }
    return fits;
  }

  #end(): void {
    const length = this.#length;
    if (length > 0) {
      const { timestamps, watermarks, rowKinds, rows, revisions } = this.#side;
      const columns: Column[] = [this.#key.take(length)];
      if (!this.#isTable) {
        columns.push({ kind: "json", presence: null, values: this.#windows });
        columns.push({ kind: "float64", presence: null, values: revisions });
      }
      for (const cells of this.#cells) columns.push(cells.take(length));
      const batch = {
        layout: this.#currentLayout(columns),
        length,
        columns,
        timestamps,
        watermarks,
        rowKinds: this.#isTable ? rowKinds : null,
        keys: this.#inputKeys === null ? null : selectKeys(this.#inputKeys, rows.subarray(0, length)),
        origin: null,
      };
      this.#windows = [];
      this.#hint = Math.max(FIRST_ROWS, length);
      this.#rows = 0;
      this.#length = 0;
      this.#side = newSide(0);
      this.#widen();
      this.#output.batch(batch);
      return;
    }
    this.#widen();
  }

  #widen(): void {
    for (const cells of this.#tooNarrow.splice(0)) cells.widen();
  }

  #currentLayout(columns: readonly Column[]): RecordLayout {
    const known = this.#layout;
    if (known !== null && columns.every(({ kind }, index) => known.fields[index]?.kind === kind)) return known;
    const names = [...(this.#isTable ? ["key"] : ["key", "window", "revision"]), ...this.#members.map((m) => m.name)];
    const fields = names.map((name, index): Field => ({
      name,
      kind: (columns[index] as Column).kind,
      nullable: false,
      optional: false,
    }));
    return (this.#layout = layoutOf(fields));
  }

  #recordOf(chunk: ResultChunk, i: number, facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const record: Record<string, unknown> = { key: this.#keys.key(chunk.stateRows[i] as number), ...facts };
    for (const { name, index } of this.#members) record[name] = (chunk.numbers[index] ?? chunk.values[index])?.[i];
    return record;
  }

  #grow(least: number): void {
    this.#rows = Math.min(BATCH_ROWS_MAX, Math.max(least, this.#rows * 2, this.#rows === 0 ? this.#hint : 0));
    const from = this.#side;
    const to = newSide(this.#rows);
    to.timestamps.set(from.timestamps);
    to.watermarks.set(from.watermarks);
    to.rowKinds.set(from.rowKinds);
    to.rows.set(from.rows);
    to.revisions.set(from.revisions);
    this.#side = to;
  }
}

function newSide(rows: number): Side {
  return {
    timestamps: new Float64Array(rows),
    watermarks: new Float64Array(rows),
    rowKinds: new Uint8Array(rows),
    rows: new Int32Array(rows),
    revisions: new Float64Array(rows),
  };
}

/** The keys of state rows: numbers where all are integers. */
function keysOf(keys: KeyTable, stateRows: Int32Array): Float64Array | readonly unknown[] {
  if (stateRows.length > 0 && typeof keys.key(stateRows[0] as number) === "number") {
    const { integers } = keys.keyColumn(stateRows, stateRows.length);
    if (integers !== null) return integers;
  }
  // A key of a batch is there more than once as a rule; its rows share one value, which nobody may change then.
  const known = new Map<number, unknown>();
  const values: unknown[] = [];
  for (let i = 0; i < stateRows.length; i++) {
    const stateRow = stateRows[i] as number;
    let key = known.get(stateRow);
    if (key === undefined) {
      key = keys.key(stateRow);
      if (typeof key === "object") Object.freeze(key);
      known.set(stateRow, key);
    }
    values.push(key);
  }
  return values;
}
