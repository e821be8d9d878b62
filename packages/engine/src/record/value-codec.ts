import { Packr } from "msgpackr/pack";
import { TidemarkError } from "../foundation/error.ts";
import { isPlainObject, NESTING_MAX, setOwn } from "./plain-value.ts";

/**
 * First byte of an encoded value, the version of what follows. PLAIN: the value in MessagePack. ESCAPED: MessagePack of a tree in
 * which every array is `[TAG, ...]`, for values that MessagePack (or the library) would change: see TAGS.
 */
const PLAIN = 1;
const ESCAPED = 2;

/** Frozen: they are in checkpoints. */
const TAGS = {
  array: 0,
  negativeZero: 1,
  utf16: 2,
  date: 3,
  map: 4,
  set: 5,
  bigint: 6,
  typedArray: 7,
  object: 8,
  hole: 9,
  buffer: 10,
} as const;

const TYPED_ARRAYS = {
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
} as const;

// No records and no shared structures: the bytes are plain MessagePack and need nothing else to be read.
const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  copyBuffers: true,
  useToJSON: false,
});

/** Where a value is, from the inside out. */
interface Place {
  readonly holder: object;
  readonly step: string;
  readonly outer: Place | null;
  readonly depth: number;
}

/**
 * Self-contained bytes of plain data: numbers, strings, booleans, null, undefined, bigint, arrays, plain objects, Uint8Array and other
 * typed arrays, ArrayBuffer, Date, Map, Set, record views. Exact, with -0, NaN, lone surrogates and holes; a Buffer comes
 * back as a Uint8Array, an object without prototype as a plain one. Named properties of arrays are not data.
 * TM_STATE_VALUE, naming the path, for functions, symbols, cycles and instances of other classes.
 */
export function encodeValue(value: unknown): Uint8Array {
  const isPlain = survey(value, null);
  const packed: Uint8Array = packr.pack(isPlain ? value : escapeValue(value));
  const bytes = new Uint8Array(packed.length + 1);
  bytes[0] = isPlain ? PLAIN : ESCAPED;
  bytes.set(packed, 1);
  return bytes;
}

/** Inverse of {@link encodeValue}; the result shares nothing with `bytes`. TM_CHECKPOINT_CORRUPT where they are not such bytes. */
export function decodeValue(bytes: Uint8Array): unknown {
  const form = bytes[0];
  if (form !== PLAIN && form !== ESCAPED) throw undecodable(undefined, bytes.length);
  try {
    // A plain Uint8Array: from a Buffer the library would cut Buffers.
    const value: unknown = packr.unpack(new Uint8Array(bytes.buffer, bytes.byteOffset + 1, bytes.byteLength - 1));
    // Escapes that no encoder made fail in as many ways as there are.
    return form === PLAIN ? value : unescapeTree(value);
  } catch (cause) {
    throw undecodable(cause, bytes.length);
  }
}

function undecodable(cause: unknown, length: number): TidemarkError {
  return new TidemarkError(
    "TM_CHECKPOINT_CORRUPT",
    "bytes that should hold an encoded value do not; they were changed or are of a newer version",
    {
      cause,
      facts: { bytes: length },
    },
  );
}

/** True where MessagePack holds the value exactly; throws for what no encoding holds. */
function survey(value: unknown, place: Place | null): boolean {
  switch (typeof value) {
    case "string":
      return isPlainText(value);
    case "number":
      return !Object.is(value, -0);
    case "bigint":
      return value >= -0x8000000000000000n && value <= 0xffffffffffffffffn;
    case "boolean":
    case "undefined":
      return true;
    case "object":
      return value === null || surveyObject(value, place);
    default:
      throw notData(`a ${typeof value}`, place);
  }
}

function surveyObject(value: object, outer: Place | null): boolean {
  for (let at = outer; at !== null; at = at.outer) {
    if (at.holder === value) throw notData("an object that holds itself", outer);
  }
  if (outer !== null && outer.depth > NESTING_MAX)
    throw notData(`a value nested deeper than ${NESTING_MAX} levels`, outer);
  if (Array.isArray(value)) return surveyArray(value, outer);
  if (isPlainObject(value)) return surveyPlainObject(value, outer);
  switch (tagOf(value)) {
    case "Map":
      surveyArray([...(value as Map<unknown, unknown>)].flat(1), outer, value);
      return false;
    case "Set":
      surveyArray([...(value as Set<unknown>)], outer, value);
      return false;
    case "Uint8Array":
      return true;
    case "Date":
    case "ArrayBuffer":
      return false;
    default:
      if (Object.hasOwn(TYPED_ARRAYS, tagOf(value))) return false;
      throw notData(`an instance of ${className(value)}`, outer);
  }
}

function surveyArray(items: readonly unknown[], outer: Place | null, holder: object = items): boolean {
  let isPlain = true;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (item === undefined && !(i in items)) isPlain = false;
    const isLeaf = typeof item !== "object" || item === null;
    const place = isLeaf && isEncodable(item) ? null : placeOf(holder, `[${i}]`, outer);
    if (!survey(item, place)) isPlain = false;
  }
  return isPlain;
}

function surveyPlainObject(value: Record<string, unknown>, outer: Place | null): boolean {
  let isPlain = true;
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    if (Object.prototype.propertyIsEnumerable.call(value, symbol))
      throw notData(`a property named by a symbol, ${String(symbol)}`, outer);
  }
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (!isPlainText(key) || key === "__proto__" || key === "constructor" || key === "toJSON") isPlain = false;
    const isLeaf = typeof item !== "object" || item === null;
    const place = isLeaf && isEncodable(item) ? null : placeOf(value, `.${key}`, outer);
    if (!survey(item, place)) isPlain = false;
  }
  return isPlain;
}

function isEncodable(leaf: unknown): boolean {
  return typeof leaf !== "function" && typeof leaf !== "symbol";
}

function placeOf(holder: object, step: string, outer: Place | null): Place {
  return { holder, step, outer, depth: outer === null ? 1 : outer.depth + 1 };
}

/** Strings that the library reads back as they are: it drops a leading byte-order mark of long ones. */
function isPlainText(text: string): boolean {
  return text.isWellFormed() && !text.startsWith("\ufeff");
}

function escapeValue(value: unknown): unknown {
  switch (typeof value) {
    case "string":
      return isPlainText(value) ? value : [TAGS.utf16, utf16Bytes(value)];
    case "number":
      return Object.is(value, -0) ? [TAGS.negativeZero] : value;
    case "bigint":
      return survey(value, null) ? value : [TAGS.bigint, value.toString()];
    case "object":
      return value === null ? null : escapeObject(value);
    default:
      return value;
  }
}

function escapeObject(value: object): unknown {
  if (Array.isArray(value)) return [TAGS.array, ...escapeItems(value)];
  if (isPlainObject(value))
    return [TAGS.object, ...Object.keys(value).flatMap((key) => [escapeValue(key), escapeValue(value[key])])];
  const tag = tagOf(value);
  switch (tag) {
    case "Map":
      return [
        TAGS.map,
        ...[...(value as Map<unknown, unknown>)].flatMap(([key, item]) => [escapeValue(key), escapeValue(item)]),
      ];
    case "Set":
      return [TAGS.set, ...[...(value as Set<unknown>)].map(escapeValue)];
    case "Date":
      return [TAGS.date, (value as Date).getTime()];
    case "ArrayBuffer":
      return [TAGS.buffer, new Uint8Array(value as ArrayBuffer)];
    case "Uint8Array":
      return value;
    default: {
      const view = value as ArrayBufferView;
      return [TAGS.typedArray, tag, new Uint8Array(view.buffer, view.byteOffset, view.byteLength)];
    }
  }
}

function escapeItems(items: readonly unknown[]): unknown[] {
  return Array.from(items, (item, index) => (index in items ? escapeValue(item) : [TAGS.hole]));
}

function unescapeTree(tree: unknown): unknown {
  if (!Array.isArray(tree)) return tree;
  const [tag, ...rest] = tree as [number, ...unknown[]];
  switch (tag) {
    case TAGS.array:
      return unescapeItems(rest);
    case TAGS.negativeZero:
      return -0;
    case TAGS.utf16:
      return textOfUtf16(rest[0] as Uint8Array);
    case TAGS.date:
      return new Date(rest[0] as number);
    case TAGS.map:
      return new Map(pairs(rest));
    case TAGS.set:
      return new Set(rest.map(unescapeTree));
    case TAGS.bigint:
      return BigInt(rest[0] as string);
    case TAGS.typedArray:
      return new TYPED_ARRAYS[rest[0] as keyof typeof TYPED_ARRAYS](
        (rest[1] as Uint8Array<ArrayBuffer>).slice().buffer,
      );
    case TAGS.object: {
      const object: Record<string, unknown> = {};
      for (const [key, item] of pairs(rest)) setOwn(object, key as string, item);
      return object;
    }
    case TAGS.buffer:
      return (rest[0] as Uint8Array).slice().buffer;
    default:
      throw undecodable(undefined, 0);
  }
}

function unescapeItems(items: readonly unknown[]): unknown[] {
  const array: unknown[] = new Array(items.length);
  items.forEach((item, index) => {
    const isHole = Array.isArray(item) && item[0] === TAGS.hole;
    if (!isHole) array[index] = unescapeTree(item);
  });
  return array;
}

function pairs(flat: readonly unknown[]): [unknown, unknown][] {
  const entries: [unknown, unknown][] = [];
  for (let i = 0; i < flat.length; i += 2) entries.push([unescapeTree(flat[i]), unescapeTree(flat[i + 1])]);
  return entries;
}

function utf16Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i));
  return bytes;
}

function textOfUtf16(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 2) text += String.fromCharCode(view.getUint16(i));
  return text;
}

/** The built-in kind of an object, also of another realm's. */
function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function className(value: object): string {
  const { constructor } = value;
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "a nameless class";
}

function notData(what: string, place: Place | null): TidemarkError {
  let path = "";
  for (let at = place; at !== null; at = at.outer) path = at.step + path;
  return new TidemarkError(
    "TM_STATE_VALUE",
    `${what} cannot be stored or sent to another thread; keep plain data (numbers, strings, arrays, objects, Date, Map, Set)`,
    {
      facts: { path: path === "" ? "(the value itself)" : `value${path}` },
    },
  );
}
