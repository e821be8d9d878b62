import type { FrameFieldKind } from "@tidemark/engine/files";
import { DataType, Precision, type Field } from "apache-arrow";
import { isJsonField } from "./arrow-schema.ts";
import type { ReadCells } from "./row-range.ts";
import { readBooleans, readDoubles, readHalves, readIntegers, readLongs, readNulls } from "./number-readers.ts";
import { readTimes, unitMs } from "./time-readers.ts";
import {
  readDictionary,
  readDictionaryText,
  readJsonText,
  readLongText,
  readText,
  readViewText,
} from "./text-readers.ts";
import { isPlainType, readPlain } from "./plain-readers.ts";

/** How the vectors of a field become columns. */
export interface VectorReader {
  readonly kind: FrameFieldKind;
  readonly read: ReadCells;
}

/**
 * The reader of a field; null for a type that has no columns here. `wanted`: the kind of the port's field; a time is a string where that is one,
 * and a number of milliseconds elsewhere.
 */
export function vectorReader(field: Field, wanted: FrameFieldKind | null): VectorReader | null {
  const type: DataType = field.type;
  if (isJsonField(field)) return isText(type) ? { kind: "json", read: readJsonText } : null;
  if (DataType.isInt(type)) {
    if (type.bitWidth === 64) return wanted === "json" ? plain(type) : { kind: "float64", read: readLongs };
    const isInt32 = type.bitWidth < 32 || type.isSigned;
    return isInt32 ? { kind: "int32", read: readIntegers } : { kind: "float64", read: readDoubles };
  }
  if (DataType.isFloat(type))
    return { kind: "float64", read: type.precision === Precision.HALF ? readHalves : readDoubles };
  if (DataType.isBool(type)) return { kind: "boolean", read: readBooleans };
  if (DataType.isNull(type)) return { kind: "json", read: readNulls };
  if (DataType.isUtf8(type)) return { kind: "utf8", read: readText };
  if (DataType.isLargeUtf8(type)) return { kind: "utf8", read: readLongText };
  if (DataType.isUtf8View(type)) return { kind: "utf8", read: readViewText };
  if (DataType.isDictionary(type) && isText(type.dictionary)) {
    return wanted === "utf8"
      ? { kind: "utf8", read: readDictionaryText }
      : { kind: "dictionary", read: readDictionary };
  }
  const unit = unitMs(type);
  if (unit !== null) return { kind: wanted === "utf8" ? "utf8" : "float64", read: readTimes(unit, wanted === "utf8") };
  return plain(type);
}

function plain(type: DataType): VectorReader | null {
  return isPlainType(type) ? { kind: "json", read: readPlain } : null;
}

function isText(type: DataType): boolean {
  return DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type);
}
