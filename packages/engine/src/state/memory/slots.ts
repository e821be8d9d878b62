/** What a slot holds when the row has nothing; a symbol of its own, since every value may be kept, undefined too. */
export const EMPTY: unique symbol = Symbol("empty");

/** Grows a dense array by row in order, so that it never turns into a sparse one. */
export function fillTo(slots: unknown[], row: number): void {
  while (slots.length <= row) slots.push(EMPTY);
}
