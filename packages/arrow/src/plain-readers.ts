import type { Column } from "@tidemark/engine/connector";
import { PRESENCE } from "@tidemark/engine/files";
import { DataType, MapRow, StructRow, Vector, type Data } from "apache-arrow";
import type { RowRange } from "./row-range.ts";
import { checkVector } from "./vector-check.ts";

/** Whether values of the type, and of all in it, are plain ones in JavaScript: lists and structs of numbers, texts, times. */
export function isPlainType(type: DataType): boolean {
  if (DataType.isDictionary(type)) return isPlainType(type.dictionary);
  const isNested =
    DataType.isList(type) ||
    DataType.isLargeList(type) ||
    DataType.isFixedSizeList(type) ||
    DataType.isStruct(type) ||
    DataType.isMap(type);
  if (isNested) return type.children.every((child) => isPlainType(child.type as DataType));
  return (
    DataType.isInt(type) ||
    DataType.isFloat(type) ||
    DataType.isBool(type) ||
    DataType.isNull(type) ||
    DataType.isUtf8(type) ||
    DataType.isLargeUtf8(type) ||
    DataType.isUtf8View(type) ||
    DataType.isTimestamp(type) ||
    DataType.isDate(type)
  );
}

/** Any plain values, made one by one: arrays, objects, numbers (bigints where those are too small), texts, times in milliseconds. */
export function readPlain(data: Data, { from, rows, presence }: RowRange): Column {
  checkVector(data);
  const vector = new Vector([data]);
  const values = Array.from({ length: rows }, (_, row): unknown =>
    presence === null || presence[row] === PRESENCE.present ? plainValue(vector.get(from + row)) : undefined,
  );
  return { kind: "json", presence, values };
}

function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (value instanceof Vector) return Array.from(value as Iterable<unknown>, plainValue);
  if (value instanceof StructRow || value instanceof MapRow) {
    const entries = Object.entries(value.toJSON() as Record<string, unknown>);
    return Object.fromEntries(entries.map(([name, each]) => [name, plainValue(each)]));
  }
  return value;
}
