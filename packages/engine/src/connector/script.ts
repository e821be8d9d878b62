import { assert } from "../foundation/assert.ts";
import { durationMs, type Duration } from "../foundation/duration.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";
import type { Host } from "../host/host.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import type { Binding } from "./binding.ts";
import { RecordRows } from "./record-rows.ts";
import type { ReaderContext, SourceConnector, SourcePoll, Split, SplitReader } from "./source-connector.ts";

/**
 * One step of a split's script: a record; a text that stands for an input that could not be decoded; a watermark that holds from here
 * on; a pause of the host's clock; the end.
 */
export type ScriptElement =
  | { readonly record: unknown }
  | { readonly malformed: string }
  | { readonly watermark: number }
  | { readonly wait: Duration }
  | "end";

/** A scripted source, and the handle that goes on writing its script while the job runs. */
export interface Script extends Binding {
  readonly source: SourceConnector;
  /** Adds steps to a split. After "end" there are none. */
  append(split: string, ...elements: readonly ScriptElement[]): void;
}

/** The one split of a script that is a plain list. */
export const SCRIPT_SPLIT = "0";

/**
 * A source for tests that plays a script per split. Where a script goes on after its last step, the split waits for `append`. Positions
 * count steps, so a job that restarts with the same script object resumes in it. The source is bounded if every script ends from the beginning.
 */
export function script(splits: readonly ScriptElement[] | Readonly<Record<string, readonly ScriptElement[]>>): Script {
  const bySplit: Readonly<Record<string, readonly ScriptElement[]>> = isList(splits)
    ? { [SCRIPT_SPLIT]: splits }
    : splits;
  const tracks = new Map(Object.entries(bySplit).map(([split, elements]) => [split, new Track(split, elements)]));
  const bounded = [...tracks.values()].every((track) => track.hasEnd);
  return {
    description: "script",
    source: new ScriptSource(tracks, bounded),
    append(split, ...elements) {
      trackOf(tracks, split).append(elements);
    },
  };
}

function isList(splits: unknown): splits is readonly ScriptElement[] {
  return Array.isArray(splits);
}

function trackOf(tracks: ReadonlyMap<string, Track>, split: string): Track {
  const track = tracks.get(split);
  if (track === undefined)
    throw new TidemarkError("TM_NOT_FOUND", "a script has no such split", {
      facts: { split, splits: [...tracks.keys()].join(", ") },
    });
  return track;
}

/** The script of one split, shared by all its readers. */
class Track {
  readonly split: string;
  readonly elements: ScriptElement[] = [];
  /** Called when steps were added. */
  readonly listeners = new Set<() => void>();

  constructor(split: string, elements: readonly ScriptElement[]) {
    this.split = split;
    this.append(elements);
  }

  get hasEnd(): boolean {
    return this.elements.at(-1) === "end";
  }

  append(elements: readonly ScriptElement[]): void {
    for (const element of elements) {
      if (this.hasEnd)
        throw new TidemarkError("TM_BINDING", "a script has steps after its end", { facts: { split: this.split } });
      this.elements.push(element);
    }
    for (const wake of [...this.listeners]) wake();
  }
}

class ScriptSource implements SourceConnector {
  readonly description = "script";
  readonly bounded: boolean;
  readonly #tracks: ReadonlyMap<string, Track>;

  constructor(tracks: ReadonlyMap<string, Track>, bounded: boolean) {
    this.#tracks = tracks;
    this.bounded = bounded;
  }

  splits(): Promise<readonly Split[]> {
    return Promise.resolve([...this.#tracks.keys()].map((id) => ({ id, details: null })));
  }

  openReader(split: Split, position: Json | null, context: ReaderContext): Promise<SplitReader> {
    const track = trackOf(this.#tracks, split.id);
    const next = position === null ? 0 : position;
    if (typeof next !== "number" || next > track.elements.length) {
      throw new TidemarkError(
        "TM_SOURCE",
        "a checkpoint's position is not in this script. Restart with the same script object",
        {
          facts: { split: split.id, position: JSON.stringify(position).slice(0, 200), steps: track.elements.length },
        },
      );
    }
    return Promise.resolve(new ScriptReader(track, next, context));
  }
}

class ScriptReader implements SplitReader {
  readonly #track: Track;
  readonly #host: Host;
  readonly #schema: RecordSchema;
  #next: number;
  /** Monotonic time at which the wait that `#next` names is over; null: not begun. */
  #waitUntil: number | null = null;
  #closed = Promise.withResolvers<void>();

  constructor(track: Track, next: number, context: ReaderContext) {
    this.#track = track;
    this.#next = next;
    this.#host = context.host;
    this.#schema = context.schema;
  }

  poll(): SourcePoll {
    const rows = new RecordRows(this.#schema);
    while (!rows.isFull) {
      const element = this.#track.elements[this.#next];
      if (element === undefined) break;
      if (element === "end" || "wait" in element) {
        // Rows before it go first; the next poll comes back here.
        if (!rows.isEmpty) break;
        if (element === "end") return { kind: "ended" };
        if (!this.#hasWaited(element.wait)) return { kind: "waiting" };
      } else if ("watermark" in element) {
        this.#next++;
        return { kind: "batch", batch: { ...rows.take(), watermark: element.watermark } };
      } else if ("record" in element) {
        rows.add(element.record, this.#next);
      } else {
        rows.refuse({
          offset: this.#next,
          raw: element.malformed,
          why: "the script says that this record is malformed",
        });
      }
      this.#next++;
    }
    return rows.isEmpty ? { kind: "waiting" } : { kind: "batch", batch: rows.take() };
  }

  position(): Json {
    return this.#next;
  }

  async ready(): Promise<void> {
    const element = this.#track.elements[this.#next];
    if (element === undefined) await this.#appended();
    else if (typeof element === "object" && "wait" in element && !this.#isOver(element.wait)) await this.#waited();
  }

  close(): Promise<void> {
    this.#closed.resolve();
    return Promise.resolve();
  }

  #hasWaited(wait: Duration): boolean {
    const isOver = this.#isOver(wait);
    if (isOver) this.#waitUntil = null;
    return isOver;
  }

  #isOver(wait: Duration): boolean {
    const now = this.#host.clock.monotonicMs();
    this.#waitUntil ??= now + durationMs(wait, "a wait of a script");
    return now >= this.#waitUntil;
  }

  async #waited(): Promise<void> {
    assert(this.#waitUntil !== null, "a script waits for nothing");
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#host.timers.after(this.#waitUntil - this.#host.clock.monotonicMs(), resolve);
    await Promise.race([promise, this.#closed.promise]);
    cancel();
  }

  async #appended(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#track.listeners.add(resolve);
    await Promise.race([promise, this.#closed.promise]);
    this.#track.listeners.delete(resolve);
  }
}
