import { assert } from "../foundation/assert.ts";
import type { CommitPermit } from "../foundation/commit-permit.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";
import type { Host } from "../host/host.ts";
import { ROW_KINDS, type RecordBatch } from "../record/batch.ts";
import { recordOf } from "../record/row-copy.ts";
import type { Binding } from "./binding.ts";
import type { PreparedOutput, SinkCommitter, SinkConnector, SinkWriter, WriterContext } from "./sink-connector.ts";

/** A record as it reached a memory sink. */
export interface MemoryRow {
  readonly record: unknown;
  /** Event time, epoch ms; -Infinity where the source declares none. */
  readonly timestamp: number;
  /** Kind of change; "insert" on a stream that is no changelog. */
  readonly rowKind: keyof typeof ROW_KINDS;
}

/** A sink that keeps records in this thread's memory: the outside world of a test. It survives a crash of the job. */
export interface MemorySink extends Binding {
  readonly sink: SinkConnector;
  /** Records that readers may see, in order. At-least-once: everything written. */
  readonly committed: readonly unknown[];
  /** The same with event time and kind of change. */
  readonly committedRows: readonly MemoryRow[];
  /** Every record ever written, also those that a crash undid. */
  readonly written: readonly unknown[];
  /** Forgets everything, for a fresh job. */
  clear(): void;
}

/**
 * Keeps committed records in memory, exactly once unless asked for at-least-once. For a job that runs in the calling thread: what
 * is prepared stays in this object, and the checkpoint only names it.
 */
export function memorySink(options: { guarantee?: SinkConnector["guarantee"] } = {}): MemorySink {
  const store = new MemoryStore();
  const { guarantee = "exactly-once" } = options;
  const isExact = guarantee === "exactly-once";
  return {
    description: "memory",
    sink: {
      description: "memory",
      guarantee,
      openWriter: (context) => Promise.resolve(new MemoryWriter(store, context, isExact)),
      openCommitter: ({ host }) => Promise.resolve(isExact ? new MemoryCommitter(store, host) : NO_COMMIT),
    },
    get committed() {
      return store.committed.map((row) => row.record);
    },
    get committedRows() {
      return [...store.committed];
    },
    get written() {
      return [...store.written];
    },
    clear: () => {
      store.clear();
    },
  };
}

class MemoryStore {
  committed: MemoryRow[] = [];
  written: unknown[] = [];
  readonly staged = new Map<string, readonly MemoryRow[]>();

  clear(): void {
    this.committed = [];
    this.written = [];
    this.staged.clear();
  }
}

const ROW_KIND_NAMES = Object.keys(ROW_KINDS) as readonly (keyof typeof ROW_KINDS)[];

function rowsOf(batch: RecordBatch): MemoryRow[] {
  return Array.from({ length: batch.length }, (_, row) => ({
    record: recordOf(batch, row),
    timestamp: batch.timestamps[row] as number,
    rowKind: ROW_KIND_NAMES[batch.rowKinds?.[row] ?? ROW_KINDS.insert] as keyof typeof ROW_KINDS,
  }));
}

class MemoryWriter implements SinkWriter {
  readonly borrows = true;
  readonly #store: MemoryStore;
  readonly #context: WriterContext;
  readonly #isExact: boolean;
  #rows: MemoryRow[] = [];

  constructor(store: MemoryStore, context: WriterContext, isExact: boolean) {
    this.#store = store;
    this.#context = context;
    this.#isExact = isExact;
  }

  write(batch: RecordBatch): void {
    const rows = rowsOf(batch);
    for (const { record } of rows) this.#store.written.push(record);
    (this.#isExact ? this.#rows : this.#store.committed).push(...rows);
  }

  backlogBytes(): number {
    return 0;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  async prepare(checkpoint: number): Promise<Json> {
    const rows = this.#rows;
    this.#rows = [];
    const { host, epoch, writer } = this.#context;
    host.failpoint("checkpoint.sink.before-prepare");
    const staged = `${checkpoint}-${epoch}-${writer}`;
    if (rows.length > 0) this.#store.staged.set(staged, rows);
    host.failpoint("checkpoint.sink.after-prepare");
    return rows.length === 0 ? null : { staged, rows: rows.length };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Commits nothing: an at-least-once sink has shown everything already. */
const NO_COMMIT: SinkCommitter = {
  plan: () => null,
  commit: () => Promise.resolve(),
  recover: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

class MemoryCommitter implements SinkCommitter {
  readonly #store: MemoryStore;

  readonly #host: Host;

  constructor(store: MemoryStore, host: Host) {
    this.#store = store;
    this.#host = host;
  }

  plan(prepared: readonly PreparedOutput[]): Json {
    const from = this.#store.committed.length;
    return { from, to: prepared.reduce((to, { output }) => to + (output === null ? 0 : stagedOf(output).rows), from) };
  }

  async commit(_permit: CommitPermit, plan: Json, prepared: readonly PreparedOutput[]): Promise<void> {
    const { from } = planOf(plan);
    assert(from === this.#store.committed.length, "a memory sink's commits came out of order");
    this.#host.failpoint("commit.before");
    this.#complete(prepared);
    this.#host.failpoint("commit.after");
  }

  async recover(permit: CommitPermit | null, plan: Json, prepared: readonly PreparedOutput[]): Promise<void> {
    const { from, to } = permit === null || plan === null ? { from: 0, to: 0 } : planOf(plan);
    const rows = this.#store.committed.length;
    if (rows !== from && rows !== to) {
      throw new TidemarkError(
        "TM_SINK_CHANGED",
        "a memory sink does not hold what the checkpoint committed to it. Restart with the same sink object, or clear() it for a fresh job",
        {
          facts: { rows, committedFrom: from, committedTo: to },
        },
      );
    }
    if (rows !== to) this.#complete(prepared);
    this.#store.staged.clear();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #complete(prepared: readonly PreparedOutput[]): void {
    const staged = prepared.filter(({ output }) => output !== null).map(({ output }) => stagedOf(output));
    const rows = staged.map(({ name }) => this.#store.staged.get(name));
    for (const [index, part] of rows.entries()) {
      if (part !== undefined) continue;
      throw new TidemarkError(
        "TM_SINK_CHANGED",
        "what was prepared for a memory sink is not in this thread. Run the job in the calling thread, with the same sink object",
        {
          facts: { staged: staged[index]?.name },
        },
      );
    }
    // Not push(...part): as many arguments as a checkpoint may have rows do not fit on the stack.
    for (const part of rows) for (const row of part as readonly MemoryRow[]) this.#store.committed.push(row);
    for (const { name } of staged) this.#store.staged.delete(name);
  }
}

function stagedOf(output: Json): { name: string; rows: number } {
  const { staged, rows } = output as { readonly staged?: Json; readonly rows?: Json };
  if (typeof staged === "string" && typeof rows === "number") return { name: staged, rows };
  throw otherSink(output);
}

function planOf(plan: Json): { from: number; to: number } {
  const { from, to } = plan as { readonly from?: Json; readonly to?: Json };
  if (typeof from === "number" && typeof to === "number") return { from, to };
  throw otherSink(plan);
}

function otherSink(value: Json): TidemarkError {
  return new TidemarkError(
    "TM_SINK_CHANGED",
    "the checkpoint committed to another kind of sink, not to memory. Bind the port as it was bound then, or start the job afresh",
    {
      facts: { found: JSON.stringify(value).slice(0, 200) },
    },
  );
}
