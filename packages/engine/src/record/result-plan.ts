import type { FunctionShape } from "./function-shape.ts";
import { type Field, layoutOf, type RecordLayout } from "./layout.ts";
import { FIELDS_MAX } from "./learned-layout.ts";

/** A field of the result of a map: the number of the input's column that it hands on, or -1 where the function computes it. */
export interface ResultField {
  readonly name: string;
  readonly from: number;
}

/** How the columns of a map's result come about, for inputs of one layout. */
export interface ResultPlan {
  readonly fields: readonly ResultField[];
  /** Numbers of the input's columns that the function has to see; null: it is not known, so all. */
  readonly seen: readonly number[] | null;
  /** The function need not be called: it only hands columns on. */
  readonly isCopy: boolean;
}

/**
 * The plan of a function of this shape. `input` is the layout of the record views it is given; null where it is given something else.
 * Null: the results have to be looked at one by one.
 */
export function planResult(shape: FunctionShape | null, input: RecordLayout | null): ResultPlan | null {
  if (shape?.kind === "argument" && input !== null && !input.fields.some(({ optional }) => optional)) {
    return { fields: input.fields.map(({ name }, from) => ({ name, from })), seen: [], isCopy: true };
  }
  if (shape?.kind !== "object") return null;
  const numbers = new Map(input?.fields.map(({ name }, number) => [name, number]));
  const sources = new Map<string, number>();
  const seen = new Set<number>();
  for (const name of shape.reads) addKnown(seen, numbers.get(name));
  for (const { name, source } of shape.properties) {
    if (source.kind === "all") {
      // What else it may be has fields that are not known.
      if (input === null) return null;
      for (const [number, field] of input.fields.entries()) hand(field.name, number);
    } else if (name !== null) {
      const number = source.kind === "field" ? numbers.get(source.field) : undefined;
      if (number === undefined) sources.set(name, -1);
      else hand(name, number);
    }
  }
  if (sources.size > FIELDS_MAX) return null;
  const fields = [...sources].map(([name, from]) => ({ name, from }));
  const isCopy = shape.isPure && fields.every(({ from }) => from >= 0);
  return { fields, seen: fields.some(({ from }) => from >= 0) ? [...seen].sort((a, b) => a - b) : null, isCopy };

  function hand(name: string, number: number): void {
    // An absent field would come back as one that is undefined; the function says which.
    const isKept = input?.fields[number]?.optional === false;
    sources.set(name, isKept ? number : -1);
    if (!isKept) seen.add(number);
  }
}

function addKnown(to: Set<number>, number: number | undefined): void {
  if (number !== undefined) to.add(number);
}

/** The layout of what a plan makes; `kinds[i]` is the kind of field i where the function computes it. */
export function resultLayout(
  plan: ResultPlan,
  input: RecordLayout | null,
  kinds: readonly (Field["kind"] | null)[],
): RecordLayout {
  return layoutOf(
    plan.fields.map(({ name, from }, index) => ({
      name,
      kind: (from < 0 ? kinds[index] : input?.fields[from]?.kind) ?? "json",
      nullable: from >= 0 && input?.fields[from]?.nullable === true,
      optional: false,
    })),
  );
}
