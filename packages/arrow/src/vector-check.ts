import { DataType, type Data } from "apache-arrow";
import { VectorFault } from "./vector-fault.ts";

type Offsets = Int32Array | BigInt64Array;

const checked = new WeakSet<Data>();

/** VectorFault where values that are made by the library would lie outside of the vector's arrays: of lists, structs and texts, and all in them. */
export function checkVector(data: Data): void {
  if (checked.has(data)) return;
  const { children, length } = data;
  const type: DataType = data.type;
  if (data.nullCount > 0 && data.nullBitmap.length * 8 < length) throw outside();
  if (hasOffsets(type)) {
    const within = children[0]?.length ?? (data.values as Uint8Array).length;
    checkOffsets(data.valueOffsets as Offsets, length, within);
  } else if (DataType.isFixedSizeList(type)) {
    if ((children[0]?.length ?? 0) < length * type.listSize) throw outside();
  } else if (DataType.isUtf8View(type)) {
    if ((data.values as Uint8Array).byteLength < 16 * length) throw outside();
  } else if (DataType.isStruct(type)) {
    if (children.some((child) => child.length < length)) throw outside();
  } else if (DataType.isBool(type)) {
    if ((data.values as Uint8Array).length * 8 < length) throw outside();
  } else if (!DataType.isNull(type) && ((data.values as Uint8Array | undefined)?.length ?? 0) < length) throw outside();
  for (const child of children) checkVector(child);
  if (DataType.isDictionary(type)) checkIndices(data);
  checked.add(data);
}

/** The library gives undefined for an entry that is not there. */
function checkIndices(data: Data): void {
  const entries = data.dictionary;
  if (entries === undefined) throw new VectorFault("its dictionary does not stand before it");
  for (const part of entries.data) checkVector(part as Data);
  const indices = data.values as Int32Array;
  for (let row = 0; row < data.length; row++) {
    const index = Number(indices[row]);
    if (!(index >= 0 && index < entries.length) && data.getValid(row))
      throw new VectorFault(`it refers to entry ${index} of its dictionary`);
  }
}

function hasOffsets(type: DataType): boolean {
  return (
    DataType.isUtf8(type) ||
    DataType.isLargeUtf8(type) ||
    DataType.isList(type) ||
    DataType.isLargeList(type) ||
    DataType.isMap(type)
  );
}

function checkOffsets(offsets: Offsets, length: number, within: number): void {
  if (length === 0) return;
  if (offsets.length <= length) throw outside();
  let before = 0;
  for (let at = 0; at <= length; at++) {
    const offset = Number(offsets[at]);
    if (offset < before) throw new VectorFault("its offsets go back");
    before = offset;
  }
  if (before > within) throw outside();
}

function outside(): VectorFault {
  return new VectorFault("its values lie outside of its arrays");
}
