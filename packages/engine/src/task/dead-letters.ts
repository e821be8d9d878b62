import type { SinkWriter } from "../connector/sink-connector.ts";
import type { TidemarkError } from "../foundation/error.ts";
import { BatchBuilder } from "../record/batch-builder.ts";
import { layoutOf, type Field, type RecordLayout } from "../record/layout.ts";
import { NO_EVENT_TIME, NO_WATERMARK } from "../time/watermark.ts";

/** One record that could not be handled, with the reason. */
export interface DeadLetter {
  readonly port: string | null;
  readonly split: string | null;
  readonly offset: number | null;
  readonly operator: string;
  readonly key: unknown;
  readonly error: TidemarkError;
  /** The record, or the raw input text where it could not be decoded. */
  readonly record: unknown;
}

const field = (name: string, kind: Field["kind"], nullable = true): Field => ({
  name,
  kind,
  nullable,
  optional: false,
});

/** Layout of the records on the dead-letter port. */
export const DEAD_LETTER_LAYOUT: RecordLayout = layoutOf([
  field("port", "utf8"),
  field("split", "utf8"),
  field("offset", "float64"),
  field("operator", "utf8", false),
  field("key", "json"),
  field("code", "utf8", false),
  field("message", "utf8", false),
  field("record", "json"),
]);

/** The dead-letter output of one task: part of its checkpoint like any other sink. */
export class DeadLetters {
  readonly #builder: BatchBuilder;

  constructor(writer: SinkWriter) {
    this.#builder = new BatchBuilder({
      layout: DEAD_LETTER_LAYOUT,
      emit: (batch) => {
        writer.write(batch);
      },
    });
  }

  add(letter: DeadLetter): void {
    const { port, split, offset, operator, key, error, record } = letter;
    const row = { port, split, offset, operator, key, code: error.code, message: error.message, record };
    this.#builder.append(row, { timestamp: NO_EVENT_TIME, watermark: NO_WATERMARK });
    this.#builder.flush();
  }
}
