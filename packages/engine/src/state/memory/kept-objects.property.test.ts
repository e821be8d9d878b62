import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PLAIN_CODEC } from "../state-codec.ts";
import { Journal } from "./journal.ts";
import { decodeField, KeptBytes } from "./kept-bytes.ts";
import { KeptObjects } from "./kept-objects.ts";

type Kept = number[];

/** Names are spread so that several share a line, and some lie apart. */
const SPREAD = 2_048;
const NAMES = 9;

type Step =
  | { readonly do: "add"; readonly name: number; readonly value: number; readonly large: boolean }
  | { readonly do: "replace" | "drop"; readonly name: number }
  | { readonly do: "begin" | "commit" | "rollback" | "freeze" | "thaw" };

const name = fc.nat(NAMES - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("add" as const),
      name,
      value: fc.integer(),
      large: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("replace" as const, "drop" as const), name }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom("begin" as const, "commit", "rollback", "freeze", "thaw") }),
  },
);

/** Objects by name, as a slot's words would name their cells. */
class Subject {
  readonly journal = new Journal();
  readonly bytes: KeptBytes = new KeptBytes(this.journal);
  readonly objects: KeptObjects = new KeptObjects(this.journal, this.bytes);
  cells: number[] = Array.from({ length: NAMES }, () => 0);
  model = new Map<number, Kept>();
  before: { cells: number[]; model: Map<number, Kept> } | null = null;
  frozen: { cells: number[]; model: Map<number, string> } | null = null;

  constructor() {
    // So that the cells that come next share lines with each other.
    for (let i = 0; i < SPREAD; i++) this.objects.put(0, [i], PLAIN_CODEC);
  }

  take(taken: Step): void {
    switch (taken.do) {
      case "add":
        this.#add(taken.name, taken.value, taken.large);
        return;
      case "replace":
        this.#put(taken.name, [...(this.model.get(taken.name) ?? []), -1]);
        return;
      case "drop":
        this.objects.release(this.cells[taken.name] as number);
        this.cells[taken.name] = 0;
        this.model.delete(taken.name);
        return;
      case "begin":
        this.#end(true);
        this.before = { cells: [...this.cells], model: new Map(this.model) };
        this.journal.begin();
        return;
      case "commit":
      case "rollback":
        this.#end(taken.do === "commit");
        return;
      case "freeze":
        this.#freeze();
        return;
      case "thaw":
        this.thaw();
    }
  }

  check(): void {
    for (let at = 0; at < NAMES; at++) {
      const cell = this.cells[at] as number;
      assert.equal(cell === 0, !this.model.has(at));
      if (cell !== 0) assert.deepEqual(this.objects.get(cell, PLAIN_CODEC), this.model.get(at));
    }
  }

  thaw(): void {
    if (this.frozen === null) return;
    for (const [at, text] of this.frozen.model) {
      const bytes = this.objects.written(this.frozen.cells[at] as number, PLAIN_CODEC);
      assert.equal(JSON.stringify(decodeField(bytes, PLAIN_CODEC)), text);
    }
    this.frozen = null;
    this.objects.thaw();
    this.bytes.thaw();
  }

  /** In place, as an accumulator is; not inside a journal. */
  #add(at: number, value: number, large: boolean): void {
    const cell = this.cells[at] as number;
    const values = large ? [...Array<number>(40_000).fill(1e9), value] : [value];
    if (this.journal.active || cell === 0) {
      this.#put(at, [...(this.model.get(at) ?? []), ...values]);
      return;
    }
    const object = this.objects.get(cell, PLAIN_CODEC) as Kept;
    for (const each of values) object.push(each);
    this.#put(at, object);
  }

  #put(at: number, object: Kept): void {
    this.cells[at] = this.objects.put(this.cells[at] as number, object, PLAIN_CODEC);
    this.model.set(at, [...object]);
    // Others come between, so that it may be encoded.
    if (object.length % 3 === 0)
      for (let i = 0; i < 2_100; i++) this.objects.release(this.objects.put(0, [i], PLAIN_CODEC));
    if (object.length % 3 === 1) {
      const others = Array.from({ length: 9_000 }, (_, i) => this.objects.put(0, [i], PLAIN_CODEC));
      for (const other of others) this.objects.release(other);
    }
  }

  #end(kept: boolean): void {
    if (this.before === null) return;
    if (kept) {
      this.journal.commit();
    } else {
      this.journal.rollback();
      this.cells = this.before.cells;
      this.model = this.before.model;
    }
    this.before = null;
  }

  #freeze(): void {
    if (this.before !== null) return;
    this.thaw();
    this.objects.freeze();
    this.bytes.freeze();
    const model = new Map(Array.from(this.model, ([at, kept]) => [at, JSON.stringify(kept)] as const));
    this.frozen = { cells: [...this.cells], model };
  }
}

test("objects are what was put last, through evictions, journals and snapshots", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
      const subject = new Subject();
      for (const taken of steps) {
        subject.take(taken);
        // What is asked for is encoded: let the next step find what is not.
        if (taken.do !== "freeze") subject.check();
      }
      subject.thaw();
    }),
    { numRuns: 60 },
  );
});

test("an object stands decoded while few others are used, and not for ever", () => {
  const journal = new Journal();
  const objects = new KeptObjects(journal, new KeptBytes(journal));
  const kept = [1];
  const cell = objects.put(0, kept, PLAIN_CODEC);
  assert.equal(objects.get(cell, PLAIN_CODEC), kept);
  for (let i = 0; i < 20_000; i++) objects.put(0, [i], PLAIN_CODEC);
  assert.notEqual(objects.get(cell, PLAIN_CODEC), kept);
  assert.deepEqual(objects.get(cell, PLAIN_CODEC), kept);
});
