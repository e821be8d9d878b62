import { ROW_KINDS } from "../record/batch.ts";
import { canGenerateCode, generate } from "../record/code-generation.ts";
import type { ChangeArrays } from "./change-memory.ts";
import type { AccumulatorWords } from "./aggregate-function.ts";
import type { CompiledMember, ValueColumns } from "./compiled-aggregates.ts";

/** Records that change a table, and the slots of their keys. */
export interface SlotChanges {
  /** Index of the first word of each record's slot. */
  readonly slots: Int32Array;
  /** 1 where the record is the first of its slot. */
  readonly isFirst: Uint8Array;
  /** Rows of the batch. */
  readonly rows: Int32Array;
  /** The records to add: `from` to `end`. */
  readonly from: number;
  readonly end: number;
}

/** What changes have from the batch of input, by its rows. */
export interface ChangeInput {
  /** By aggregate: what its selector picked. */
  readonly values: ValueColumns;
  readonly timestamps: Float64Array;
  readonly watermarks: Float64Array;
  /** The keys, where they are numbers; as many columns as the loop was made for. */
  readonly parts: readonly Float64Array[];
  /** The watermark that holds before. */
  readonly held: number;
}

/**
 * Adds records to slots of numbers one after another, and writes what a table has of them, from row 0 on: a change with the results before the
 * record, unless it is its slot's first, and one with those after it. Returns the watermark that holds at the last.
 */
export type ChangeLoop = (words: Float64Array, changes: SlotChanges, input: ChangeInput, to: ChangeArrays) => number;

interface LoopMember {
  readonly index: number;
  readonly field: number;
  readonly hasValue: boolean;
  readonly words: AccumulatorWords;
}

interface LoopOptions {
  /** Columns of keys that it copies. */
  readonly parts: number;
  /** The stride of the arrays that it writes to, null if they have one each. */
  readonly stride: number | null;
  readonly codeGeneration?: boolean;
}

/** A loop for aggregates that are all words. */
export function changeLoop(
  members: readonly CompiledMember[],
  { parts, stride, codeGeneration = canGenerateCode() }: LoopOptions,
): ChangeLoop {
  const used = members.flatMap(({ index, field, aggregate: { words, selector } }): LoopMember[] =>
    words === null ? [] : [{ index, field, hasValue: selector !== null, words }],
  );
  return codeGeneration ? generatedLoop(used, parts, stride) : interpretedLoop(used, parts);
}

/**
 * V8 takes out of a loop what stays the same in it (lengths, places of arrays, which function is called) up to some size of the loop; beyond
 * it each row takes twice the time. Hence loops of so many aggregates, and one of their own for times, keys and kinds.
 */
const AGGREGATES_PER_LOOP = 8;

/**
 * What an aggregate does is a function of its own that V8 puts in line: the text of the loops is unique, so that each of their calls knows its
 * one target. It holds numbers only, no text of a user's.
 */
function generatedLoop(members: readonly LoopMember[], parts: number, stride: number | null): ChangeLoop {
  const place: PlaceSource = (array) => (stride === null ? `s${array}` : `${array * stride}`);
  const body = ["return function change(words, { slots, isFirst, rows, from: begin, end }, input, to) {"];
  body.push("const { values } = input, { cells } = to; let n = 0;");
  // The last two are times and watermarks.
  for (let array = 0; stride === null && array < members.length + 2; array++)
    body.push(`const s${array} = ${array} * to.stride;`);
  for (let first = 0; first < members.length; first += AGGREGATES_PER_LOOP)
    body.push(...resultsSource(members.slice(first, first + AGGREGATES_PER_LOOP), place));
  body.push(...factsSource(parts, [place(members.length), place(members.length + 1)]), "return h; };");
  const names = members.flatMap(({ index }) => [`a${index}`, `r${index}`, `f${index}`]);
  const functions = members.flatMap(({ words: { add, result, fold } }) => [add, result, fold]);
  return generate(names, body.join("\n"))(...functions) as ChangeLoop;
}

/** Source of where an array of the cells begins. */
type PlaceSource = (array: number) => string;

/**
 * Words are read before anything is written: a read behind writes to other arrays would wait for them. All results go to one array, at places
 * that are a number apart: the processor has not enough registers for where each of many arrays is and ends.
 */
function resultsSource(members: readonly LoopMember[], place: PlaceSource): string[] {
  const each = (line: (member: LoopMember) => string): string => members.map(line).join(" ");
  const write = each(({ index }) => `cells[n + ${place(index)}] = w${index};`);
  return [
    each(({ index, hasValue }) => (hasValue ? `const c${index} = values[${index}];` : "")),
    "n = 0; for (let i = begin; i < end; i++) { const at = slots[i], row = rows[i];",
    each(({ index, field }) => `let w${index} = r${index}(words, at + ${field});`),
    `if (isFirst[i] === 0) { ${write} n++; }`,
    each(({ index, field, hasValue, words }) => {
      const value = hasValue ? `c${index}[row]` : "0";
      if (words.fold !== undefined) return `w${index} = f${index}(w${index}, ${value});`;
      return `a${index}(words, at + ${field}, ${value}); w${index} = r${index}(words, at + ${field});`;
    }),
    each(({ index, field, words }) => (words.fold === undefined ? "" : `words[at + ${field}] = w${index};`)),
    `${write} n++; }`,
  ];
}

function factsSource(parts: number, [times, marks]: readonly [string, string]): string[] {
  const each = (line: (part: number) => string): string => Array.from({ length: parts }, (_, p) => line(p)).join(" ");
  const write = `${each((p) => `k${p}[n] = v${p};`)} cells[n + ${times}] = time; cells[n + ${marks}] = h; from[n] = row;`;
  return [
    "const { timestamps, watermarks, parts } = input;",
    "const { rows: from, rowKinds: kinds } = to;",
    each((p) => `const p${p} = parts[${p}], k${p} = to.part(${p});`),
    "let h = input.held; n = 0; for (let i = begin; i < end; i++) {",
    "const row = rows[i], time = timestamps[row], mark = watermarks[row]; if (mark > h) h = mark;",
    each((p) => `const v${p} = p${p}[row];`),
    `let kind = ${ROW_KINDS.insert};`,
    `if (isFirst[i] === 0) { ${write} kinds[n++] = ${ROW_KINDS.updateBefore}; kind = ${ROW_KINDS.updateAfter}; }`,
    `${write} kinds[n++] = kind; }`,
  ];
}

/** The same without generated code, several times slower. */
function interpretedLoop(members: readonly LoopMember[], parts: number): ChangeLoop {
  return (words, { slots, isFirst, rows, from, end }, input, to) => {
    let change = 0;
    let { held } = input;
    const write = (at: number, row: number, kind: number): void => {
      for (const { index, field, words: form } of members)
        (to.numbers[index] as Float64Array)[change] = form.result(words, at + field);
      for (let part = 0; part < parts; part++)
        to.part(part)[change] = (input.parts[part] as Float64Array)[row] as number;
      to.timestamps[change] = input.timestamps[row] as number;
      to.watermarks[change] = held;
      to.rows[change] = row;
      to.rowKinds[change++] = kind;
    };
    for (let i = from; i < end; i++) {
      const at = slots[i] as number;
      const row = rows[i] as number;
      held = Math.max(held, input.watermarks[row] as number);
      if (isFirst[i] === 0) write(at, row, ROW_KINDS.updateBefore);
      for (const { index, field, words: form } of members)
        form.add(words, at + field, (input.values[index]?.[row] as number | undefined) ?? 0);
      write(at, row, isFirst[i] === 0 ? ROW_KINDS.updateAfter : ROW_KINDS.insert);
    }
    return held;
  };
}
