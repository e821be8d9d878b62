import { assert } from "../foundation/assert.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { RecordBatch } from "./batch.ts";
import { cellOf, readString } from "./cell.ts";
import { canGenerateCode, generate } from "./code-generation.ts";
import type { Column } from "./column.ts";
import type { RecordLayout } from "./layout.ts";
import { CURSOR, deepFreeze } from "./plain-value.ts";

/** Reads the rows of batches as user functions see them. One at a time: `at` makes the view that it gave before show another row. */
export interface Rows {
  /** Sets the batch that `at` reads. */
  bind(batch: RecordBatch): void;
  /** The view of row i, or the value itself for VALUE_LAYOUT. Valid until the next `at`, `bind` or `release`. */
  at(row: number): unknown;
  /** Views that were handed out throw TM_RECORD_STALE from now on. */
  release(): void;
}

export interface RowsOptions {
  /** True: a view goes stale when the next row begins, not only with its batch, and nested values are frozen. */
  readonly debug: boolean;
  /** False: no generated getters, as where the process forbids them. For tests. */
  readonly codeGeneration?: boolean;
}

/** Where a view reads. One class per layout, all of one hidden class. */
export interface CursorBox {
  /** The row, or -1: stale. */
  i: number;
  bind(columns: readonly Column[]): void;
}

/** One object that shows a row of whatever its box is bound to. */
export interface Cursor {
  readonly box: CursorBox;
  readonly view: object;
}

/** Rows in debug mode use this many views in turn; a kept view is missed only while its own serves another row. */
const DEBUG_CURSORS = 1_024;

/** Reads batches of one layout. */
export function openRows(layout: RecordLayout, options: RowsOptions): Rows {
  if (layout.shape === "value") return new ValueRows(options.debug);
  const makeCursor = cursorFactory(layout, options.codeGeneration ?? canGenerateCode());
  return options.debug ? new DebugStructRows(makeCursor) : new StructRows(makeCursor());
}

/** Reads batches of any layout; a new layout costs about a millisecond once. */
export function openBatchRows(options: RowsOptions): Rows {
  const opened = new Map<RecordLayout, Rows>();
  let current: Rows | null = null;
  return {
    bind(batch) {
      current?.release();
      current = opened.get(batch.layout) ?? null;
      if (current === null) {
        current = openRows(batch.layout, options);
        opened.set(batch.layout, current);
      }
      current.bind(batch);
    },
    at(row) {
      assert(current !== null, "rows are read before a batch was bound");
      return current.at(row);
    },
    release() {
      current?.release();
    },
  };
}

/** Rows of a VALUE_LAYOUT. */
export class ValueRows implements Rows {
  /** The cells of the bound batch. */
  values: readonly unknown[] = [];
  readonly #isDebug: boolean;

  constructor(isDebug: boolean) {
    this.#isDebug = isDebug;
  }

  bind(batch: RecordBatch): void {
    const column = batch.columns[0];
    assert(column?.kind === "json", "a value layout has one json column");
    this.values = column.values;
    if (this.#isDebug) freezeJson(batch);
  }

  at(row: number): unknown {
    return this.values[row];
  }

  release(): void {
    this.values = [];
  }
}

/** Rows of a struct layout through one view. */
export class StructRows implements Rows {
  readonly cursor: Cursor;

  constructor(cursor: Cursor) {
    this.cursor = cursor;
  }

  bind(batch: RecordBatch): void {
    this.cursor.box.bind(batch.columns);
    this.cursor.box.i = -1;
  }

  at(row: number): unknown {
    this.cursor.box.i = row;
    return this.cursor.view;
  }

  release(): void {
    this.cursor.box.i = -1;
  }
}

class DebugStructRows implements Rows {
  readonly #makeCursor: () => Cursor;
  readonly #cursors: Cursor[] = [];
  #columns: readonly Column[] = [];
  #turn = 0;
  #current: Cursor | null = null;

  constructor(makeCursor: () => Cursor) {
    this.#makeCursor = makeCursor;
  }

  bind(batch: RecordBatch): void {
    this.release();
    this.#columns = batch.columns;
    freezeJson(batch);
  }

  at(row: number): unknown {
    this.release();
    this.#turn = (this.#turn + 1) % DEBUG_CURSORS;
    const cursor = (this.#cursors[this.#turn] ??= this.#makeCursor());
    cursor.box.bind(this.#columns);
    cursor.box.i = row;
    this.#current = cursor;
    return cursor.view;
  }

  release(): void {
    if (this.#current !== null) this.#current.box.i = -1;
    this.#current = null;
  }
}

function freezeJson(batch: RecordBatch): void {
  for (const column of batch.columns) {
    if (column.kind !== "json") continue;
    for (let i = 0; i < batch.length; i++) deepFreeze(column.values[i]);
  }
}

function stale(): never {
  throw new TidemarkError(
    "TM_RECORD_STALE",
    "this record was kept after the call that it was given to, and its row is gone; copy it: {...record}",
  );
}

const factories = new Map<RecordLayout, () => Cursor>();
const plainFactories = new Map<RecordLayout, () => Cursor>();

/** Makes views of a layout; all of one hidden class, whichever stage they are for. */
function cursorFactory(layout: RecordLayout, codeGeneration: boolean): () => Cursor {
  const cache = codeGeneration ? factories : plainFactories;
  let factory = cache.get(layout);
  if (factory === undefined) {
    factory = viewFactory(layout, codeGeneration ? generatedParts(layout) : plainParts(layout));
    cache.set(layout, factory);
  }
  return factory;
}

interface ViewParts {
  readonly newBox: () => CursorBox;
  /** One per field; the same function objects serve every view, or V8 gives each view a dictionary. */
  readonly getters: readonly ((this: object) => unknown)[];
}

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Shown by console.log as the plain object it stands for. */
function show(this: object): object {
  return { ...this };
}

/**
 * The form is exact, and others were measured to be 4 to 27 times slower: a constructor of the layout's own with the plain prototype,
 * called until V8 has settled the size of its objects; hidden properties first, then the fields in order; then no more extensions.
 */
function viewFactory(layout: RecordLayout, parts: ViewParts): () => Cursor {
  const names = layout.fields.map((field) => field.name);
  const Rec = recordConstructor();
  for (let i = 0; i < 16; i++) new Rec();
  return () => {
    const box = parts.newBox();
    const view = new Rec();
    Object.defineProperty(view, CURSOR, hidden(box));
    Object.defineProperty(view, INSPECT, hidden(show));
    for (const [index, get] of parts.getters.entries()) {
      Object.defineProperty(view, names[index] as string, { get, enumerable: true, configurable: false });
    }
    return { box, view: Object.preventExtensions(view) };
  };
}

function recordConstructor(): new () => object {
  const Rec = function () {} as unknown as new () => object;
  (Rec as { prototype: object }).prototype = Object.prototype;
  return Rec;
}

function hidden(value: unknown): PropertyDescriptor {
  return { value, enumerable: false, writable: false, configurable: false };
}

/** Source of the box and getters: fields are numbered, so no name of a user's is in it. */
function generatedParts(layout: RecordLayout): ViewParts {
  const fields = [...layout.fields.keys()];
  const lines = [
    "class Box {",
    `constructor() { this.i = -1; ${fields.map((f) => `this.c${f} = null; this.p${f} = null; this.x${f} = null;`).join(" ")} }`,
    "bind(columns) { let c;",
    ...layout.fields.map((field, f) => {
      const cells = field.kind === "utf8" ? "strings" : "values";
      const extra = field.kind === "utf8" ? "c" : field.kind === "dictionary" ? "c.dictionary" : "null";
      return `c = columns[${f}]; this.c${f} = c.${cells}; this.p${f} = c.presence; this.x${f} = ${extra};`;
    }),
    "} }",
    ...layout.fields.map((field, f) => {
      const mayLack = field.nullable || field.optional;
      const lack = mayLack
        ? `const p = s.p${f}; if (p !== null && p[i] !== 0) return p[i] === 1 ? null : undefined;`
        : "";
      return `function get${f}() { const s = this[S], i = s.i; if (i < 0) stale(); ${lack} ${cellSource(field.kind, f)} }`;
    }),
    `return { newBox: () => new Box(), getters: [${fields.map((f) => `get${f}`).join(", ")}] };`,
  ];
  return generate(["S", "stale", "readString"], lines.join("\n"))(CURSOR, stale, readString) as ViewParts;
}

function cellSource(kind: RecordLayout["fields"][number]["kind"], f: number): string {
  switch (kind) {
    case "boolean":
      return `return s.c${f}[i] === 1;`;
    case "utf8":
      return `const v = s.c${f}[i]; return v === undefined ? readString(s.x${f}, i) : v;`;
    case "dictionary":
      return `return s.x${f}[s.c${f}[i]];`;
    case "int32":
    case "float64":
    case "json":
      return `return s.c${f}[i];`;
  }
}

class PlainBox implements CursorBox {
  i = -1;
  columns: readonly Column[] = [];

  bind(columns: readonly Column[]): void {
    this.columns = columns;
  }
}

/** The same without generated code, several times slower. */
function plainParts(layout: RecordLayout): ViewParts {
  const getters = layout.fields.map((_, index) => {
    return function get(this: object): unknown {
      const box = (this as Record<symbol, unknown>)[CURSOR] as PlainBox;
      if (box.i < 0) stale();
      return cellOf(box.columns[index] as Column, box.i);
    };
  });
  return { newBox: () => new PlainBox(), getters };
}
