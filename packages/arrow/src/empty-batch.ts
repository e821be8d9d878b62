import { RecordWriter, type RecordSchema } from "@tidemark/engine/connector";
import type { DecodedRecords, UndecodedRecord } from "@tidemark/engine/files";

const NO_OFFSETS = new Float64Array(0);

/** A batch without rows. */
export function emptyBatch({ layout }: RecordSchema, invalid: readonly UndecodedRecord[]): DecodedRecords {
  return { layout, length: 0, columns: new RecordWriter(layout).take(), offsets: NO_OFFSETS, invalid };
}
