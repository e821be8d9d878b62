import { assert } from "../foundation/assert.ts";
import { canGenerateCode, generate } from "../record/code-generation.ts";
import type { SlotField } from "../state/slot-state.ts";
import type { AccumulatorWords } from "./aggregate-function.ts";
import type { AnyAggregate, NamedAggregates } from "./aggregate-set.ts";

/** Where the accumulator of an aggregate is: in words of the slot, or in a value field of it, by copy or live. */
export type AccumulatorPlace = "words" | "value" | "live";

/** One aggregate of a step. */
export interface CompiledMember {
  readonly name: string;
  /** In order of declaration. */
  readonly index: number;
  readonly aggregate: AnyAggregate;
  readonly place: AccumulatorPlace;
  /** Index in the slot of its first word, or of its value field. */
  readonly field: number;
}

export interface CompiledAggregatesOptions {
  /** Fields of the operator's own that come before in the slot. Default 0. */
  readonly firstField?: number;
  /** True: no accumulator is live, so that a journal or a copy can undo what is done to any. */
  readonly byCopy?: boolean;
  /** False: interpreted, as where the process forbids code from strings. For tests. */
  readonly codeGeneration?: boolean;
}

/** Values that selectors picked, by aggregate and row of the batch; null for aggregates without one. */
export type ValueColumns = readonly (Float64Array | unknown[] | null)[];

/** A column per aggregate with words, null for the others. */
export type ResultNumbers = readonly (Float64Array | null)[];

/** Loops over slots. They do nothing about aggregates that have no words. */
interface SlotLoops {
  add(words: Float64Array, slots: Int32Array, rows: Int32Array, count: number, values: ValueColumns): void;
  addOne(words: Float64Array, at: number, row: number, values: ValueColumns): void;
  merge(into: Float64Array, places: Int32Array, words: Float64Array, slots: Int32Array, count: number): void;
  results(words: Float64Array, slots: Int32Array, count: number, into: ResultNumbers, from: number): void;
}

/**
 * The aggregates of one step over slots of keyed state: which fields a slot has, and loops that add, merge and give results for many
 * slots at once. A slot is named by the index of its first word, `at`.
 */
export class CompiledAggregates {
  readonly members: readonly CompiledMember[];
  readonly names: readonly string[];
  /** Fields of the aggregates, to follow `firstField` others. May be none. */
  readonly fields: readonly SlotField[];
  /** Words of a slot up to the end of these fields. */
  readonly width: number;
  /** True: all that the aggregates have is words. */
  readonly isWords: boolean;
  /** True where add, merge and result may run user code, and throw. */
  readonly custom: boolean;
  readonly #loops: SlotLoops;
  readonly #initial: Float64Array;

  constructor(named: NamedAggregates, options: CompiledAggregatesOptions = {}) {
    const { firstField = 0, byCopy = false, codeGeneration = canGenerateCode() } = options;
    const members: CompiledMember[] = [];
    const fields: SlotField[] = [];
    for (const [name, aggregate] of Object.entries(named) as unknown as [string, AnyAggregate][]) {
      const place: AccumulatorPlace = placeOf(aggregate, byCopy);
      members.push({ name, index: members.length, aggregate, place, field: firstField + fields.length });
      fields.push(...slotFields(name, aggregate, place));
    }
    this.members = members;
    this.names = members.map(({ name }) => name);
    this.fields = fields;
    this.width = firstField + fields.length;
    this.isWords = members.every(({ place }) => place === "words");
    this.custom = members.some(({ aggregate }) => aggregate.custom);
    this.#loops = codeGeneration ? generatedLoops(members, this.width) : interpretedLoops(members, this.width);
    this.#initial = Float64Array.from([...Array<number>(firstField).fill(0), ...fields.map(({ initial }) => initial)]);
  }

  /** Adds row `rows[i]` of the batch to slot `slots[i]`, for i below `count`; a slot below 0 is passed over. */
  add(words: Float64Array, slots: Int32Array, rows: Int32Array, count: number, values: ValueColumns): void {
    this.#loops.add(words, slots, rows, count, values);
  }

  /** Adds one row of the batch to the slot at `at`. */
  addOne(words: Float64Array, at: number, row: number, values: ValueColumns): void {
    this.#loops.addOne(words, at, row, values);
  }

  /**
   * Merges slot `slots[i]` into place `places[i]` of `into`, slots of this width one after another. A place p that has nothing yet is
   * given as -1 - p: it gets a copy.
   */
  merge(into: Float64Array, places: Int32Array, words: Float64Array, slots: Int32Array, count: number): void {
    this.#loops.merge(into, places, words, slots, count);
  }

  /** Writes the results of slot `slots[i]` to row `from + i`, for i below `count`. */
  results(words: Float64Array, slots: Int32Array, count: number, into: ResultNumbers, from: number): void {
    this.#loops.results(words, slots, count, into, from);
  }

  /** Writes the fields of a slot of no records. */
  clear(words: Float64Array, at: number): void {
    words.set(this.#initial, at);
  }
}

function placeOf({ words, live }: AnyAggregate, byCopy: boolean): AccumulatorPlace {
  if (words !== null) return "words";
  return live && !byCopy ? "live" : "value";
}

function slotFields(name: string, { words, codec }: AnyAggregate, place: AccumulatorPlace): SlotField[] {
  // The form is part of the name: a result that has become another aggregate is another field, and is not read as the old one.
  const form = `${name}#${codec.schemaHash}`;
  const isolation = place === "live" ? "live" : "copy";
  if (words === null) return [{ name: form, kind: "value", initial: 0, codec, isolation }];
  return words.fields.map((field) => ({
    name: words.fields.length === 1 ? form : `${form}.${field.name}`,
    kind: "number",
    initial: field.initial,
    codec: null,
  }));
}

interface WordsMember {
  readonly index: number;
  readonly field: number;
  readonly hasValue: boolean;
  readonly words: AccumulatorWords;
}

function membersWithWords(members: readonly CompiledMember[]): WordsMember[] {
  return members.flatMap(({ index, field, aggregate: { words, selector } }) =>
    words === null ? [] : [{ index, field, hasValue: selector !== null, words }],
  );
}

/**
 * The loops as source. What an aggregate does is a function of its own that V8 puts in line: the text of the loop is unique, so that each
 * of its calls knows its one target. It holds numbers only, no text of a user's.
 */
function generatedLoops(members: readonly CompiledMember[], width: number): SlotLoops {
  const used = membersWithWords(members);
  const each = (line: (member: WordsMember) => string): string => used.map(line).join("\n");
  const column = ({ index, hasValue }: WordsMember): string => (hasValue ? `const c${index} = values[${index}];` : "");
  const add = ({ index, field, hasValue }: WordsMember): string =>
    `a${index}(words, at + ${field}, ${hasValue ? `c${index}[row]` : "0"});`;
  const results = ({ index, field }: WordsMember): string => `o${index}[to] = r${index}(words, at + ${field});`;
  const outputs = each(({ index }) => `const o${index} = into[${index}];`);
  const body = [
    "return {",
    `add(words, slots, rows, count, values) { ${each(column)}`,
    `for (let i = 0; i < count; i++) { const at = slots[i]; if (at < 0) continue; const row = rows[i]; ${each(add)} } },`,
    `addOne(words, at, row, values) { ${each(column)} ${each(add)} },`,
    "merge(into, places, words, slots, count) {",
    "for (let i = 0; i < count; i++) { const at = slots[i]; const place = places[i];",
    `if (place < 0) { const to = (-1 - place) * ${width}; ${each(({ field, words }) =>
      words.fields.map((_, f) => `into[to + ${field + f}] = words[at + ${field + f}];`).join(" "),
    )} }`,
    `else { const to = place * ${width}; ${each(({ index, field }) => `m${index}(into, to + ${field}, words, at + ${field});`)} } } },`,
    `results(words, slots, count, into, from) { ${outputs}`,
    `for (let i = 0; i < count; i++) { const at = slots[i], to = from + i; ${each(results)} } } };`,
  ];
  const names = used.flatMap(({ index }) => [`a${index}`, `m${index}`, `r${index}`]);
  const functions = used.flatMap(({ words: { add: a, merge, result } }) => [a, merge, result]);
  return generate(names, body.join("\n"))(...functions) as SlotLoops;
}

/** The same without generated code, several times slower. */
function interpretedLoops(members: readonly CompiledMember[], width: number): SlotLoops {
  const used = membersWithWords(members);
  const addOne: SlotLoops["addOne"] = (words, at, row, values) => {
    for (const { index, field, words: form } of used)
      form.add(words, at + field, (values[index]?.[row] as number | undefined) ?? 0);
  };
  const results: SlotLoops["results"] = (words, slots, count, into, from) => {
    for (const { index, field, words: form } of used) {
      const numbers = into[index];
      assert(numbers !== null && numbers !== undefined, "results in words have no column to go to");
      for (let i = 0; i < count; i++) numbers[from + i] = form.result(words, (slots[i] as number) + field);
    }
  };
  return {
    addOne,
    results,
    add(words, slots, rows, count, values) {
      for (let i = 0; i < count; i++) {
        const at = slots[i] as number;
        if (at >= 0) addOne(words, at, rows[i] as number, values);
      }
    },
    merge(into, places, words, slots, count) {
      for (let i = 0; i < count; i++) {
        const at = slots[i] as number;
        const place = places[i] as number;
        const to = (place < 0 ? -1 - place : place) * width;
        for (const { field, words: form } of used) {
          if (place >= 0) form.merge(into, to + field, words, at + field);
          else for (let f = field; f < field + form.fields.length; f++) into[to + f] = words[at + f] as number;
        }
      }
    },
  };
}
