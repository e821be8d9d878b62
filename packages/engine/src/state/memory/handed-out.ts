import type { TypedValues } from "./typed-values.ts";

/** Longer lists are not remembered. */
const ELEMENTS_MAX = 64;

/**
 * The elements of the list that was handed out last, to tell which of them are in what is set in its place, unchanged: those keep their
 * blocks. User code may have changed any of them, so each is compared with a copy of its own.
 */
export class HandedOut {
  readonly #values: TypedValues;
  /** Address of the list; 0: nothing is remembered. */
  #list = 0;
  #elements: unknown[] = [];
  #shadows: (object | null)[] = [];
  #blocks: number[] = [];
  /** Where the next element is looked for first: most are in the order that they had. */
  #next = 0;

  constructor(values: TypedValues) {
    this.#values = values;
  }

  /** Begins to remember the elements of a list of `count`. */
  begin(list: number, count: number): void {
    this.forget();
    if (count <= ELEMENTS_MAX) this.#list = list;
  }

  /** An element that is handed out, and its block. */
  add(element: unknown, block: number): void {
    if (this.#list === 0) return;
    const shadow =
      typeof element === "object" && element !== null ? (this.#values.formAt(block)?.shadow?.(element) ?? null) : null;
    this.#elements.push(element);
    this.#shadows.push(shadow);
    this.#blocks.push(block);
  }

  /** Call before elements are looked up for what takes the place of `list`. */
  isOf(list: number): boolean {
    this.#next = 0;
    return list !== 0 && this.#list === list;
  }

  /** The block of an element that is as it was handed out; 0: there is none, or it is taken already. */
  take(element: unknown): number {
    if (typeof element !== "object" || element === null) return 0;
    const elements = this.#elements;
    const index = elements[this.#next] === element ? this.#next : elements.indexOf(element);
    if (index < 0) return 0;
    const shadow = this.#shadows[index] as object | null;
    const block = this.#blocks[index] as number;
    if (shadow === null || this.#values.formAt(block)?.same(element, shadow) !== true) return 0;
    this.#next = index + 1;
    // A second place for the same object needs a block of its own.
    elements[index] = undefined;
    return block;
  }

  forget(): void {
    if (this.#list === 0) return;
    this.#list = 0;
    this.#elements = [];
    this.#shadows = [];
    this.#blocks = [];
  }
}
