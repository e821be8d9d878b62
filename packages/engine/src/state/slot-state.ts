import type { StateCodec } from "./state-codec.ts";

/**
 * Keyed state of fixed width: per row, or per row and pane, a slot of float64 words that the operator reads and writes in place, by
 * generated code. No object per key.
 *
 * Words of all slots are one typed array. It is replaced when it grows: read `words` anew after every call that may make a slot.
 * (`slots.words[slots.claim(row)] = 1` writes to the array from before the claim.) A slot's index stays the same while the slot lives, but
 * that deleting a pane's slot moves the pane's last one into its place.
 */
export interface Slots {
  readonly words: Float64Array;
  /**
   * Before the words of a slot are written, each time unless it was just made: notes them for a journal that is open, and for a snapshot
   * that is being read. Cheap when neither is there. Never forgone, not outside a journal either: the snapshot would hold the later words.
   * Once per slot will do for writes between which no journal or snapshot begins.
   */
  touch(at: number): void;
  /** A `value` field of the slot; undefined where none was set. Decoded anew, if it is not live. */
  value(at: number, field: number): unknown;
  /** Keeps a copy, encoded, or the object itself if the field is live; undefined clears. Noted as `touch` does. */
  setValue(at: number, field: number, value: unknown): void;
}

/** One field of a slot: `number` is a word in place; `value` is encoded bytes elsewhere, behind a word that only the backend reads. */
export interface SlotField {
  /** Unique in its state; the field is found by it in a checkpoint. One that the checkpoint lacks begins with `initial` (no value). */
  readonly name: string;
  readonly kind: "number" | "value";
  /** Word of a new slot; `value` fields begin without a value. */
  readonly initial: number;
  /** Of a `value` field; null for a number. */
  readonly codec: StateCodec | null;
  /**
   * Of a `value` field. `live`: what was set may be handed out itself, and be encoded later, any time. Only engine code may hold it; who
   * changes it sets it again, and not in a journal, which does not cover changes made inside it. A flat value is good until a live value is
   * asked for after one was set, and not from one batch to the next. Default `copy`.
   */
  readonly isolation?: "copy" | "live";
}

/**
 * A slot per row. To write to one does not mark the row as changed for the next snapshot: that its key was resolved, or its timer popped,
 * since the last one did.
 */
export interface SlotState extends Slots {
  /** Index in `words` of the first word of the row's slot; -1 if it has none. */
  find(row: number): number;
  /** The same, made with the fields' initial words where there is none; a row with a slot is live. */
  claim(row: number): number;
  clear(row: number): void;
}

/** A slot per row and pane; a pane is a table of its own, found by its start. */
export interface PaneSlotState extends Slots {
  find(row: number, pane: number): number;
  claim(row: number, pane: number): number;
  /** claim and touch for each of `count` rows, into `slots`. */
  claimAll(rows: Int32Array, count: number, pane: number, slots: Int32Array): void;
  delete(row: number, pane: number): void;
  /** Pane starts that hold anything, ascending. */
  panes(): readonly number[];
  /** Number of slots in the pane. */
  size(pane: number): number;
  /**
   * The pane's rows and their slots from position `from` on, as many as fit; returns how many. The order is that of claims: between slices
   * new ones come at the end, but a deletion puts the last one into the gap.
   */
  scan(pane: number, from: number, rows: Int32Array, slots: Int32Array): number;
  /** Frees a whole pane. */
  dropPane(pane: number): void;
}
