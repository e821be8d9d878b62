import { pipelineError } from "../graph/pipeline-error.ts";
import type { ProcessSpec } from "../operator/process-spec.ts";
import type { Key } from "../record/key-column.ts";
import { checkFunction } from "./check-function.ts";
import { checkSchema, type RecordOf, type Schema } from "./schema.ts";
import type { StateDeclaration, StateHandle } from "./state.ts";

/** What makes a timer fire: the watermark, or the wall clock. */
export type TimerDomain = "eventTime" | "processingTime";
/** Timers as declared: names of event-time timers, or each name with its domain. */
export type TimerDeclarations = readonly string[] | Readonly<Record<string, TimerDomain>>;
/** The names in a declaration of timers. */
export type TimerName<N extends TimerDeclarations> = N extends readonly string[] ? N[number] : keyof N & string;
/** States as declared, by name. */
export type StateMap = Readonly<Record<string, StateDeclaration>>;

/** A timer of the current key. It is pending at most once per key. */
export interface TimerHandle {
  /** Fires at `time`, epoch ms; a time that has passed fires at once after this call's record. Replaces a pending one. */
  at(time: number): void;
  /** Makes a pending timer not fire. */
  clear(): void;
}

/** What a process function can see and do besides its record; valid during the call, always about the current key. */
export interface ProcessContext<K extends Key, Out, S extends StateMap, Timers extends string> {
  readonly key: K;
  /** Event time of the record; in a timer's function the time it was set for, in the timer's own domain. Epoch ms. */
  readonly time: number;
  /** The watermark: no earlier record is to be expected. -Infinity before the first promise, Infinity at the end of the input. */
  readonly watermark: number;
  /** Wall clock, epoch ms. Results that depend on it may differ after a restart. */
  now(): number;
  readonly state: { readonly [Name in keyof S]: StateHandle<S[Name]> };
  timer(name: Timers): TimerHandle;
  /** Sends a record on, with the event time of the record or timer; from a processing-time timer, with the watermark. */
  emit(record: Out): void;
}

/** The record type of a process function's output; `never` where it declares none. */
export type Emitted<E extends Schema | undefined> = E extends Schema ? RecordOf<E> : never;

/** A process function; see KeyedStream.process. */
export type ProcessFunction<
  T,
  K extends Key,
  E extends Schema | undefined,
  S extends StateMap,
  N extends TimerDeclarations,
> = {
  /** Schema of the records that `c.emit` takes. Without it the function emits nothing. */
  readonly emits?: E;
  /** What is kept per key: `{ seen: state.value(schema) }`. */
  readonly state?: S;
  /** Names of event-time timers, `["quiet"]`, or names with domains, `{ quiet: "eventTime", flush: "processingTime" }`. */
  readonly timers?: N;
  onRecord(record: Readonly<T>, context: ProcessContext<K, Emitted<E>, S, TimerName<N>>): void;
} & TimerFunctions<K, Emitted<E>, S, TimerName<N>>;

/** One function per declared timer, no more and no fewer; none where no timer is declared. */
export type TimerFunctions<K extends Key, Out, S extends StateMap, Timers extends string> = [Timers] extends [never]
  ? { readonly onTimer?: never }
  : { readonly onTimer: { readonly [Name in Timers]: (context: ProcessContext<K, Out, S, Timers>) => void } };

interface LooseProcessFunction {
  readonly emits?: Schema | undefined;
  readonly state?: StateMap | undefined;
  readonly timers?: TimerDeclarations | undefined;
  readonly onRecord: ProcessSpec["onRecord"];
  readonly onTimer?: Readonly<Record<string, ProcessSpec["onTimer"][number]>> | undefined;
}

/** The engine's form of a process function; TM_PIPELINE or TM_SCHEMA if it does not fit together. */
export function processSpec(id: string, given: LooseProcessFunction, pipeline: string): ProcessSpec {
  const what = `process "${id}"`;
  if (given.emits !== undefined) checkSchema(given.emits, `emits of ${what}`, pipeline);
  checkFunction(given.onRecord, `onRecord of ${what}`, pipeline);
  const timers = declaredTimers(given.timers ?? []);
  checkDeclarations(what, given.state ?? {}, timers, pipeline);
  const onTimer = given.onTimer ?? {};
  const names = new Set(timers.map((timer) => timer.name));
  if (names.size < timers.length) throw pipelineError(`${what} declares a timer twice`, { pipeline });
  for (const name of names) {
    if (!Object.hasOwn(onTimer, name)) {
      throw pipelineError(`${what} declares timer "${name}" without a function: add onTimer: { ${name}: (c) => … }`, {
        pipeline,
      });
    }
  }
  for (const name of Object.keys(onTimer)) {
    if (!names.has(name)) {
      throw pipelineError(`${what} has a function for timer "${name}", which it does not declare: add it to timers`, {
        pipeline,
      });
    }
  }
  return {
    emits: given.emits ?? null,
    states: Object.entries(given.state ?? {}).map(([name, { kind, codec }]) => ({ name, kind, codec })),
    timers,
    onRecord: given.onRecord,
    onTimer: timers.map(({ name }) => {
      const fn = onTimer[name];
      checkFunction(fn, `timer "${name}" of ${what}`, pipeline);
      return fn as ProcessSpec["onTimer"][number];
    }),
  };
}

function checkDeclarations(what: string, states: StateMap, timers: ProcessSpec["timers"], pipeline: string): void {
  for (const [name, declared] of Object.entries(states)) {
    if (typeof declared === "object" && declared !== null && "codec" in declared) continue;
    throw pipelineError(
      `state "${name}" of ${what} is no declaration; write state.value(schema), state.list(schema) or state.map(schema)`,
      {
        pipeline,
      },
    );
  }
  for (const { name, domain } of timers) {
    if (domain === "eventTime" || domain === "processingTime") continue;
    throw pipelineError(`timer "${name}" of ${what} must be "eventTime" or "processingTime"`, { pipeline });
  }
}

function declaredTimers(declared: TimerDeclarations): ProcessSpec["timers"] {
  const entries: readonly (readonly [string, TimerDomain])[] = isNameList(declared)
    ? declared.map((name) => [name, "eventTime"])
    : Object.entries(declared);
  return entries.map(([name, domain]) => ({ name, domain }));
}

/** Array.isArray does not narrow away readonly arrays. */
function isNameList(declared: TimerDeclarations): declared is readonly string[] {
  return Array.isArray(declared);
}
