import type { Json } from "../foundation/json.ts";
import type { Clock } from "../host/clock.ts";
import type { RecordBatch } from "../record/batch.ts";
import type { KeyedState, KeyedStateOptions } from "../state/state-backend.ts";

/**
 * Contract of an operator: one logical step inside one task. Single-threaded and synchronous.
 *
 * The task upholds: calls come in stream order per input; `batch.watermarks` and `onWatermark` are non-decreasing per
 * input; a keyed operator gets `batch.keys` and only keys of its key groups; no call before `restore`, none after MAX_WATERMARK on
 * all inputs but `snapshot` and `close`. An input that has ended or is idle was advanced to its last watermark.
 *
 * The operator upholds: before row i it acts on every timer and window that batch.watermarks[i] has passed; what it
 * emits has non-decreasing `watermarks`, each at most the watermark it holds at that point; after it acted on a watermark it
 * emits that watermark; it keeps nothing outside `KeyedState` that its output depends on, other than what it can
 * rebuild from the first elements it gets (watermarks); it never keeps a record view; batches it emits are not changed
 * later, but where their output borrows them.
 * A user function that throws goes through `context.userError`, which returns if the record is to be skipped and throws otherwise.
 */
export interface Operator {
  onBatch(input: number, batch: RecordBatch): void;
  onWatermark(input: number, watermark: number): void;
  /**
   * The input went idle (its watermark holds nothing back any more) or came back, which is told before its next element.
   * Only operators with several inputs implement it; for the others the task passes idleness on to the output.
   */
  onIdle?(input: number, idle: boolean): void;
  /** Fires processing-time timers up to `now`; called when `nextProcessingTime()` is due and before a barrier. */
  onProcessingTime?(now: number): void;
  /** When onProcessingTime is next wanted; Infinity if never. */
  nextProcessingTime?(): number;
  /**
   * True: `onBatch` is done with a batch when it returns, and nothing keeps a column or an array of it: their memory may be used again then.
   * Left out or false: somebody may.
   */
  readonly borrows?: boolean;
  /** False while the operator would rather not have more of this input; the task may ignore it while it aligns a barrier. */
  wantsInput?(input: number): boolean;
  /** True while results that are due are put off: see `goOn`. */
  hasPutOff?(): boolean;
  /**
   * Goes on with what `onBatch` or `onWatermark` put off so that no call takes time in proportion to the number of keys. The task calls it as
   * long as `hasPutOff`, before it takes anything else: what is put off is in no snapshot. Results come in the order, and with the
   * times and watermarks, that they would have had at once; a watermark is handed on after the last that it made due.
   */
  goOn?(): void;
  /** Facts for inspection: what the operator holds, as plain data. */
  facts?(): Json;
}

/** Where an operator's output goes. */
export interface Output {
  /** True where all that get the batches borrow them (see Operator), so that their memory is free once `batch` returns. */
  readonly borrows?: boolean;
  batch(batch: RecordBatch): void;
  watermark(watermark: number): void;
  /** The stream went idle or came back. */
  idle(idle: boolean): void;
}

export interface OperatorContext {
  /** Stable id where the step owns state, else a generated name such as "map-3". */
  readonly name: string;
  readonly clock: Clock;
  readonly output: Output;
  /** Second output of the step, such as "late"; null where nobody listens. */
  sideOutput(name: string): Output | null;
  /** Opens the operator's keyed state; once, in the constructor. */
  keyedState(options: Omit<KeyedStateOptions, "operator" | "keyGroupBits">): KeyedState;
  readonly userError: UserErrorHandler;
  /** Of what grows with the number of keys an operator does so much in one call, in keys, and may put off the rest. Left out: all. */
  readonly keysAtOnce?: number;
  /** Debug checks: retained record views throw after the row. */
  readonly debug: boolean;
  /** Counts `amount` under a name of the step's own, such as "late". */
  count(name: string, amount: number): void;
}

/** Called when user code threw for row `row` of `batch` (null: a timer or a window, no record). `step` names the step where an operator runs several. */
export type UserErrorHandler = (
  error: unknown,
  where: { batch: RecordBatch | null; row: number; key: unknown; doing: string; step?: string },
) => void;
