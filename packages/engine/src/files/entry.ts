/** `@tidemark/engine/files`: what an author of a file format needs; splits, reading ahead and exactly-once output come with it. */
export type { BatchDecoder } from "../format/batch-decoder.ts";
export type { BatchEncoder, BinaryHeader } from "../format/batch-encoder.ts";
export { ROW_KIND_FIELD, ROW_KIND_TEXTS } from "../format/batch-encoder.ts";
export { columnFit, type ColumnFit } from "../format/column-fit.ts";
export type { Checksum } from "../format/frame.ts";
export type { FrameField, FrameFieldKind, FrameLayout } from "../format/frame-layout.ts";
export { jsonText } from "../format/json-text.ts";
export type { DecodedRecords, UndecodedRecord } from "../format/record-decoder.ts";
export { PRESENCE } from "../record/column.ts";
export { cellOf } from "../record/cell.ts";
export { fileBinding } from "./file-binding.ts";
export type { DecoderOptions, FileFormat, FormatDecoder, RecordEndCheck } from "./file-format.ts";
export type { FileSourceOptions } from "./file-source.ts";
