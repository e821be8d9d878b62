import type { StateCodec } from "../state/state-codec.ts";
import type { RecordOf, Schema } from "./schema.ts";
import { schemaCodec } from "./schema-codec.ts";

declare const holds: unique symbol;

/** A state as a process function declares it; K is how it is kept, V the type of one of its values. */
export interface StateDeclaration<Kind extends "value" | "list" | "map" = "value" | "list" | "map", V = unknown> {
  readonly kind: Kind;
  readonly codec: StateCodec;
  readonly [holds]?: V;
}

/** One value per key. `get` gives a copy of its own: changing it changes nothing until it is `set`. */
export interface ValueHandle<V> {
  get(): V | undefined;
  set(value: V): void;
  clear(): void;
}

/** A list per key, in the order of adding. */
export interface ListHandle<V> {
  get(): readonly V[];
  add(value: V): void;
  /** Replaces the list; an empty one clears it. */
  set(values: readonly V[]): void;
  clear(): void;
}

/** A map with string keys per key, in the order in which its keys were first set. */
export interface MapHandle<V> {
  get(key: string): V | undefined;
  has(key: string): boolean;
  set(key: string, value: V): void;
  delete(key: string): void;
  keys(): readonly string[];
  entries(): readonly (readonly [string, V])[];
  readonly size: number;
  clear(): void;
}

/** What `c.state.NAME` is for a declaration. */
export type StateHandle<D> =
  D extends StateDeclaration<infer Kind, infer V>
    ? { value: ValueHandle<V>; list: ListHandle<V>; map: MapHandle<V> }[Kind]
    : never;

interface StateDeclarations {
  /** One value per key. */
  value<S extends Schema>(schema: S): StateDeclaration<"value", RecordOf<S>>;
  /** A list of values per key. */
  list<S extends Schema>(schema: S): StateDeclaration<"list", RecordOf<S>>;
  /** A map from strings to values per key. */
  map<S extends Schema>(schema: S): StateDeclaration<"map", RecordOf<S>>;
}

/**
 * Declares the states of a process function: `state: { seen: state.value(z.number()) }`. The schema gives the type of a value and,
 * where it offers JSON Schema, what checkpoints say about it. Values are plain data; they are not validated again when they are set.
 */
export const state: StateDeclarations = {
  value: (schema) => ({ kind: "value", codec: schemaCodec(schema, "state.value") }),
  list: (schema) => ({ kind: "list", codec: schemaCodec(schema, "state.list") }),
  map: (schema) => ({ kind: "map", codec: schemaCodec(schema, "state.map") }),
};
