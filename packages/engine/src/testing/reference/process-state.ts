import { TidemarkError } from "../../foundation/error.ts";
import type { ProcessSpec } from "../../operator/process-spec.ts";
import type { ReferenceKey } from "./row.ts";

/**
 * What a process function keeps for one key. Contents are never changed in place, only replaced, so that going back to an
 * earlier moment is putting the old maps back.
 */
export class ProcessState {
  readonly key: ReferenceKey;
  #states: ReadonlyMap<string, unknown> = new Map();
  /** Pending times, by position of the timer in the specification. */
  #timers: ReadonlyMap<number, number> = new Map();

  constructor(key: ReferenceKey) {
    this.key = key;
  }

  get isEmpty(): boolean {
    return this.#states.size === 0 && this.#timers.size === 0;
  }

  get timers(): ReadonlyMap<number, number> {
    return this.#timers;
  }

  setTimer(timer: number, time: number | undefined): void {
    this.#timers = replaced(this.#timers, timer, time);
  }

  /** The returned function undoes everything that happened since. */
  mark(): () => void {
    const states = this.#states;
    const timers = this.#timers;
    return () => {
      this.#states = states;
      this.#timers = timers;
    };
  }

  /** What user code knows as `c.state`. Values are copied on their way in and out. */
  handles(spec: ProcessSpec): Record<string, unknown> {
    return Object.fromEntries(
      spec.states.map(({ name, kind }) => {
        switch (kind) {
          case "value":
            return [name, this.#value(name)];
          case "list":
            return [name, this.#list(name)];
          case "map":
            return [name, this.#map(name)];
        }
      }),
    );
  }

  #value(name: string): object {
    return {
      get: (): unknown => structuredClone(this.#states.get(name)),
      set: (value: unknown): void => this.#set(name, structuredClone(value)),
      clear: (): void => this.#set(name, undefined),
    };
  }

  #list(name: string): object {
    const values = (): readonly unknown[] => (this.#states.get(name) as readonly unknown[] | undefined) ?? [];
    const set = (list: readonly unknown[]): void =>
      this.#set(name, list.length === 0 ? undefined : structuredClone(list));
    return {
      get: (): unknown => structuredClone(values()),
      add: (value: unknown): void => set([...values(), value]),
      set,
      clear: (): void => set([]),
    };
  }

  #map(name: string): object {
    const entries = (): ReadonlyMap<string, unknown> =>
      (this.#states.get(name) as ReadonlyMap<string, unknown> | undefined) ?? new Map();
    const set = (map: ReadonlyMap<string, unknown>): void => this.#set(name, map.size === 0 ? undefined : map);
    return {
      get: (key: string): unknown => structuredClone(entries().get(key)),
      has: (key: string): boolean => entries().has(key),
      set: (key: string, value: unknown): void => set(new Map(entries()).set(key, structuredClone(value))),
      delete: (key: string): void => set(new Map([...entries()].filter(([each]) => each !== key))),
      keys: (): unknown => [...entries().keys()],
      entries: (): unknown => structuredClone([...entries()]),
      get size(): number {
        return entries().size;
      },
      clear: (): void => set(new Map()),
    };
  }

  #set(name: string, value: unknown): void {
    this.#states = replaced(this.#states, name, value);
  }
}

/** A copy with one entry set, or left out where the value is undefined. */
function replaced<K, V>(map: ReadonlyMap<K, V>, key: K, value: V | undefined): ReadonlyMap<K, V> {
  const copy = new Map(map);
  if (value === undefined) copy.delete(key);
  else copy.set(key, value);
  return copy;
}

/** Position of a declared timer; what user code gets for another name is TM_USER_CODE. */
export function timerIndex(spec: ProcessSpec, name: string): number {
  const index = spec.timers.findIndex((timer) => timer.name === name);
  if (index < 0) throw new TidemarkError("TM_USER_CODE", `there is no timer "${name}"`);
  return index;
}
