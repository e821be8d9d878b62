import { TidemarkError } from "../foundation/error.ts";
import type { KeyedState } from "../state/state-backend.ts";
import type { ProcessSpec } from "./process-spec.ts";

/** What a process function sees and does besides its record; one object, made once and set for each call. */
export interface ProcessContext {
  key: unknown;
  time: number;
  watermark: number;
  readonly now: () => number;
  readonly state: Readonly<Record<string, object>>;
  readonly timer: (name: string) => object;
  readonly emit: (record: unknown) => void;
}

/** What the context asks of its operator. */
export interface ProcessHost {
  readonly state: KeyedState;
  /** State row of the call that runs; throws outside of one. */
  currentRow(): number;
  now(): number;
  setTimer(timer: number, time: number): void;
  emit(record: unknown): void;
}

export function processContext(spec: ProcessSpec, host: ProcessHost): ProcessContext {
  const timers = new Map(spec.timers.map(({ name }, timer) => [name, timerHandle(name, timer, host)]));
  return {
    key: undefined,
    time: Number.NaN,
    watermark: Number.NaN,
    now: () => host.now(),
    state: Object.freeze(
      Object.fromEntries(spec.states.map(({ name, kind }) => [name, stateHandle(name, kind, host)])),
    ),
    timer(name) {
      const handle = timers.get(name);
      if (handle !== undefined) return handle;
      throw new TidemarkError("TM_USER_CODE", `there is no timer "${name}"; declare it in timers`, {
        facts: { declared: [...timers.keys()].join(" ") },
      });
    },
    emit: (record) => {
      host.emit(record);
    },
  };
}

function timerHandle(name: string, timer: number, host: ProcessHost): object {
  return Object.freeze({
    at(time: unknown): void {
      if (typeof time !== "number" || Number.isNaN(time) || time === Number.POSITIVE_INFINITY) {
        throw new TidemarkError("TM_USER_CODE", `timer "${name}" needs a time in epoch milliseconds`, {
          facts: { given: String(time) },
        });
      }
      host.setTimer(timer, time);
    },
    clear(): void {
      host.state.timers.clear(host.currentRow(), timer);
    },
  });
}

function stateHandle(name: string, kind: ProcessSpec["states"][number]["kind"], host: ProcessHost): object {
  switch (kind) {
    case "value":
      return valueHandle(name, host);
    case "list":
      return listHandle(name, host);
    case "map":
      return mapHandle(name, host);
  }
}

function valueHandle(name: string, host: ProcessHost): object {
  const state = host.state.value<unknown>(name);
  return Object.freeze({
    get: () => state.get(host.currentRow()),
    set: (value: unknown) => {
      state.set(host.currentRow(), value);
    },
    clear: () => {
      state.clear(host.currentRow());
    },
  });
}

function listHandle(name: string, host: ProcessHost): object {
  const state = host.state.list<unknown>(name);
  return Object.freeze({
    get: () => state.get(host.currentRow()),
    add: (value: unknown) => {
      state.add(host.currentRow(), value);
    },
    set: (values: readonly unknown[]) => {
      state.set(host.currentRow(), values);
    },
    clear: () => {
      state.clear(host.currentRow());
    },
  });
}

function mapHandle(name: string, host: ProcessHost): object {
  const state = host.state.map<unknown>(name);
  return Object.freeze({
    get: (key: string) => state.get(host.currentRow(), key),
    has: (key: string) => state.has(host.currentRow(), key),
    set: (key: string, value: unknown) => {
      state.set(host.currentRow(), key, value);
    },
    delete: (key: string) => {
      state.delete(host.currentRow(), key);
    },
    keys: () => state.keys(host.currentRow()),
    entries: () => state.entries(host.currentRow()),
    get size(): number {
      return state.size(host.currentRow());
    },
    clear: () => {
      state.clear(host.currentRow());
    },
  });
}
