import {
  RecordWriter,
  TidemarkError,
  type Binding,
  type Json,
  type ReaderContext,
  type SourceConnector,
  type SourcePoll,
  type Split,
  type SplitReader,
} from "@tidemark/engine/connector";

/** How fast the records of a list come. */
export interface ListPace {
  readonly batchRows: number;
  readonly paceMs: number;
}

/** A source whose splits are lists of records; the position is the number of the next one. It gives a few at a time, at its own pace. */
export function listSource(splits: readonly (readonly unknown[])[], pace: ListPace): Binding {
  return { description: "list", source: new ListSource(splits, pace) };
}

class ListSource implements SourceConnector {
  readonly description = "list";
  readonly bounded = true;
  readonly #splits: readonly (readonly unknown[])[];
  readonly #pace: ListPace;

  constructor(splits: readonly (readonly unknown[])[], pace: ListPace) {
    this.#splits = splits;
    this.#pace = pace;
  }

  splits(): Promise<readonly Split[]> {
    return Promise.resolve(this.#splits.map((_, index) => ({ id: String(index), details: null })));
  }

  openReader(split: Split, position: Json | null, context: ReaderContext): Promise<SplitReader> {
    const records = this.#splits[Number(split.id)] ?? [];
    const next = (position as { readonly next: number } | null)?.next ?? 0;
    return Promise.resolve(new ListReader(records, { next, pace: this.#pace, context }));
  }
}

class ListReader implements SplitReader {
  readonly #records: readonly unknown[];
  readonly #pace: ListPace;
  readonly #context: ReaderContext;
  #next: number;
  #dueAtMs: number;
  #cancel: () => void = () => undefined;
  #wake: () => void = () => undefined;

  constructor(records: readonly unknown[], at: { next: number; pace: ListPace; context: ReaderContext }) {
    this.#records = records;
    this.#next = at.next;
    this.#pace = at.pace;
    this.#context = at.context;
    this.#dueAtMs = at.context.host.clock.monotonicMs() + at.pace.paceMs;
  }

  poll(): SourcePoll {
    if (this.#next >= this.#records.length) return { kind: "ended" };
    const { host, schema } = this.#context;
    if (host.clock.monotonicMs() < this.#dueAtMs) return { kind: "waiting" };
    this.#dueAtMs += this.#pace.paceMs;
    const writer = new RecordWriter(schema.layout);
    const from = this.#next;
    const to = Math.min(from + this.#pace.batchRows, this.#records.length);
    for (let index = from; index < to; index++) {
      const checked = schema.trust
        ? { ok: true as const, value: this.#records[index] }
        : schema.validate(this.#records[index]);
      const misfit = checked.ok ? writer.append(checked.value) : { message: checked.issues };
      if (misfit !== null)
        throw new TidemarkError("TM_RECORD", `a record of a scenario does not fit its schema: ${misfit.message}`);
    }
    this.#next = to;
    const offsets = Float64Array.from({ length: to - from }, (_, row) => from + row);
    const { layout } = schema;
    return { kind: "batch", batch: { layout, length: to - from, columns: writer.take(), offsets, invalid: [] } };
  }

  position(): Json {
    return { next: this.#next };
  }

  async ready(): Promise<void> {
    const { clock, timers } = this.#context.host;
    const waitMs = this.#dueAtMs - clock.monotonicMs();
    if (this.#next >= this.#records.length || waitMs <= 0) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#cancel = timers.after(Math.ceil(waitMs), resolve);
    });
  }

  close(): Promise<void> {
    this.#cancel();
    this.#wake();
    return Promise.resolve();
  }
}
