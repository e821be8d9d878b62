import type { Field } from "../../record/layout.ts";
import { arraysSource, columnListSource, isText } from "./columns-source.ts";
import { type FieldPlace, type NumberedPlace, numberedPlaces } from "./field-places.ts";

interface FormOptions {
  readonly places: readonly FieldPlace[];
  readonly fixedBytes: number;
  readonly shape: number;
}

const isPart = ({ field }: FieldPlace): boolean => field.kind === "json";
const isScalar = (place: FieldPlace): boolean => !isText(place) && !isPart(place);

/** Source of the body of a function that returns the generated part of a form; what it is given is in record-form.ts. */
export function formSource({ places, fixedBytes, shape }: FormOptions): string {
  const fields = numberedPlaces(places);
  return [
    storeSource(fields),
    // A row with nested parts is taken as an object: they are encoded anyway, and are named by their path if they cannot be.
    fields.some(isPart) ? "const storeRow = null;" : storeRowSource(fields, { fixedBytes, shape }),
    writeSource(fields, { fixedBytes, shape }),
    loadSource(fields, fixedBytes),
    columnsSource(fields, fixedBytes),
    sameSource(fields),
    "return { shadow, same, store, storeRow, load, columns: (rows) => new Columns(rows) };",
  ].join("\n");
}

/** What `write` is given of the fields: numbers and booleans, lengths of texts, bytes of nested parts, presence. */
function writeParameters(fields: readonly NumberedPlace[]): string {
  return fields.map(({ f, presenceAt }) => `v${f}${presenceAt < 0 ? "" : `, p${f}`}`).join(", ");
}

/** Takes an object's fields if they are the layout's, in its order. */
function storeSource(fields: readonly NumberedPlace[]): string {
  const texts = fields.filter(isText);
  const hasOptional = fields.some(({ field }) => field.optional);
  return [
    "function store(o, place) {",
    "const proto = Object.getPrototypeOf(o); if (proto !== Object.prototype && proto !== null) return 0;",
    hasOptional
      ? `let n = 0; for (const k in o) { while (n < ${fields.length} && k !== names[n]) { if (!optional[n]) return 0; n++; } if (n === ${fields.length}) return 0; n++; }
         while (n < ${fields.length}) { if (!optional[n]) return 0; n++; }`
      : `let n = 0; for (const k in o) { if (k !== names[n]) return 0; n++; } if (n !== ${fields.length}) return 0;`,
    "if (hasSymbols(o)) return 0;",
    ...fields.map(takeSource),
    ...fields.filter(isPart).map(({ f }) => `if (p${f} !== 2) v${f} = encodePart(v${f}, o); else v${f} = noBytes;`),
    "scratch.clear();",
    texts.length === 0
      ? ""
      : `if (scratch.ascii(${texts.map(({ f }) => `v${f}`).join(" + ")})) { ${texts.map(({ f }) => `v${f} = v${f}.length;`).join(" ")} }
         else { scratch.clear(); ${texts.map(({ f }) => `v${f} = scratch.add(v${f}); if (v${f} < 0) return 0;`).join(" ")} }`,
    `return write(place, ${writeParameters(fields)}); }`,
  ].join("\n");
}

/** Reads a field of `o`, returns from `store` if it does not fit, and leaves a blank where it is null or absent. */
function takeSource({ f, field, presenceAt }: NumberedPlace): string {
  // Names are quoted as JSON: the one place where a user's text becomes source, and only as a string.
  const name = JSON.stringify(field.name);
  const blank = isText({ field } as FieldPlace) ? '""' : field.kind === "boolean" ? "false" : "0";
  const lines = [`let v${f} = o[${name}], p${f} = 0;`];
  const test = `if (!(${testOf(field.kind, `v${f}`)})) return 0;`;
  if (presenceAt < 0 || (field.kind === "json" && !field.optional)) return lines.join("") + test;
  const absent =
    field.kind === "json"
      ? `if (!Object.hasOwn(o, ${name})) { p${f} = 2; }`
      : `if (v${f} === undefined && !Object.hasOwn(o, ${name})) { p${f} = 2; v${f} = ${blank}; }`;
  if (field.optional) lines.push(absent, "else");
  if (field.nullable) lines.push(`if (v${f} === null) { p${f} = 1; v${f} = ${blank}; } else`);
  lines.push(test);
  return lines.join(" ");
}

function testOf(kind: Field["kind"], value: string): string {
  switch (kind) {
    case "int32":
      return `typeof ${value} === "number" && (${value} | 0) === ${value} && !Object.is(${value}, -0)`;
    case "float64":
      return `typeof ${value} === "number"`;
    case "boolean":
      return `typeof ${value} === "boolean"`;
    case "utf8":
    case "dictionary":
      return `typeof ${value} === "string"`;
    case "json":
      return "true";
  }
}

/**
 * Takes the cells of a batch's row. Texts go from the batch's bytes to the block's; where one is only a string, all go by the scratch.
 */
function storeRowSource(fields: readonly NumberedPlace[], options: Omit<FormOptions, "places">): string {
  const texts = fields.filter(isText);
  const byScratch = [
    "function storeStrings(columns, row, place) { scratch.clear(); let c;",
    ...fields.map((place) => cellSource(place, takenText(place))),
    `return write(place, ${writeParameters(fields)}); }`,
  ];
  // Dictionaries have no bytes.
  if (texts.some(({ field }) => field.kind === "dictionary")) {
    return [...byScratch, "const storeRow = storeStrings;"].join("\n");
  }
  return [
    ...byScratch,
    texts.map(({ f }) => `let seen${f} = null, view${f} = null;`).join(" "),
    "function storeRow(columns, row, place) { let c;",
    ...fields.map((place) => cellSource(place, `c.lengths[row]`)),
    texts.length === 0
      ? ""
      : `if ((${texts.map(({ f }) => `v${f}`).join(" | ")}) < 0) return storeStrings(columns, row, place);`,
    `const text = ${texts.map(({ f }) => `v${f}`).join(" + ") || "0"};`,
    headSource(fields, options, ""),
    texts.length === 0 ? "" : `const view = chunk.view; let end = base + ${options.fixedBytes};`,
    ...texts.map(({ f }) =>
      [
        `if (v${f} > 0) { const t = columns[${f}], from = t.bytes;`,
        `if (seen${f} !== from) { view${f} = viewOf(from); seen${f} = from; }`,
        `copyText(from, view${f}, t.offsets[row], bytes, view, end, v${f}); end += v${f}; }`,
      ].join("\n"),
    ),
    "return at; }",
  ].join("\n");
}

/** Declares v and, where it may be missing, p of a field; `text` is the length of a text that is there. */
function cellSource({ f, field, presenceAt }: NumberedPlace, text: string): string {
  const presence =
    presenceAt < 0 ? "" : `const p${f} = columns[${f}].presence === null ? 0 : columns[${f}].presence[row];`;
  const isThere = presenceAt < 0 ? "true" : `p${f} === 0`;
  const cell = isText({ field } as FieldPlace)
    ? `let v${f} = 0; if (${isThere}) { v${f} = ${text}; }`
    : `const v${f} = c.values[row]${field.kind === "boolean" ? " === 1" : ""};`;
  return `c = columns[${f}]; ${presence} ${cell}`;
}

/** Takes a text into the scratch, and returns from `storeStrings` if it has no UTF-8; its length. */
function takenText({ f, field }: NumberedPlace): string {
  const taken =
    field.kind === "dictionary"
      ? "scratch.add(c.dictionary[c.values[row]])"
      : "c.lengths[row] < 0 ? scratch.add(c.strings[row]) : scratch.copy(c.bytes, c.offsets[row], c.lengths[row])";
  return `${taken}; if (v${f} < 0) return 0`;
}

/** Puts into a block what was taken: scalars and lengths from parameters, texts from the scratch. */
function writeSource(fields: readonly NumberedPlace[], options: Omit<FormOptions, "places">): string {
  const parts = fields.filter(isPart);
  const partBytes = parts.map(({ f }) => ` + v${f}.length`).join("");
  return [
    "const noBytes = new Uint8Array(0);",
    `function write(place, ${writeParameters(fields)}) {`,
    "const text = scratch.length;",
    headSource(fields, options, partBytes),
    fields.some(isText)
      ? `const from = scratch.ints, to = i + ${options.fixedBytes / 4}, whole = text >> 2;
         for (let w = 0; w < whole; w++) ints[to + w] = from[w];
         for (let b = whole << 2; b < text; b++) bytes[base + ${options.fixedBytes} + b] = scratch.bytes[b];`
      : "",
    parts.length === 0 ? "" : `let end = base + ${options.fixedBytes} + words * 4;`,
    ...parts.map(({ f }) => `bytes.set(v${f}, end); end += v${f}.length;`),
    "return at; }",
  ].join("\n");
}

/** Makes the block of a record with `text` bytes of texts, and writes all but these and the nested parts; what fills up to words is 0. */
function headSource(
  fields: readonly NumberedPlace[],
  { fixedBytes, shape }: Omit<FormOptions, "places">,
  partBytes: string,
): string {
  const hasBytes = fields.some(({ field, presenceAt }) => field.kind === "boolean" || presenceAt >= 0);
  return [
    "const arena = place.arena, words = (text + 3) >> 2;",
    `const size = ${fixedBytes} + words * 4${partBytes};`,
    "const at = place.at === 0 ? arena.allocate(size) : arena.replace(place.at, place.before, size);",
    "const chunk = arena.chunk(at), base = arena.offset(at), bytes = chunk.bytes, ints = chunk.ints, i = base >> 2;",
    `ints[i] = ${shape}; ints[i + 1] = size;`,
    hasBytes ? `ints[i + ${fixedBytes / 4 - 1}] = 0;` : "",
    fields.some(isText) ? `if (text > 0) ints[i + ${fixedBytes / 4 - 1} + words] = 0;` : "",
    partBytes === "" ? "" : "ints[i + ((size - 1) >> 2)] = 0;",
    ...fields.map(({ f, field, at }) => {
      if (field.kind === "float64") return `chunk.floats[(base >> 3) + ${at / 8}] = v${f};`;
      if (field.kind === "boolean") return `bytes[base + ${at}] = v${f} ? 1 : 0;`;
      return `ints[i + ${at / 4}] = v${f}${field.kind === "json" ? ".length" : ""};`;
    }),
    ...fields.map(({ f, presenceAt }) => (presenceAt < 0 ? "" : `bytes[base + ${presenceAt}] = p${f};`)),
  ].join("\n");
}

/** Declares base addresses, the lengths of texts, and `text`, the bytes of all texts. */
function addressSource(fields: readonly NumberedPlace[]): string {
  const texts = fields.filter(isText);
  return [
    "const bytes = chunk.bytes, ints = chunk.ints, floats = chunk.floats, i = base >> 2, d = base >> 3;",
    ...texts.map(({ f, at }) => `const l${f} = ints[i + ${at / 4}];`),
    `const text = ${texts.map(({ f }) => `l${f}`).join(" + ") || "0"};`,
  ].join("\n");
}

/** Declares the value v of each field, decoded. */
function valuesSource(fields: readonly NumberedPlace[], fixedBytes: number): string {
  const texts = fields.filter(isText);
  const parts = fields.filter(isPart);
  const lines = [
    ...fields.filter(isScalar).map(({ f, field, at }) => `const v${f} = ${scalarSource(field.kind, at)};`),
  ];
  if (texts.length === 1) {
    lines.push(...texts.map(({ f }) => `const v${f} = decodeText(bytes, base + ${fixedBytes}, text);`));
  } else if (texts.length > 1) {
    lines.push(
      `let ${texts.map(({ f }) => `v${f}`).join(", ")}, from = 0;`,
      // Decoded at once where a byte is a character: a call costs more than the bytes of a short text.
      `const all = decodeText(bytes, base + ${fixedBytes}, text);`,
      `if (all.length === text) { ${texts.map(({ f }) => `v${f} = all.substring(from, from + l${f}); from += l${f};`).join(" ")} }`,
      `else { from = base + ${fixedBytes}; ${texts.map(({ f }) => `v${f} = decodeText(bytes, from, l${f}); from += l${f};`).join(" ")} }`,
    );
  }
  if (parts.length > 0) lines.push(`let at = base + ${fixedBytes} + ((text + 3) & ~3);`);
  for (const { f, at } of parts) {
    lines.push(
      `const l${f} = ints[i + ${at / 4}]; const v${f} = l${f} === 0 ? undefined : decodePart(bytes, at, l${f}); at += l${f};`,
    );
  }
  return lines.join("\n");
}

function scalarSource(kind: Field["kind"], at: number): string {
  if (kind === "float64") return `floats[d + ${at / 8}]`;
  return kind === "boolean" ? `bytes[base + ${at}] === 1` : `ints[i + ${at / 4}]`;
}

function loadSource(fields: readonly NumberedPlace[], fixedBytes: number): string {
  const hasOptional = fields.some(({ field }) => field.optional);
  const value = ({ f, presenceAt }: NumberedPlace): string =>
    presenceAt < 0 ? `v${f}` : `bytes[base + ${presenceAt}] === 1 ? null : v${f}`;
  const made = hasOptional
    ? [
        "const o = {};",
        ...fields.map((place) => {
          const set = `o[${JSON.stringify(place.field.name)}] = ${value(place)};`;
          return place.field.optional ? `if (bytes[base + ${place.presenceAt}] !== 2) ${set}` : set;
        }),
        "return o;",
      ].join("\n")
    : `return { ${fields.map((place) => `${JSON.stringify(place.field.name)}: ${value(place)}`).join(", ")} };`;
  return `function load(chunk, base) {\n${addressSource(fields)}\n${valuesSource(fields, fixedBytes)}\n${made} }`;
}

/** Shadows tell whether an object that was handed out is still as it was; only for fields whose values cannot change inside. */
function sameSource(fields: readonly NumberedPlace[]): string {
  if (fields.some((place) => isPart(place) || place.field.optional)) return "const shadow = null, same = () => false;";
  const names = fields.map(({ field }) => JSON.stringify(field.name));
  return [
    `function shadow(o) { return { ${names.map((name) => `${name}: o[${name}]`).join(", ")} }; }`,
    "function same(o, s) { let n = 0; for (const k in o) { if (k !== names[n]) return false; n++; }",
    `return n === ${fields.length} && !hasSymbols(o)${names.map((name) => ` && Object.is(o[${name}], s[${name}])`).join("")}; }`,
  ].join("\n");
}

/** A method of the columns that copies a block to a row of them; texts as bytes. */
function copySource(fields: readonly NumberedPlace[], fixedBytes: number): string {
  const texts = fields.filter(isText);
  const parts = fields.filter(isPart);
  return [
    "take(chunk, base, row) { const to = this;",
    addressSource(fields),
    ...fields.filter(isScalar).map(({ f, field, at }) => {
      const cell = field.kind === "boolean" ? `bytes[base + ${at}]` : scalarSource(field.kind, at);
      return `to.c${f}[row] = ${cell};`;
    }),
    ...fields.map(({ f, presenceAt }) => (presenceAt < 0 ? "" : `to.p${f}[row] = bytes[base + ${presenceAt}];`)),
    texts.length === 0
      ? ""
      : // From the long that the texts begin in.
        `const longs = (text + ${(fixedBytes & 7) + 7}) >> 3, from = d + ${fixedBytes >> 3}; let end = to.textEnd;
         if (end + longs * 8 > to.bytes.length) to.growText(longs * 8);
         const source = chunk.longs, out = to.longs, first = end >> 3; for (let w = 0; w < longs; w++) out[first + w] = source[from + w];
         to.textEnd = end + longs * 8; lastRow = row + 1; lastEnd = to.textEnd; end += ${fixedBytes & 7};`,
    // A view of the row before may have left a decoded string here.
    ...texts.map(({ f }) => `to.o${f}[row] = end; to.n${f}[row] = l${f}; to.c${f}[row] = undefined; end += l${f};`),
    parts.length === 0 ? "" : `let at = base + ${fixedBytes} + ((text + 3) & ~3);`,
    ...parts.map(
      ({ f, at }) =>
        `const l${f} = ints[i + ${at / 4}]; to.c${f}[row] = l${f} === 0 ? undefined : decodePart(bytes, at, l${f}); at += l${f};`,
    ),
    "}",
  ].join("\n");
}

/** The class of the columns. */
function columnsSource(fields: readonly NumberedPlace[], fixedBytes: number): string {
  const texts = fields.filter(isText);
  return [
    // Room for a little more than the columns before had in texts: what grows is copied, and what is not used is still cleared.
    "let lastRow = 0, lastEnd = 0;",
    "class Columns { constructor(rows) {",
    "const likely = lastRow === 0 ? rows * 32 : Math.min((rows * lastEnd * 1.05) / lastRow, Math.max(rows * 32, lastEnd * 2)) + 256;",
    "this.textEnd = 0; this.bytes = new Uint8Array((likely + 7) & ~7); this.longs = new BigInt64Array(this.bytes.buffer);",
    arraysSource(fields),
    `${columnListSource(fields, "this.bytes")} }`,
    copySource(fields, fixedBytes),
    "clear() { this.textEnd = 0; }",
    "growText(more) {",
    "const bytes = new Uint8Array((Math.max(this.bytes.length * 1.5, this.textEnd + more) + 7) & ~7); bytes.set(this.bytes);",
    "this.bytes = bytes; this.longs = new BigInt64Array(bytes.buffer);",
    ...texts.map(({ f }) => `this.columns[${f}].bytes = bytes;`),
    "} }",
  ].join("\n");
}
