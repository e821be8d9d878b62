import type { RecordBatch } from "../record/batch.ts";
import type { KeyTable } from "../state/state-backend.ts";
import type { OperatorContext } from "./operator.ts";
import { rethrowInternal } from "./user-failure.ts";

interface Failure {
  readonly error: unknown;
  readonly row: number;
  readonly doing: string;
}

/** Failures of user code on records of a batch that are worked on out of order, told in the order of the records. */
export class RecordFailures {
  readonly #context: OperatorContext;
  readonly #keys: KeyTable;
  readonly #stateRows: Int32Array;
  readonly #failures: Failure[] = [];

  /** `stateRows`: the row in the state of each row of the batch, for its key. */
  constructor(context: OperatorContext, keys: KeyTable, stateRows: Int32Array) {
    this.#context = context;
    this.#keys = keys;
    this.#stateRows = stateRows;
  }

  /** Notes why a row of the batch changes nothing; throws at once what a bug of Tidemark raised. */
  add(error: unknown, row: number, doing: string): void {
    rethrowInternal(error);
    this.#failures.push({ error, row, doing });
  }

  /** Tells what was noted; throws if the job is to stop. */
  report(batch: RecordBatch): void {
    if (this.#failures.length === 0) return;
    for (const { error, row, doing } of this.#failures.splice(0).sort((a, b) => a.row - b.row)) {
      const key = this.#keys.key(this.#stateRows[row] as number);
      this.#context.userError(error, { batch, row, key, doing });
    }
  }
}
