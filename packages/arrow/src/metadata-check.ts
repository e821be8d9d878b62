import { MessageHeader } from "apache-arrow";
import { FlatBytes, type FlatTable } from "./flat-table.ts";
import { VectorFault } from "./vector-fault.ts";

/**
 * Looks through the metadata of messages and footers before the library does, which trusts them: a bit that flipped would be gigabytes of memory, or a
 * loop. Numbers are those of the fields in Arrow's `Message.fbs`, `Schema.fbs` and `File.fbs`.
 */

const ROWS_MAX = 2 ** 31 - 1;
/** Fields within fields. */
const DEPTH_MAX = 64;

/** VectorFault if the metadata of a message cannot be used. Gives the bytes of its body. */
export function checkMessage(metadata: Uint8Array): number {
  const message = new FlatBytes(metadata).root();
  const bodyBytes = message.int64(3);
  checkKeyValues(message, 4);
  const header = message.table(2);
  if (header === null) throw new VectorFault("it has no header");
  const type = message.byte(1) as MessageHeader;
  if (type === MessageHeader.Schema) checkSchema(header);
  else if (type === MessageHeader.RecordBatch) checkRecordBatch(header, bodyBytes);
  else if (type === MessageHeader.DictionaryBatch) {
    const data = header.table(1);
    if (data === null) throw new VectorFault("it has no entries");
    checkRecordBatch(data, bodyBytes);
  }
  return bodyBytes;
}

/** VectorFault if the footer of a file cannot be used. */
export function checkFooter(bytes: Uint8Array): void {
  const footer = new FlatBytes(bytes).root();
  const schema = footer.table(1);
  if (schema === null) throw new VectorFault("it has no schema");
  checkSchema(schema);
  footer.vector(2, 24);
  footer.vector(3, 24);
}

function checkSchema(schema: FlatTable): void {
  // The library has views of numbers as they lie in memory.
  if (schema.byte(0) !== 0) throw new VectorFault("it says that its numbers are big-endian, which is not read here");
  checkKeyValues(schema, 2);
  schema.vector(3, 8);
  for (const field of schema.tables(1)) checkField(field, 0);
}

function checkField(field: FlatTable, depth: number): void {
  if (depth > DEPTH_MAX) throw new VectorFault("its fields are nested too deeply");
  field.vector(0, 1);
  checkType(field);
  field.table(4)?.table(1);
  checkKeyValues(field, 6);
  for (const child of field.tables(5)) checkField(child, depth + 1);
}

/** Numbers of types in `Schema.fbs` that have more than numbers. */
const TIMESTAMP = 10;
const UNION = 14;

function checkType(field: FlatTable): void {
  const type = field.table(3);
  const kind = field.byte(2);
  if (kind === TIMESTAMP) type?.vector(1, 1);
  if (kind === UNION) type?.vector(1, 4);
}

function checkKeyValues(table: FlatTable, number: number): void {
  for (const pair of table.tables(number)) {
    pair.vector(0, 1);
    pair.vector(1, 1);
  }
}

function checkRecordBatch(batch: FlatTable, bodyBytes: number): void {
  const rows = batch.int64(0);
  if (!(rows >= 0 && rows <= ROWS_MAX)) throw new VectorFault(`it says that it has ${rows} rows`);
  // Only a field of nothing but nulls needs no bit for each of its rows.
  const isCompressed = batch.table(3) !== null;
  const most = isCompressed ? ROWS_MAX : Math.max(rows, bodyBytes * 8);
  for (const [length, nulls] of batch.pairs(1))
    if (!(length >= 0 && length <= most && nulls >= 0 && nulls <= length))
      throw new VectorFault(`it says that a field has ${length} rows and ${nulls} nulls`);
  for (const [offset, length] of batch.pairs(2))
    if (!(offset >= 0 && length >= 0 && offset + length <= bodyBytes))
      throw new VectorFault(`it says that bytes ${offset} to ${offset + length} of ${bodyBytes} are a field's`);
  batch.vector(4, 8);
}
