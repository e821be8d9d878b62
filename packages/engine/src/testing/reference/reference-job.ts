import { TidemarkError } from "../../foundation/error.ts";
import type { ErrorPolicy } from "../../graph/logical-graph.ts";
import type { Row } from "./row.ts";

/** A record that could not be handled; the fields of a record on the dead-letter port, without the wording of the message. */
export interface ReferenceDeadLetter {
  readonly port: string | null;
  readonly split: string | null;
  readonly offset: number | null;
  readonly operator: string;
  readonly key: unknown;
  readonly code: string;
  readonly cause: unknown;
  readonly record: unknown;
}

/** What the steps of one run share: the wall clock, the policy for failing records, and what was counted. */
export class ReferenceJob {
  readonly deadLetters: ReferenceDeadLetter[] = [];
  /** By step, by name of the count. */
  readonly counts: Record<string, Record<string, number>> = {};
  now: number;
  readonly #onError: ErrorPolicy;

  constructor(options: { now: number; onError: ErrorPolicy }) {
    this.now = options.now;
    this.#onError = options.onError;
  }

  count(step: string, name: string): void {
    const ofStep = (this.counts[step] ??= {});
    ofStep[name] = (ofStep[name] ?? 0) + 1;
  }

  /** User code of a step threw for a row (null: for a timer or a window). */
  userError(step: string, cause: unknown, place: { row: Row | null; key: unknown; doing: string }): void {
    const { row, key, doing } = place;
    if (this.#onError === "fail") {
      throw new TidemarkError("TM_USER_CODE", `user code of "${step}" threw while ${doing}: ${String(cause)}`, {
        cause,
      });
    }
    this.count(step, "user-errors");
    if (this.#onError === "skip") return;
    const { port, split, offset } = row?.origin ?? { port: null, split: null, offset: null };
    this.deadLetters.push({
      port,
      split,
      offset,
      operator: step,
      key,
      code: "TM_USER_CODE",
      cause,
      record: row?.value ?? null,
    });
  }
}
