import { BATCH_ROWS_MAX } from "../record/batch.ts";
import { declaredWriter } from "../record/declared-writer.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import type { RecordSink } from "../record/record-writer.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { InvalidRecord, SourceBatch } from "./source-connector.ts";

const RAW_CHARACTERS_MAX = 4_096;

/** Collects records that are values already (generated, scripted) into a source batch, through the port's schema. */
export class RecordRows {
  readonly #schema: RecordSchema;
  readonly #writer: RecordSink;
  readonly #offsets = new Float64Array(BATCH_ROWS_MAX);
  readonly #invalid: InvalidRecord[] = [];

  constructor(schema: RecordSchema) {
    this.#schema = schema;
    this.#writer = declaredWriter(schema.layout);
  }

  get isEmpty(): boolean {
    return this.#writer.length === 0 && this.#invalid.length === 0;
  }

  get isFull(): boolean {
    return this.#writer.length + this.#invalid.length >= BATCH_ROWS_MAX;
  }

  /** Adds a record, or its refusal by the schema; `offset` is its place in the source. */
  add(value: unknown, offset: number): void {
    const row = this.#writer.length;
    const why = this.#write(value);
    if (why === null) this.#offsets[row] = offset;
    else this.refuse({ offset, raw: rawText(value), why });
  }

  /** Adds a record that is invalid as it stands. */
  refuse(record: { offset: number; raw: string; why: string }): void {
    const { offset, raw, why } = record;
    const error = new TidemarkError("TM_RECORD", why);
    this.#invalid.push({ beforeRow: this.#writer.length, offset, raw: raw.slice(0, RAW_CHARACTERS_MAX), error });
  }

  /** The batch; once. */
  take(): SourceBatch {
    const length = this.#writer.length;
    return {
      layout: this.#schema.layout,
      length,
      columns: this.#writer.take(),
      offsets: this.#offsets,
      invalid: this.#invalid,
    };
  }

  #write(value: unknown): string | null {
    let record = value;
    if (!this.#schema.trust) {
      const result = this.#schema.validate(value);
      if (!result.ok) return `the record does not fit the schema: ${result.issues}`;
      record = result.value;
    }
    const misfit = this.#writer.append(record);
    return misfit === null ? null : `the record does not fit its columns: ${misfit.message}`;
  }
}

function rawText(value: unknown): string {
  try {
    return (
      JSON.stringify(value, (_name, part: unknown) => (typeof part === "bigint" ? `${part}n` : part)) ?? String(value)
    );
  } catch {
    // A cycle: there is no text of it, and this is only for a message.
    return String(value);
  }
}
