import type { Field } from "../../record/layout.ts";
import { arraysSource, columnListSource, isText } from "./columns-source.ts";
import { type FieldPlace, numberedPlaces, type NumberedPlace } from "./field-places.ts";

interface ImageOptions {
  readonly places: readonly FieldPlace[];
  readonly fixedBytes: number;
  readonly shape: number;
}

/**
 * Source of the body of a function that returns what record-image.ts says of generated code. Each loop is over one field, in a function of its
 * own that is not put in line, as it is one of many behind a call: in a larger function V8 looks at each step of a loop what its arrays are.
 */
export function imageSource({ places, fixedBytes, shape }: ImageOptions): string {
  const fields = numberedPlaces(places);
  return [
    measureSource(fields.filter(isText), fixedBytes),
    composeSource(fields, { fixedBytes, shape }),
    extractSource(fields, fixedBytes),
    columnsSource(fields),
    "return { measure, compose, extract, columns: (rows) => new Columns(rows) };",
  ].join("\n");
}

/** Declares an array of a column, and the presence of its cells where they may be missing. */
function columnSource({ f, presenceAt }: NumberedPlace, array: string): string {
  const presence = presenceAt < 0 ? "" : `, p = columns[${f}].presence`;
  return `const c = columns[${f}].${array}${presence};`;
}

function isThere({ presenceAt }: NumberedPlace): string {
  return presenceAt < 0 ? "true" : "(p === null || p[row] === 0)";
}

/** Adds up lengths, and finds where the texts of each column lie; a text that has no bytes ends the rows. */
function measureSource(texts: readonly NumberedPlace[], fixedBytes: number): string {
  return [
    "function measure(columns, from, count, sizes, regions) {",
    "for (let k = 0; k < count; k++) sizes[k] = 0;",
    ...texts.map((place, index) =>
      [
        `{ ${columnSource(place, "lengths")} const o = columns[${place.f}].offsets; let first = ${2 ** 31 - 1}, end = 0, sum = 0;`,
        "for (let k = 0; k < count; k++) { const row = from + k;",
        `if (${isThere(place)}) { const l = c[row]; if (l < 0) count = k; else if (l > 0) {`,
        "const begin = o[row]; sizes[k] += l; sum += l; if (begin < first) first = begin; if (begin + l > end) end = begin + l; } } }",
        `const region = regions[${index}]; region.first = first; region.end = end; region.sum = sum; }`,
      ].join("\n"),
    ),
    `for (let k = 0; k < count; k++) sizes[k] = ${fixedBytes} + ((sizes[k] + 3) & -4);`,
    "return count; }",
  ].join("\n");
}

function composeSource(
  fields: readonly NumberedPlace[],
  { fixedBytes, shape }: { readonly fixedBytes: number; readonly shape: number },
): string {
  const loops = [
    headSource(fields, { fixedBytes, shape }),
    ...fields.filter((place) => !isText(place)).map(scalarSource),
    ...fields.filter(isText).map(textSource),
    ...fields.flatMap((place) => (place.presenceAt < 0 ? [] : [presenceSource(place)])),
  ];
  return [
    `const composers = [${loops.map((loop) => `(columns, from, count, { sizes, images, regions }, memory) => {\n${loop}}`).join(",\n")}];`,
    "function compose(columns, from, count, places, memory) {",
    "for (let i = 0; i < composers.length; i++) composers[i](columns, from, count, places, memory); }",
  ].join("\n");
}

function headSource(
  fields: readonly NumberedPlace[],
  { fixedBytes, shape }: { readonly fixedBytes: number; readonly shape: number },
): string {
  const hasBytes = fields.some(({ field, presenceAt }) => field.kind === "boolean" || presenceAt >= 0);
  return [
    "const { ints, ends } = memory; for (let k = 0; k < count; k++) { const i = images[k] * 2, size = sizes[k];",
    `ints[i] = ${shape}; ints[i + 1] = size; ${hasBytes ? `ints[i + ${fixedBytes / 4 - 1}] = 0;` : ""}`,
    // What fills up the last word is 0.
    fields.some(isText)
      ? `if (size > ${fixedBytes}) ints[i + (size >> 2) - 1] = 0; ends[k] = i * 4 + ${fixedBytes}; }`
      : "}",
  ].join("\n");
}

function scalarSource({ f, at, field }: NumberedPlace): string {
  const cell = field.kind === "boolean" ? "c[from + k] === 1 ? 1 : 0" : "c[from + k]";
  const set = `${cellSource(field.kind, "images[k]", at)} = ${cell}`;
  return `const { bytes, ints, floats } = memory, c = columns[${f}].values; for (let k = 0; k < count; k++) ${set};`;
}

/** Lengths of texts go where the kernel finds them, too. */
function textSource(place: NumberedPlace, index: number): string {
  return [
    `${columnSource(place, "lengths")} const { bytes: source, offsets: o } = columns[${place.f}], { ints, lengths, offsets } = memory;`,
    "for (let k = 0; k < count; k++) { const row = from + k;",
    `const l = ${isThere(place)} ? c[row] : 0; ints[images[k] * 2 + ${place.at / 4}] = l; lengths[k] = l; offsets[k] = o[row]; }`,
    `memory.appendTexts(source, regions[${index}], count);`,
  ].join("\n");
}

function presenceSource({ f, presenceAt }: NumberedPlace): string {
  return [
    `const { bytes } = memory, p = columns[${f}].presence; if (p !== null)`,
    `for (let k = 0; k < count; k++) bytes[images[k] * 8 + ${presenceAt}] = p[from + k];`,
  ].join("\n");
}

/** The place of a number in an image. */
function cellSource(kind: Field["kind"], image: string, at: number): string {
  if (kind === "float64") return `floats[${image} + ${at / 8}]`;
  return kind === "boolean" ? `bytes[${image} * 8 + ${at}]` : `ints[${image} * 2 + ${at / 4}]`;
}

function extractSource(fields: readonly NumberedPlace[], fixedBytes: number): string {
  const texts = fields.filter(isText);
  const loops = [
    ...fields.flatMap(({ f, presenceAt }) =>
      presenceAt < 0
        ? []
        : [`const c = to.p${f}; for (let n = from; n < end; n++) c[n] = bytes[sources[n] * 8 + ${presenceAt}];`],
    ),
    ...fields.flatMap((place) => {
      const cell = cellSource(place.field.kind, "sources[n]", place.at);
      return isText(place) ? [] : [`const c = to.c${place.f}; for (let n = from; n < end; n++) c[n] = ${cell};`];
    }),
    ...texts.map(({ f, at }, index) => {
      const before = texts[index - 1]?.f;
      const arrays = before === undefined ? "" : `, o0 = to.o${before}, l0 = to.n${before}`;
      const start = before === undefined ? `sources[n] * 8 + ${fixedBytes}` : "o0[n] + l0[n]";
      return [
        // A view of the row before may have left a decoded string here.
        `to.c${f}.fill(undefined, from, end);`,
        `const o = to.o${f}, l = to.n${f}${arrays}; for (let n = from; n < end; n++) {`,
        `l[n] = ints[sources[n] * 2 + ${at / 4}]; o[n] = ${start}; }`,
      ].join("\n");
    }),
  ];
  return [
    `const extractors = [${loops.map((loop) => `(sources, from, end, { bytes, ints, floats }, to) => {\n${loop}}`).join(",\n")}];`,
    "function extract(sources, from, end, memory, to) {",
    "for (let i = 0; i < extractors.length; i++) extractors[i](sources, from, end, memory, to); }",
  ].join("\n");
}

/** The class of the columns. */
function columnsSource(fields: readonly NumberedPlace[]): string {
  return [
    "class Columns { constructor(rows) {",
    arraysSource(fields),
    `${columnListSource(fields, "null")} }`,
    // The bytes of all texts.
    `set bytes(bytes) { ${fields
      .filter(isText)
      .map(({ f }) => `this.columns[${f}].bytes = bytes;`)
      .join(" ")} }`,
    "}",
  ].join("\n");
}
