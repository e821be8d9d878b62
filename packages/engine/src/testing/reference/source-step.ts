import { TidemarkError } from "../../foundation/error.ts";
import type { SourceNode } from "../../graph/logical-graph.ts";
import type { InputElement } from "./element.ts";
import type { ReferenceJob } from "./reference-job.ts";
import { recordFor, type RowOrigin } from "./row.ts";
import { Step } from "./step.ts";

interface Split {
  readonly id: string;
  readonly elements: readonly InputElement[];
  position: number;
  /** Wall clock since when nothing came. */
  quietSince: number;
}

/**
 * A source: each split is an input of this step, whose watermark is max event time so far − outOfOrder − 1. It holds before the
 * next record of any split: it is forwarded as soon as the record has been handled.
 */
export class SourceStep extends Step {
  readonly #node: SourceNode;
  readonly #splits: readonly Split[];

  constructor(node: SourceNode, splits: readonly (readonly InputElement[])[], job: ReferenceJob) {
    super(node.name, splits.length, job);
    this.#node = node;
    this.#splits = splits.map((elements, index) => ({ id: String(index), elements, position: 0, quietSince: job.now }));
  }

  override onRow(): void {
    throw new TidemarkError("TM_INTERNAL", "nothing flows into a source");
  }

  /** Takes the split's next element, or ends it if there is none. A clock element is returned: it concerns the whole job. */
  take(index: number): InputElement | null {
    const split = this.#splitAt(index);
    const element = split.elements[split.position];
    if (element === undefined) {
      this.end(index);
      return null;
    }
    const offset = split.position++;
    if (element.kind === "clock") return element;
    split.quietSince = this.job.now;
    // A split that speaks is active before its record runs, so that the record is judged by a time the split knows of.
    this.idle(false, index);
    if (element.kind === "watermark") this.watermark(element.watermark, index);
    else this.#read(element, index, { port: this.name, split: split.id, offset });
    return null;
  }

  /** No more will come: the split's watermark is the highest there is. */
  end(index: number): void {
    this.idle(false, index);
    this.watermark(Infinity, index);
  }

  /** A source without splits has ended before it began. */
  start(): void {
    if (this.#splits.length === 0) this.settle();
  }

  endAll(): void {
    for (const index of this.#splits.keys()) this.end(index);
  }

  override nextClock(): number {
    const { idleMs } = this.#node.options;
    if (idleMs === null) return Infinity;
    const waiting = this.#splits.filter(
      (_, index) => !this.inputState(index).idle && this.inputState(index).watermark !== Infinity,
    );
    return Math.min(Infinity, ...waiting.map((split) => split.quietSince + idleMs));
  }

  override onClock(): void {
    const { idleMs } = this.#node.options;
    for (const [index, split] of this.#splits.entries()) {
      if (idleMs !== null && this.job.now >= split.quietSince + idleMs) this.idle(true, index);
    }
  }

  #read(
    element: { kind: "record"; value: unknown } | { kind: "malformed"; raw: string },
    index: number,
    origin: RowOrigin,
  ): void {
    const checked = element.kind === "record" ? this.#check(element.value) : new Invalid("malformed", element.raw);
    if (checked instanceof Invalid) {
      this.#onInvalid(checked, origin);
      return;
    }
    const { value, timestamp } = checked;
    this.emit({ value, timestamp, kind: "insert", key: null, origin });
    const { maxAheadMs, outOfOrderMs } = this.#node.options;
    if (timestamp > this.job.now + maxAheadMs) this.job.count(this.name, "clamped");
    else this.watermark(timestamp - outOfOrderMs - 1, index);
  }

  #check(given: unknown): { value: unknown; timestamp: number } | Invalid {
    const { options, schema } = this.#node;
    let value = given;
    if (!options.trust) {
      const result = schema["~standard"].validate(given);
      if (result instanceof Promise)
        throw new TidemarkError("TM_SCHEMA", "the schema of a source validates synchronously");
      if (result.issues !== undefined) return new Invalid(result.issues, rawText(given));
      value = result.value;
    }
    value = recordFor(value);
    if (options.eventTime === null) return { value, timestamp: -Infinity };
    try {
      const timestamp: unknown = options.eventTime(value as never);
      return typeof timestamp === "number" && Number.isFinite(timestamp)
        ? { value, timestamp }
        : new Invalid(timestamp, rawText(value));
    } catch (error) {
      return new Invalid(error, rawText(value));
    }
  }

  #onInvalid({ cause, raw }: Invalid, origin: RowOrigin): void {
    const { onInvalid } = this.#node.options;
    if (onInvalid === "fail")
      throw new TidemarkError("TM_RECORD", "a record of a source is invalid", { cause, facts: { ...origin } });
    this.job.count(this.name, "invalid");
    if (onInvalid === "skip") return;
    this.job.deadLetters.push({ ...origin, operator: this.name, key: null, code: "TM_RECORD", cause, record: raw });
  }

  #splitAt(index: number): Split {
    const split = this.#splits[index];
    if (split === undefined) throw new TidemarkError("TM_NOT_FOUND", `source "${this.name}" has no split ${index}`);
    return split;
  }
}

/** A record that the source cannot take, with the text of it that a dead letter shows. */
class Invalid {
  readonly cause: unknown;
  readonly raw: string;
  constructor(cause: unknown, raw: string) {
    this.cause = cause;
    this.raw = raw;
  }
}

function rawText(record: unknown): string {
  const text =
    JSON.stringify(record, (_name, value: unknown) => (typeof value === "bigint" ? `${value}n` : value)) ??
    String(record);
  return text.slice(0, 4_096);
}
