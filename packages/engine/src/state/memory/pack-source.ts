import { encodeWtf8 } from "../../record/wtf8.ts";
import type { FieldPlace } from "./field-places.ts";

/** First byte of an encoded value that is MessagePack as it is; frozen, docs/format.md. */
const PLAIN = 1;
/** Names that the value codec escapes. */
const ESCAPED_NAMES = new Set(["__proto__", "constructor", "toJSON"]);
/** Most bytes that MessagePack puts in front of a value or a text, or takes for a number. */
const HEAD_MAX = 9;

/** Where generated code writes what it packs. */
export class PackBuffer {
  bytes: Uint8Array = new Uint8Array(4_096);
  view: DataView = new DataView(this.bytes.buffer);

  grow(needed: number): void {
    this.bytes = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    this.view = new DataView(this.bytes.buffer);
  }

  /** Writes the head of a text of more than 31 bytes at `end`; returns where it ends. */
  putTextHead(end: number, length: number): number {
    if (length < 0x100) {
      this.bytes[end] = 0xd9;
      this.bytes[end + 1] = length;
      return end + 2;
    }
    if (length < 0x1_0000) {
      this.bytes[end] = 0xda;
      this.view.setUint16(end + 1, length);
      return end + 3;
    }
    this.bytes[end] = 0xdb;
    this.view.setUint32(end + 1, length);
    return end + 5;
  }
}

interface NumberedPlace extends FieldPlace {
  readonly f: number;
}

/**
 * Source of `pack(chunk, base, out)`: writes the bytes that the value codec makes of a kept record, without making the record. How many; -1
 * where it has something that MessagePack cannot hold as it is, and only the codec knows how to.
 */
export function packSource(fields: readonly NumberedPlace[], fixedBytes: number): string {
  const names = fields.map(({ field }) => packedName(field.name));
  if (names.some((name) => name === null)) return "function pack() { return -1; }";
  const nameBytes = names.reduce((sum, name) => sum + (name?.length ?? 0), 0);
  const most = nameBytes + (fields.length + 1) * HEAD_MAX;
  const optional = fields.filter(({ field }) => field.optional);
  const texts = fields.filter(({ field }) => field.kind === "utf8" || field.kind === "dictionary");
  const hasParts = fields.some(({ field }) => field.kind === "json");
  return [
    "function pack(chunk, base, out) {",
    "const from = chunk.bytes, ints = chunk.ints, floats = chunk.floats, i = base >> 2, d = base >> 3;",
    `const most = ints[i + 1] + ${most}; if (out.bytes.length < most) out.grow(most);`,
    "const b = out.bytes, view = out.view;",
    `let end = 1, at = base + ${fixedBytes}, n = ${fields.length};`,
    ...optional.map(({ presenceAt }) => `if (from[base + ${presenceAt}] === 2) n--;`),
    hasParts
      ? `let part = at + (${texts.map(({ at }) => `ints[i + ${at / 4}]`).join(" + ") || "0"}); part = (part + 3) & ~3;`
      : "",
    `b[0] = ${PLAIN}; if (n < 16) b[end++] = 0x80 | n; else { b[end] = 0xde; view.setUint16(end + 1, n); end += 3; }`,
    ...fields.map((place) => fieldSource(place, names[place.f] as Uint8Array)),
    "return end; }",
  ].join("\n");
}

function packedName(name: string): Uint8Array | null {
  if (ESCAPED_NAMES.has(name) || !name.isWellFormed() || name.startsWith("\ufeff")) return null;
  const utf8 = encodeWtf8(name);
  const head = utf8.length < 32 ? [0xa0 | utf8.length] : textHead(utf8.length);
  return Uint8Array.from([...head, ...utf8]);
}

function textHead(length: number): number[] {
  const buffer = new PackBuffer();
  return [...buffer.bytes.subarray(0, buffer.putTextHead(0, length))];
}

function fieldSource(place: NumberedPlace, name: Uint8Array): string {
  const { presenceAt, field } = place;
  const named = [...name].map((byte, j) => `b[end + ${j}] = ${byte};`).join(" ") + ` end += ${name.length};`;
  const value = valueSource(place);
  if (presenceAt < 0) return `${named} ${value}`;
  const present = field.nullable ? `if (p === 1) b[end++] = 0xc0; else { ${value} }` : value;
  return `{ const p = from[base + ${presenceAt}]; if (p !== 2) { ${named} ${present} } }`;
}

function valueSource({ field, at }: NumberedPlace): string {
  switch (field.kind) {
    case "boolean":
      return `b[end++] = from[base + ${at}] === 1 ? 0xc3 : 0xc2;`;
    case "int32":
      return `{ const x = ints[i + ${at / 4}]; ${INTEGER} }`;
    case "float64":
      return `{ const x = floats[d + ${at / 8}];
        if ((x | 0) === x) { if (x === 0 && 1 / x < 0) return -1; ${INTEGER} }
        else { b[end] = 0xcb; view.setFloat64(end + 1, x); end += 9; } }`;
    case "json":
      return `{ const l = ints[i + ${at / 4}]; if (from[part] !== ${PLAIN}) return -1;
        b.set(from.subarray(part + 1, part + l), end); end += l - 1; part += l; }`;
    case "utf8":
    case "dictionary":
      // A text that begins with a byte-order mark is left to the codec: the library drops it.
      return `{ const l = ints[i + ${at / 4}]; if (l > 2 && from[at] === 0xef && from[at + 1] === 0xbb) return -1;
        if (l < 32) b[end++] = 0xa0 | l; else end = out.putTextHead(end, l);
        if (l > 64) b.set(from.subarray(at, at + l), end); else for (let j = 0; j < l; j++) b[end + j] = from[at + j];
        end += l; at += l; }`;
  }
}

const INTEGER = `if (x >= 0 && x < 128) b[end++] = x; else { b[end] = 0xd2; view.setInt32(end + 1, x); end += 5; }`;
