/** One thing that happens at a split of a source. */
export type InputElement =
  | { readonly kind: "record"; readonly value: unknown }
  /** An input that could not be decoded. */
  | { readonly kind: "malformed"; readonly raw: string }
  /** The source itself knows that no record at or before `watermark` is to come from this split. */
  | { readonly kind: "watermark"; readonly watermark: number }
  /** The wall clock moves on, for the whole job. */
  | { readonly kind: "clock"; readonly advanceMs: number };

/** What each port's splits hold, in order: `{ flights: [[…split 0], […split 1]] }`. */
export type ReferenceInputs = Readonly<Record<string, readonly (readonly InputElement[])[]>>;

/** Takes the next element of a split; once all are taken, ends the split. */
export type Pick = readonly [port: string, split: number];

/** Elements taken of each port's splits, for a run that stops there. */
export type Positions = Readonly<Record<string, readonly number[]>>;

/** One element of each split in turn, until all have been taken. */
export function roundRobin(inputs: ReferenceInputs): readonly Pick[] {
  const picks: Pick[] = [];
  const splits = Object.entries(inputs).flatMap(([port, list]) =>
    list.map((elements, split) => ({ port, split, elements })),
  );
  const longest = Math.max(0, ...splits.map(({ elements }) => elements.length));
  for (let round = 0; round < longest; round++) {
    for (const { port, split, elements } of splits) if (round < elements.length) picks.push([port, split]);
  }
  return picks;
}

/** Inputs cut at `positions`. */
export function cutInputs(inputs: ReferenceInputs, positions: Positions): ReferenceInputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([port, splits]) => [
      port,
      splits.map((elements, split) => elements.slice(0, positions[port]?.[split] ?? 0)),
    ]),
  );
}

/** Those picks of an order that still have something to take when `inputs` were cut. */
export function picksWithin(order: readonly Pick[], inputs: ReferenceInputs): readonly Pick[] {
  const taken = new Map<string, number>();
  return order.filter(([port, split]) => {
    const name = `${split} ${port}`;
    const position = taken.get(name) ?? 0;
    taken.set(name, position + 1);
    return position < (inputs[port]?.[split]?.length ?? 0);
  });
}

export function record(value: unknown): InputElement {
  return { kind: "record", value };
}

export function malformed(raw: string): InputElement {
  return { kind: "malformed", raw };
}

export function watermark(time: number): InputElement {
  return { kind: "watermark", watermark: time };
}

export function clock(advanceMs: number): InputElement {
  return { kind: "clock", advanceMs };
}
