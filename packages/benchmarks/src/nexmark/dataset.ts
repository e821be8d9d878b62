import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { NexmarkGenerator } from "./generator.ts";
import type { TableName } from "./model.ts";

/** A column of a whole table. */
export type TableColumn =
  | { readonly kind: "int32"; readonly values: Int32Array }
  | { readonly kind: "float64"; readonly values: Float64Array }
  | { readonly kind: "utf8"; readonly bytes: Uint8Array; readonly offsets: Int32Array; readonly lengths: Int32Array };

/** A table of decoded events, in order of coming. */
export interface Table {
  readonly rows: number;
  readonly columns: Readonly<Record<string, TableColumn>>;
}

/** Which events. */
export interface DatasetOptions {
  /** Events of all kinds. */
  readonly events: number;
  /** 1: in order; more: shuffled in groups of this many. */
  readonly groupSize: number;
  /** Between two events, microseconds of event time; default 100. */
  readonly gapMicros?: number;
}

const TABLE_OF = { person: "persons", auction: "auctions", bid: "bids" } as const;
/** Raised when the recipe or the form of the files changes. */
const VERSION = 1;
const FLUSH_CHARACTERS = 1 << 20;
/** Epoch milliseconds do not fit 32 bits; every other number of the model does. */
const FLOAT_FIELDS = new Set(["dateTime", "expires"]);

/** The events on disk, as JSON Lines and as columns; made on first use, in the system's folder for temporary files. */
export class Dataset {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  jsonLines(table: TableName): string {
    return join(this.folder, `${table}.jsonl`);
  }

  /** Of binary rows; `makeRows` makes it. */
  rows(table: TableName): string {
    return join(this.folder, `${table}.rows`);
  }

  table(name: TableName): Table {
    return deserialize(readFileSync(this.#columns(name))) as Table;
  }

  #columns(name: TableName): string {
    return join(this.folder, `${name}.columns`);
  }
}

/** The data set of these options; `onProgress` is told how many events are made. */
export function openDataset(options: DatasetOptions, onProgress: (made: number) => void = () => undefined): Dataset {
  const { events, groupSize, gapMicros = 100 } = options;
  const folder = join(
    tmpdir(),
    "tidemark-nexmark",
    `v${VERSION}-${events}-events-${gapMicros}-apart-groups-of-${groupSize}`,
  );
  if (existsSync(folder)) return new Dataset(folder);
  const making = `${folder}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  const writers = new Map(Object.values(TABLE_OF).map((name) => [name, new TableWriter(join(making, name))]));
  const generator = new NexmarkGenerator({ groupSize, gapMicros });
  for (let index = 0; index < events; index++) {
    const { kind, record } = generator.event(index);
    writers.get(TABLE_OF[kind])?.add(record);
    if (index % 100_000 === 0) onProgress(index);
  }
  for (const writer of writers.values()) writer.close();
  try {
    renameSync(making, folder);
  } catch (error) {
    // Another process was faster; its files are the same.
    rmSync(making, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return new Dataset(folder);
}

/** Takes records one by one, writes them as lines and keeps them as columns. */
class TableWriter {
  readonly #path: string;
  readonly #file: number;
  readonly #columns = new Map<string, number[] | TextBuilder>();
  #rows = 0;
  #lines = "";

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(`${path}.jsonl`, "w");
  }

  add(record: object): void {
    for (const [name, value] of Object.entries(record) as [string, number | string][]) {
      let column = this.#columns.get(name);
      if (column === undefined) this.#columns.set(name, (column = typeof value === "string" ? new TextBuilder() : []));
      if (typeof value === "string") (column as TextBuilder).add(value);
      else (column as number[]).push(value);
    }
    this.#rows++;
    this.#lines += `${JSON.stringify(record)}\n`;
    if (this.#lines.length >= FLUSH_CHARACTERS) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
    const columns: Record<string, TableColumn> = {};
    for (const [name, column] of this.#columns) {
      if (column instanceof TextBuilder) columns[name] = column.take();
      else if (FLOAT_FIELDS.has(name)) columns[name] = { kind: "float64", values: Float64Array.from(column) };
      else columns[name] = { kind: "int32", values: Int32Array.from(column) };
    }
    const file = openSync(`${this.#path}.columns`, "w");
    const bytes = serialize({ rows: this.#rows, columns } satisfies Table);
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
    closeSync(file);
  }

  #flush(): void {
    writeSync(this.#file, this.#lines);
    this.#lines = "";
  }
}

/** Strings of Latin letters, byte by byte. */
class TextBuilder {
  #bytes = new Uint8Array(1 << 16);
  #end = 0;
  readonly #offsets: number[] = [];
  readonly #lengths: number[] = [];

  add(text: string): void {
    while (this.#end + text.length > this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#offsets.push(this.#end);
    this.#lengths.push(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[this.#end++] = text.charCodeAt(i);
  }

  take(): TableColumn {
    return {
      kind: "utf8",
      bytes: this.#bytes.slice(0, this.#end),
      offsets: Int32Array.from(this.#offsets),
      lengths: Int32Array.from(this.#lengths),
    };
  }
}
