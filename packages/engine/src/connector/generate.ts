import { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";
import type { Host } from "../host/host.ts";
import type { Binding } from "./binding.ts";
import { RecordRows } from "./record-rows.ts";
import type { ReaderContext, SourceConnector, SourcePoll, Split, SplitReader } from "./source-connector.ts";

/** What a generated source makes. */
export interface GenerateOptions<T> {
  /** The record with this number; must be the same each time it is asked for. */
  readonly record: (index: number) => T;
  /** How many records in all; endless if left out. */
  readonly count?: number;
  /** Records per second and split; as fast as they are taken if left out. */
  readonly recordsPerSecond?: number;
  /** Units of work, 1 unless given. Split s of n makes the records s, s + n, s + 2n, …: the records are the same for any n. */
  readonly splits?: number;
}

/** The most splits of a generated source. */
const SPLITS_MAX = 1_024;

/** A source whose records come from a function of their number. Its position is the next number. */
export function generate<T>(options: GenerateOptions<T>): Binding {
  const { splits = 1, count, recordsPerSecond } = options;
  if (!Number.isInteger(splits) || splits < 1 || splits > SPLITS_MAX)
    throw invalid("splits", splits, `an integer from 1 to ${SPLITS_MAX}`);
  if (count !== undefined && !(Number.isSafeInteger(count) && count >= 0))
    throw invalid("count", count, "an integer, 0 or more");
  if (recordsPerSecond !== undefined && !(recordsPerSecond > 0))
    throw invalid("recordsPerSecond", recordsPerSecond, "above 0");
  return { description: "generate", source: new GeneratedSource(options) };
}

function invalid(option: string, given: number, wanted: string): TidemarkError {
  return new TidemarkError("TM_BINDING", `${option} of a generated source must be ${wanted}`, { facts: { given } });
}

class GeneratedSource implements SourceConnector {
  readonly description = "generate";
  readonly bounded: boolean;
  readonly #options: GenerateOptions<unknown>;

  constructor(options: GenerateOptions<unknown>) {
    this.#options = options;
    this.bounded = options.count !== undefined;
  }

  splits(): Promise<readonly Split[]> {
    const { splits = 1 } = this.#options;
    return Promise.resolve(
      Array.from({ length: splits }, (_, split) => ({ id: `${split}`, details: { first: split, step: splits } })),
    );
  }

  openReader(split: Split, position: Json | null, context: ReaderContext): Promise<SplitReader> {
    const { first, step } = split.details as { readonly first: number; readonly step: number };
    const next = position === null ? first : nextOf(position, split.id);
    return Promise.resolve(new GeneratedReader(this.#options, { next, step, context }));
  }
}

function nextOf(position: Json, split: string): number {
  const next = typeof position === "object" && position !== null && "next" in position ? position.next : undefined;
  if (typeof next === "number" && Number.isSafeInteger(next) && next >= 0) return next;
  throw new TidemarkError(
    "TM_SOURCE",
    "a checkpoint holds a position that a generated source did not make. Bind the port as it was bound then, or start the job afresh",
    {
      facts: { split, position: JSON.stringify(position).slice(0, 200) },
    },
  );
}

class GeneratedReader implements SplitReader {
  readonly #options: GenerateOptions<unknown>;
  readonly #host: Host;
  readonly #schema: ReaderContext["schema"];
  readonly #step: number;
  readonly #startedAt: number;
  /** Records given since the reader was opened, for the rate. */
  #given = 0;
  #next: number;
  #failure: TidemarkError | null = null;
  #wait: { readonly over: Promise<void>; cancel(): void } | null = null;

  constructor(options: GenerateOptions<unknown>, reader: { next: number; step: number; context: ReaderContext }) {
    this.#options = options;
    this.#host = reader.context.host;
    this.#schema = reader.context.schema;
    this.#next = reader.next;
    this.#step = reader.step;
    this.#startedAt = this.#host.clock.monotonicMs();
  }

  poll(): SourcePoll {
    if (this.#failure !== null) return { kind: "waiting" };
    if (this.#hasEnded()) return { kind: "ended" };
    const rows = new RecordRows(this.#schema);
    for (let due = this.#due(); due > 0 && !rows.isFull && !this.#hasEnded(); due--) {
      const index = this.#next;
      const record = this.#make(index);
      if (this.#failure !== null) break;
      rows.add(record, index);
      this.#next = index + this.#step;
      this.#given++;
    }
    return rows.isEmpty ? { kind: "waiting" } : { kind: "batch", batch: rows.take() };
  }

  position(): Json {
    return { next: this.#next };
  }

  async ready(): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#hasEnded() || this.#due() > 0) return;
    this.#wait ??= this.#startWait();
    await this.#wait.over;
    this.#wait = null;
  }

  close(): Promise<void> {
    this.#wait?.cancel();
    return Promise.resolve();
  }

  /** Waits until the rate allows one more record. */
  #startWait(): { over: Promise<void>; cancel(): void } {
    const { recordsPerSecond = 1 } = this.#options;
    const { clock, timers } = this.#host;
    const dueAt = this.#startedAt + ((this.#given + 1) * 1_000) / recordsPerSecond;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = timers.after(Math.max(1, Math.ceil(dueAt - clock.monotonicMs())), resolve);
    return {
      over: promise,
      cancel() {
        cancel();
        resolve();
      },
    };
  }

  #hasEnded(): boolean {
    const { count } = this.#options;
    return count !== undefined && this.#next >= count;
  }

  /** Records that the rate allows now. */
  #due(): number {
    const { recordsPerSecond } = this.#options;
    if (recordsPerSecond === undefined) return Number.POSITIVE_INFINITY;
    const elapsedMs = this.#host.clock.monotonicMs() - this.#startedAt;
    return Math.floor((elapsedMs * recordsPerSecond) / 1_000) - this.#given;
  }

  #make(index: number): unknown {
    try {
      return this.#options.record(index);
    } catch (error) {
      this.#failure = new TidemarkError(
        "TM_USER_CODE",
        `the record function of a generated source threw: ${error instanceof Error ? error.message : String(error)}`,
        {
          cause: error,
          facts: { index },
        },
      );
      return undefined;
    }
  }
}
