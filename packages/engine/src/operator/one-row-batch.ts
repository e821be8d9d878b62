import { assert } from "../foundation/assert.ts";
import { BatchBuilder } from "../record/batch-builder.ts";
import type { RecordBatch } from "../record/batch.ts";

/** Where a record was read. */
export interface RowOrigin {
  readonly port: string;
  readonly split: string;
  readonly offset: number;
}

/** A record that is in no batch any more, as a batch of its own: how an error is told where it came from. */
export function oneRowBatch(
  record: unknown,
  facts: { readonly timestamp: number; readonly watermark: number; readonly origin: RowOrigin | null },
): RecordBatch {
  const { timestamp, watermark, origin } = facts;
  const made: RecordBatch[] = [];
  const builder = new BatchBuilder({
    layout: null,
    emit: (batch) => made.push(batch),
    ...(origin === null ? {} : { origin: { port: origin.port, split: origin.split } }),
  });
  builder.append(record, { timestamp, watermark, ...(origin === null ? {} : { offset: origin.offset }) });
  builder.flush();
  const [batch] = made;
  assert(batch !== undefined, "a batch builder lost its only row");
  return batch;
}
