import { assert } from "../foundation/assert.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";
import { BATCH_ROWS_MAX, ROW_KINDS, type RecordBatch } from "../record/batch.ts";
import { openBatchRows, type Rows } from "../record/record-view.ts";
import { recordOf } from "../record/row-copy.ts";
import type { SlotState } from "../state/slot-state.ts";
import type { KeyedState } from "../state/state-backend.ts";
import { PLAIN_CODEC, type StateCodec } from "../state/state-codec.ts";
import { watermarkJson } from "../time/watermark-holder.ts";
import { MAX_WATERMARK, NO_EVENT_TIME, NO_WATERMARK } from "../time/watermark.ts";
import { frozen, keptValue } from "./kept-value.ts";
import { oneRowBatch, type RowOrigin } from "./one-row-batch.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { ResultWriter } from "./result-writer.ts";
import { prunableAt, versionAt, withoutUnseen, withVersion, type TableVersions } from "./table-versions.ts";
import { refusePromise, rethrowInternal } from "./user-failure.ts";
import { WaitingRows } from "./waiting-rows.ts";

const STREAM = 0;
/** The operator's only timer: when old versions of a key's row can be dropped. */
const PRUNE_TIMER = 0;
const PRUNE_MASK = 1 << PRUNE_TIMER;
/** Rows that may wait before the operator asks for no more. */
const WAITING_ROWS_MAX = 64 * BATCH_ROWS_MAX;
/** Rows of a table are handed out: what is read back is frozen, as what was put in. */
const VERSIONS_CODEC: StateCodec = { ...PLAIN_CODEC, schemaHash: "table-versions/1", decode: frozen };

/** A stream row on its way to the join. */
interface StreamRow {
  readonly record: unknown;
  readonly timestamp: number;
  readonly watermark: number;
  readonly origin: RowOrigin | null;
}

/**
 * Stream-table lookup join. The stream waits for the table: a row passes, with all that follows it, once the table's watermark has
 * reached the row's due time (see dueTime), and sees the newest version of its key's row at that time. So the output has the
 * stream's order and watermarks, and depends on the data alone. A table that is idle counts as having caught up.
 */
export class LookupOperator implements Operator {
  readonly #context: OperatorContext;
  readonly #fn: (record: unknown, row: unknown) => unknown;
  readonly #state: KeyedState;
  /** A key's versions, as the only field of a slot. */
  readonly #versions: SlotState;
  readonly #waiting: WaitingRows;
  readonly #writer: ResultWriter;
  readonly #view: Rows;
  readonly #rows: Int32Array = new Int32Array(BATCH_ROWS_MAX);
  #streamWatermark = NO_WATERMARK;
  #isStreamIdle = false;
  #tableWatermark = NO_WATERMARK;
  #isTableIdle = false;
  #told = NO_WATERMARK;
  #toldIdle = false;

  constructor(context: OperatorContext, options: { readonly fn: (record: never, row: never) => unknown }) {
    this.#context = context;
    this.#fn = options.fn as (record: unknown, row: unknown) => unknown;
    this.#state = context.keyedState({
      timers: ["prune"],
      states: [
        {
          name: "versions",
          kind: "slots",
          fields: [{ name: "versions", kind: "value", initial: 0, isolation: "live", codec: VERSIONS_CODEC }],
        },
        WaitingRows.descriptor,
      ],
    });
    this.#versions = this.#state.slots("versions");
    this.#waiting = new WaitingRows(this.#state);
    this.#writer = new ResultWriter(context.output);
    this.#view = openBatchRows({ debug: context.debug });
  }

  onBatch(input: number, batch: RecordBatch): void {
    assert(batch.keys !== null, () => `lookup ${this.#context.name} got a batch without keys`);
    this.#state.keys.resolve(batch.keys, batch.length, this.#rows);
    if (input === STREAM) this.#onStream(batch);
    else this.#onTable(batch);
    this.#writer.flush();
    this.#state.releaseEmptyRows();
  }

  onWatermark(input: number, watermark: number): void {
    if (input === STREAM) this.#streamWatermark = watermark;
    else this.#tableWatermark = watermark;
    this.#release();
  }

  onIdle(input: number, idle: boolean): void {
    if (input === STREAM) this.#isStreamIdle = idle;
    else this.#isTableIdle = idle;
    this.#release();
  }

  wantsInput(input: number): boolean {
    return input !== STREAM || this.#waiting.length <= WAITING_ROWS_MAX;
  }

  facts(): Json {
    const { rows, bytes } = this.#state.size();
    const first = this.#waiting.first;
    return {
      watermark: watermarkJson(this.#told),
      table: { watermark: watermarkJson(this.#tableWatermark), idle: this.#isTableIdle },
      waitingRows: this.#waiting.length,
      waitsFor: first === undefined ? null : watermarkJson(dueTime(first.waiting)),
      keys: rows,
      bytes,
    };
  }

  #onStream(batch: RecordBatch): void {
    this.#view.bind(batch);
    for (let row = 0; row < batch.length; row++) {
      const stateRow = this.#rows[row] as number;
      const timestamp = batch.timestamps[row] as number;
      const watermark = batch.watermarks[row] as number;
      this.#streamWatermark = watermark;
      const origin = originOf(batch, row);
      if (this.#waiting.length === 0 && this.#isCaughtUp(dueTime({ timestamp, watermark }))) {
        this.#join(stateRow, { record: this.#view.at(row), timestamp, watermark, origin }, { batch, row });
      } else {
        this.#waiting.add(stateRow, { record: Object.freeze(recordOf(batch, row)), timestamp, watermark, origin });
      }
    }
    this.#view.release();
  }

  #onTable(batch: RecordBatch): void {
    for (let row = 0; row < batch.length; row++) {
      const kind = batch.rowKinds?.[row] ?? ROW_KINDS.insert;
      if (kind === ROW_KINDS.updateBefore) continue;
      const stateRow = this.#rows[row] as number;
      const timestamp = batch.timestamps[row] as number;
      const watermark = batch.watermarks[row] as number;
      this.#tableWatermark = Math.max(this.#tableWatermark, watermark);
      const versions = withVersion(this.#versionsOf(stateRow), {
        timestamp,
        visibleAfter: timestamp <= watermark ? watermark : NO_WATERMARK,
        row: kind === ROW_KINDS.delete ? null : { value: keptValue(recordOf(batch, row)) },
      });
      this.#keep(stateRow, versions);
    }
    this.#release();
  }

  /** Lets pass what the table has caught up with, then tells where time stands. */
  #release(): void {
    for (let first = this.#waiting.first; first !== undefined; first = this.#waiting.first) {
      const { stateRow, waiting } = first;
      if (!this.#isCaughtUp(dueTime(waiting))) break;
      this.#join(stateRow, waiting, null);
      this.#waiting.shift();
    }
    const isEmpty = this.#waiting.length === 0;
    if (this.#toldIdle && !(this.#isStreamIdle && isEmpty)) this.#context.output.idle((this.#toldIdle = false));
    // A watermark waits for the rows before it, not for the table: what follows it is later, whatever the table says.
    const watermark = this.#earliest;
    if (watermark > this.#told) this.#writer.watermark((this.#told = watermark));
    else this.#writer.flush();
    if (!this.#toldIdle && this.#isStreamIdle && isEmpty) this.#context.output.idle((this.#toldIdle = true));
    this.#prune();
    this.#state.releaseEmptyRows();
  }

  #isCaughtUp(time: number): boolean {
    return this.#isTableIdle || this.#tableWatermark >= time;
  }

  #join(stateRow: number, stream: StreamRow, place: { batch: RecordBatch; row: number } | null): void {
    const versions = this.#versionsOf(stateRow);
    const version = versionAt(versions, dueTime(stream));
    this.#writer.from(stream.origin);
    this.#writer.begin();
    try {
      const joined = this.#fn(stream.record, version?.row?.value);
      refusePromise(joined, "a lookup function");
      if (joined === undefined)
        throw new TidemarkError("TM_RECORD", "a lookup function must return a record, it returned undefined");
      this.#writer.write(joined, { timestamp: stream.timestamp, watermark: stream.watermark });
    } catch (error) {
      this.#writer.rollback();
      rethrowInternal(error);
      const where = place ?? { batch: oneRowBatch(stream.record, stream), row: 0 };
      this.#context.userError(error, { ...where, key: this.#state.keys.key(stateRow), doing: "looking up a record" });
      return;
    }
    this.#writer.commit();
  }

  /** Keeps the versions that a row of the stream, waiting or still to come, can see; looks again when that can be fewer. */
  #keep(stateRow: number, versions: TableVersions): void {
    const kept = withoutUnseen(versions, this.#earliest);
    if (kept.length === 0) this.#versions.clear(stateRow);
    else this.#versions.setValue(this.#versions.claim(stateRow), 0, kept);
    const prunedAt = prunableAt(kept);
    if (prunedAt === null) this.#state.timers.clear(stateRow, PRUNE_TIMER);
    else this.#state.timers.set(stateRow, PRUNE_TIMER, prunedAt);
  }

  #versionsOf(stateRow: number): TableVersions {
    const at = this.#versions.find(stateRow);
    return at < 0 ? [] : (this.#versions.value(at, 0) as TableVersions);
  }

  #prune(): void {
    const { timers } = this.#state;
    const upTo = this.#earliest;
    for (let due = timers.popDue(PRUNE_MASK, upTo); due !== null; due = timers.popDue(PRUNE_MASK, upTo)) {
      this.#keep(due.row, this.#versionsOf(due.row));
    }
  }

  /** No row of the stream, waiting or still to come, is due before this. */
  get #earliest(): number {
    return this.#waiting.first?.waiting.watermark ?? this.#streamWatermark;
  }
}

/**
 * The time at which a stream row is looked up: its event time, or for a late row the watermark that it came after, before which
 * the table's history is not kept. A row without event time is looked up in the table as it ends.
 */
function dueTime({ timestamp, watermark }: { readonly timestamp: number; readonly watermark: number }): number {
  return timestamp === NO_EVENT_TIME ? MAX_WATERMARK : Math.max(timestamp, watermark);
}

function originOf(batch: RecordBatch, row: number): RowOrigin | null {
  const { origin } = batch;
  return origin === null ? null : { port: origin.port, split: origin.split, offset: origin.offsets[row] as number };
}
