import assert from "node:assert/strict";
import { BatchBuilder } from "../record/batch-builder.ts";
import { ROW_KINDS, type RecordBatch } from "../record/batch.ts";
import { keyColumnOf } from "../record/key-codec.ts";
import type { Key } from "../record/key-column.ts";
import { recordOf, withKeys } from "../record/row-copy.ts";
import { keyGroupOf } from "../state/key-group.ts";
import { memoryBackend } from "../state/memory-backend.ts";
import type { KeyedState } from "../state/state-backend.ts";
import { NO_WATERMARK } from "../time/watermark.ts";
import type { Operator, OperatorContext, Output } from "./operator.ts";

const BITS = 8;

/** One thing that happens to an operator. */
export type ScriptElement =
  | {
      readonly kind: "rec";
      readonly input: number;
      readonly value: unknown;
      readonly time: number;
      readonly rowKind: number | undefined;
    }
  | { readonly kind: "watermark"; readonly input: number; readonly time: number }
  | { readonly kind: "idle"; readonly input: number; readonly idle: boolean }
  | { readonly kind: "clock"; readonly now: number };

/** A record; its row carries the last watermark of its input. */
export function rec(
  value: unknown,
  time: number,
  options: { input?: number; rowKind?: keyof typeof ROW_KINDS } = {},
): ScriptElement {
  return {
    kind: "rec",
    input: options.input ?? 0,
    value,
    time,
    rowKind: options.rowKind === undefined ? undefined : ROW_KINDS[options.rowKind],
  };
}
export function watermark(time: number, input = 0): ScriptElement {
  return { kind: "watermark", input, time };
}
export function idle(isIdle: boolean, input = 0): ScriptElement {
  return { kind: "idle", input, idle: isIdle };
}
/** The wall clock moves to `now`. */
export function clock(now: number): ScriptElement {
  return { kind: "clock", now };
}

/** A row that came out. */
export interface ScriptRow {
  readonly value: unknown;
  readonly time: number;
  readonly watermark: number;
  readonly kind: keyof typeof ROW_KINDS;
}

export interface ScriptError {
  readonly message: string;
  readonly key: unknown;
  readonly record: unknown;
}

export interface ScriptResult {
  readonly rows: readonly ScriptRow[];
  readonly late: readonly ScriptRow[];
  /** Watermarks that were forwarded on the main output, each rise once. */
  readonly watermarks: readonly number[];
  readonly idles: readonly boolean[];
  readonly errors: readonly ScriptError[];
  readonly counts: Readonly<Record<string, number>>;
  /** Keys for which state is still held. */
  readonly keys: number;
  /** Size of a snapshot at the end. */
  readonly snapshotBytes: number;
}

export interface ScriptOptions {
  make(context: OperatorContext): Operator;
  readonly script: readonly ScriptElement[];
  /** Key of a record on each input; default its field `k`. Null: the operator is not keyed. */
  readonly key?: ((value: unknown) => Key) | null;
  readonly inputs?: number;
  /** Whether somebody listens to the late output. Default true. */
  readonly hasLate?: boolean;
  readonly debug?: boolean;
  /** Only the first way, for scripts of many records. */
  readonly once?: boolean;
  /** False where the operator has no keyed state to snapshot. Default true. */
  readonly isKeyed?: boolean;
}

/**
 * Drives an operator through a script in seven ways: rows of an input in one batch as far as they follow each other; row by row; with
 * a snapshot and a restore into a fresh instance between every two elements; split by key group over two instances; split and
 * joined again between every two elements; and with results put off, in the first way and with restores. Asserts that all ways say the same, per key, and returns the first one's result.
 */
export function runScript(options: ScriptOptions): ScriptResult {
  const plain = run(options, { ...PLAIN, batches: true });
  if (options.once === true) return plain;
  const ways: [string, Way][] = [["row by row", PLAIN]];
  if (options.isKeyed !== false) {
    ways.push(
      ["with restores", { ...PLAIN, restarts: true }],
      ["over two instances", { ...PLAIN, batches: true, instances: () => 2 }],
      ["split and joined again", { ...PLAIN, restarts: true, instances: (turn) => 1 + (turn % 2) }],
      ["with results put off", { ...PLAIN, batches: true, keysAtOnce: 1 }],
      ["with results put off and restores", { ...PLAIN, restarts: true, keysAtOnce: 2 }],
    );
  }
  for (const [name, way] of ways) {
    const result = run(options, way);
    assert.deepEqual(byKey(result.rows), byKey(plain.rows), `rows ${name}`);
    assert.deepEqual(byKey(result.late), byKey(plain.late), `late rows ${name}`);
    assert.deepEqual(result.errors.map(errorText).sort(), plain.errors.map(errorText).sort(), `errors ${name}`);
    assert.deepEqual(result.counts, plain.counts, `counts ${name}`);
    assert.equal(result.watermarks.at(-1), plain.watermarks.at(-1), `last watermark ${name}`);
    assert.equal(result.keys, plain.keys, `keys held ${name}`);
  }
  return plain;
}

interface Way {
  readonly batches: boolean;
  readonly restarts: boolean;
  /** See OperatorContext. After each step an operator goes on once. */
  readonly keysAtOnce: number;
  instances(turn: number): number;
}

const PLAIN: Way = { batches: false, restarts: false, keysAtOnce: Number.POSITIVE_INFINITY, instances: () => 1 };

function run(options: ScriptOptions, way: Way): ScriptResult {
  const job = new ScriptJob(options, way);
  job.start(way.instances(0));
  steps(options.script, way.batches).forEach((step, turn) => {
    if (turn > 0 && way.restarts) job.restart(way.instances(turn));
    job.apply(step);
    job.goOn();
  });
  job.finish();
  return job.result();
}

/** Records of one input that follow each other, or any other element alone. */
function steps(script: readonly ScriptElement[], batches: boolean): (readonly ScriptElement[])[] {
  const grouped: ScriptElement[][] = [];
  for (const element of script) {
    const last = grouped.at(-1)?.[0];
    if (batches && element.kind === "rec" && last?.kind === "rec" && last.input === element.input)
      grouped.at(-1)?.push(element);
    else grouped.push([element]);
  }
  return grouped;
}

interface Instance {
  readonly operator: Operator;
  readonly state: KeyedState | null;
  /** The watermark that it forwarded. */
  readonly told: { watermark: number };
}

/** An operator's instances, and all that came out of them. */
class ScriptJob {
  readonly #options: ScriptOptions;
  readonly #keysAtOnce: number;
  readonly #watermarks: number[];
  readonly #idle: boolean[];
  readonly #rows: ScriptRow[] = [];
  readonly #late: ScriptRow[] = [];
  readonly #forwarded: number[] = [];
  readonly #idles: boolean[] = [];
  readonly #errors: ScriptError[] = [];
  readonly #counts: Record<string, number> = {};
  #instances: Instance[] = [];
  #now = 0;

  constructor(options: ScriptOptions, { keysAtOnce }: Way) {
    this.#options = options;
    this.#keysAtOnce = keysAtOnce;
    this.#watermarks = new Array<number>(options.inputs ?? 1).fill(NO_WATERMARK);
    this.#idle = new Array<boolean>(options.inputs ?? 1).fill(false);
  }

  start(instances: number): void {
    this.#instances = Array.from({ length: instances }, () => this.#open());
  }

  restart(instances: number): void {
    this.finish();
    const payloads = this.#instances.flatMap(({ state }) => state?.snapshot() ?? []);
    this.start(instances);
    for (const { keyGroup, payload } of payloads) this.#instances[this.#ownerOf(keyGroup)]?.state?.restore(payload);
    for (const { operator } of this.#instances) {
      this.#watermarks.forEach((time, input) => {
        if (time > NO_WATERMARK) operator.onWatermark(input, time);
        if (this.#idle[input] === true) operator.onIdle?.(input, true);
      });
    }
  }

  apply(step: readonly ScriptElement[]): void {
    const [first] = step;
    switch (first?.kind) {
      case "rec":
        this.#records(first.input, step);
        break;
      case "watermark":
        this.#watermarks[first.input] = first.time;
        for (const { operator } of this.#instances) operator.onWatermark(first.input, first.time);
        break;
      case "idle":
        this.#idle[first.input] = first.idle;
        for (const { operator } of this.#instances) operator.onIdle?.(first.input, first.idle);
        break;
      case "clock":
        this.#now = first.now;
        for (const { operator } of this.#instances) {
          if ((operator.nextProcessingTime?.() ?? Infinity) <= first.now) operator.onProcessingTime?.(first.now);
        }
        break;
      case undefined:
        break;
    }
  }

  /** What is put off goes on, a part of it. */
  goOn(): void {
    for (const { operator } of this.#instances) if (operator.hasPutOff?.() === true) operator.goOn?.();
  }

  finish(): void {
    while (this.#instances.some(({ operator }) => operator.hasPutOff?.() === true)) this.goOn();
  }

  result(): ScriptResult {
    return {
      rows: this.#rows,
      late: this.#late,
      watermarks: this.#forwarded,
      idles: this.#idles,
      errors: this.#errors,
      counts: this.#counts,
      keys: this.#instances.reduce((keys, { state }) => keys + (state?.size().rows ?? 0), 0),
      snapshotBytes: this.#instances
        .flatMap(({ state }) => state?.snapshot() ?? [])
        .reduce((bytes, { payload }) => bytes + payload.length, 0),
    };
  }

  #records(input: number, step: readonly ScriptElement[]): void {
    const key = this.#options.key === undefined ? (value: unknown) => (value as { k: Key }).k : this.#options.key;
    const shares = this.#instances.map((): ScriptElement[] => []);
    for (const element of step) {
      if (element.kind !== "rec") continue;
      const owner =
        key === null ? 0 : this.#ownerOf(keyGroupOf(keyColumnOf([key(element.value)]).hashes[0] as number, BITS));
      shares[owner]?.push(element);
    }
    shares.forEach((share, index) => {
      for (const batch of batchesOf(share, this.#watermarks[input] as number)) {
        const keyed = key === null ? batch : withKeys(batch, keyColumnOf(recordsOf(batch).map(key)));
        this.#instances[index]?.operator.onBatch(input, keyed);
      }
    });
  }

  #ownerOf(keyGroup: number): number {
    return Math.floor((keyGroup * this.#instances.length) / 2 ** BITS);
  }

  #open(): Instance {
    let state: KeyedState | null = null;
    const told = { watermark: NO_WATERMARK };
    const context: OperatorContext = {
      name: "under-test",
      clock: { now: () => this.#now, monotonicMs: () => this.#now },
      output: this.#output(this.#rows, told),
      sideOutput: (name) =>
        name === "late" && this.#options.hasLate !== false ? this.#output(this.#late, null) : null,
      keyedState: (opened) => {
        state = memoryBackend().openKeyedState({ ...opened, operator: "under-test", keyGroupBits: BITS });
        return state;
      },
      userError: (error, { batch, row, key }) => {
        const record = batch === null ? null : recordOf(batch, row);
        this.#errors.push({ message: error instanceof Error ? error.message : String(error), key, record });
      },
      keysAtOnce: this.#keysAtOnce,
      debug: this.#options.debug ?? false,
      count: (name, amount) => {
        this.#counts[name] = (this.#counts[name] ?? 0) + amount;
      },
    };
    return { operator: this.#options.make(context), state, told };
  }

  /** Checks what every operator must uphold of its output. */
  #output(rows: ScriptRow[], told: { watermark: number } | null): Output {
    let last = NO_WATERMARK;
    return {
      batch: (batch) => {
        assert.ok(batch.length > 0, "an empty batch was emitted");
        recordsOf(batch).forEach((value, row) => {
          const watermark = batch.watermarks[row] as number;
          assert.ok(watermark >= last, `watermarks of rows went back from ${last} to ${watermark}`);
          last = watermark;
          rows.push({ value, time: batch.timestamps[row] as number, watermark, kind: kindOf(batch, row) });
        });
      },
      watermark: (time) => {
        assert.ok(time >= last, `the watermark went back from ${last} to ${time}`);
        last = time;
        if (told === null) return;
        told.watermark = time;
        const all = Math.min(...this.#instances.map((instance) => instance.told.watermark));
        if (all > (this.#forwarded.at(-1) ?? NO_WATERMARK)) this.#forwarded.push(all);
      },
      idle: (isIdle) => {
        if (told !== null) this.#idles.push(isIdle);
      },
    };
  }
}

function batchesOf(share: readonly ScriptElement[], mark: number): RecordBatch[] {
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({
    layout: null,
    emit: (batch) => batches.push(batch),
    origin: { port: "in", split: "0" },
  });
  share.forEach((element, offset) => {
    if (element.kind === "rec") {
      builder.append(element.value, { timestamp: element.time, watermark: mark, rowKind: element.rowKind, offset });
    }
  });
  builder.flush();
  return batches;
}

export function recordsOf(batch: RecordBatch): unknown[] {
  return Array.from({ length: batch.length }, (_, row) => recordOf(batch, row));
}

function kindOf(batch: RecordBatch, row: number): ScriptRow["kind"] {
  const code = batch.rowKinds?.[row] ?? ROW_KINDS.insert;
  return (Object.keys(ROW_KINDS) as ScriptRow["kind"][]).find((kind) => ROW_KINDS[kind] === code) ?? "insert";
}

/** Rows per key, in order; the order across keys is nobody's promise. */
function byKey(rows: readonly ScriptRow[]): Map<string, ScriptRow[]> {
  const groups = new Map<string, ScriptRow[]>();
  for (const row of rows) {
    const { k, key } = Object(row.value) as { k?: unknown; key?: unknown };
    const name = JSON.stringify(key ?? k ?? null, (_name, part: unknown) =>
      typeof part === "bigint" ? `${part}n` : part,
    );
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [row]);
    else group.push(row);
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function errorText({ message, key, record }: ScriptError): string {
  return JSON.stringify({ message, key, record });
}
