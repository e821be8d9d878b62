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

/** A loop for aggregates that are all words; `parts`: number of columns of keys that it copies. */
export function changeLoop(
  members: readonly CompiledMember[],
  parts: number,
  codeGeneration: boolean = canGenerateCode(),
): ChangeLoop {
  const used = members.flatMap(({ index, field, aggregate: { words, selector } }): LoopMember[] =>
    words === null ? [] : [{ index, field, hasValue: selector !== null, words }],
  );
  return codeGeneration ? generatedLoop(used, parts) : interpretedLoop(used, parts);
}

/**
 * What an aggregate does is a function of its own that V8 puts in line: the text of the loop is unique, so that each of its calls knows its
 * one target. It holds numbers only, no text of a user's.
 */
function generatedLoop(members: readonly LoopMember[], parts: number): ChangeLoop {
  const each = (line: (member: LoopMember) => string): string => members.map(line).join(" ");
  const eachPart = (line: (part: number) => string): string =>
    Array.from({ length: parts }, (_, p) => line(p)).join(" ");
  const write = [
    each(({ index, field }) => `o${index}[n] = r${index}(words, at + ${field});`),
    eachPart((p) => `k${p}[n] = v${p};`),
    "times[n] = time; held[n] = h; from[n] = row;",
  ].join(" ");
  const body = [
    "return function change(words, { slots, isFirst, rows, from: begin, end }, input, to) {",
    "const { timestamps, watermarks, values, parts } = input;",
    "const { numbers, timestamps: times, watermarks: held, rows: from, rowKinds: kinds } = to;",
    each(({ index, hasValue }) => (hasValue ? `const c${index} = values[${index}];` : "")),
    each(({ index }) => `const o${index} = numbers[${index}];`),
    eachPart((p) => `const p${p} = parts[${p}], k${p} = to.part(${p});`),
    "let n = 0, h = input.held;",
    "for (let i = begin; i < end; i++) {",
    "const at = slots[i], row = rows[i], time = timestamps[row], w = watermarks[row]; if (w > h) h = w;",
    eachPart((p) => `const v${p} = p${p}[row];`),
    `let kind = ${ROW_KINDS.insert};`,
    `if (isFirst[i] === 0) { ${write} kinds[n++] = ${ROW_KINDS.updateBefore}; kind = ${ROW_KINDS.updateAfter}; }`,
    each(({ index, field, hasValue }) => `a${index}(words, at + ${field}, ${hasValue ? `c${index}[row]` : "0"});`),
    `${write} kinds[n++] = kind; }`,
    "return h; };",
  ];
  const names = members.flatMap(({ index }) => [`a${index}`, `r${index}`]);
  const functions = members.flatMap(({ words: { add, result } }) => [add, result]);
  return generate(names, body.join("\n"))(...functions) as ChangeLoop;
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
