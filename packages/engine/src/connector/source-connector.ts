import type { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";
import type { Host } from "../host/host.ts";
import type { Column } from "../record/column.ts";
import type { RecordLayout } from "../record/layout.ts";
import type { RecordSchema } from "../record/record-schema.ts";

/**
 * Contract of a source. The engine upholds: `splits` is called once per start, in the coordinating thread; each split is read by one
 * reader at a time; `openReader` gets the position that a committed checkpoint noted, or null for the beginning; after `close` no call.
 * The connector upholds: same split and position give the same records in the same order (replay); positions are small JSON; a record
 * it cannot decode is reported as invalid, never dropped; `poll` never blocks.
 */
export interface SourceConnector {
  /** As in a binding: "jsonl:flights.jsonl". */
  readonly description: string;
  readonly bounded: boolean;
  /**
   * The units of work, in a stable order. Ids are unique and stable over restarts; a restart may bring new splits (a new file), and one
   * that a checkpoint knows and that is gone is an error by the engine.
   */
  splits(context: ConnectorContext): Promise<readonly Split[]>;
  openReader(split: Split, position: Json | null, context: ReaderContext): Promise<SplitReader>;
}

export interface Split {
  readonly id: string;
  /** Whatever the connector needs to open it. */
  readonly details: Json;
}

export interface ConnectorContext {
  readonly host: Host;
  /** The port's name, for messages. */
  readonly port: string;
}

export interface ReaderContext extends ConnectorContext {
  readonly schema: RecordSchema;
}

export interface SplitReader {
  /** The next records, or that there are none now, or none ever. Synchronous: bytes are read ahead in the background, within a bound. */
  poll(): SourcePoll;
  /** Where to resume so that the next record is the first that `poll` has not given yet. */
  position(): Json;
  /** Resolves when `poll` has something else than waiting to say; rejects with what broke the source. */
  ready(): Promise<void>;
  /**
   * Called once, before the first `poll`, where a batch is done with at the next call of the reader and nobody keeps a column or an array of it:
   * their memory may then be used again. Not called: batches stay as they are. The engine never writes to them.
   */
  lend?(): void;
  close(): Promise<void>;
}

export type SourcePoll =
  | { readonly kind: "batch"; readonly batch: SourceBatch }
  | { readonly kind: "waiting" }
  | { readonly kind: "ended" };

/** Up to BATCH_ROWS_MAX decoded records of one split. */
export interface SourceBatch {
  readonly layout: RecordLayout;
  readonly length: number;
  readonly columns: readonly Column[];
  /** Per row the place in the source: byte offset of the line (decoded bytes for compressed files), or record number. */
  readonly offsets: Float64Array;
  readonly invalid: readonly InvalidRecord[];
  /** A watermark that the source itself knows to hold after these rows (scripts, tests); undefined: the engine derives it. */
  readonly watermark?: number;
}

/** An input record that could not be decoded or validated; it stood before row `beforeRow`. */
export interface InvalidRecord {
  readonly beforeRow: number;
  readonly offset: number;
  /** The input as text, cut to 4 KiB. */
  readonly raw: string;
  readonly error: TidemarkError;
}
