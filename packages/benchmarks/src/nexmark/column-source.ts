import type { Binding } from "@tidemark/engine";
import {
  BATCH_ROWS_MAX,
  type Column,
  type Field,
  type Json,
  type ReaderContext,
  type RecordLayout,
  type SourceBatch,
  type SourceConnector,
  type SourcePoll,
  type Split,
  type SplitReader,
  TidemarkError,
} from "@tidemark/engine/connector";
import type { Table, TableColumn } from "./dataset.ts";

/** A source whose events are decoded already: it serves slices of columns, without a copy. */
export function columnSource(table: Table): Binding {
  return { description: "columns", source: new ColumnSource(table) };
}

class ColumnSource implements SourceConnector {
  readonly description = "columns";
  readonly bounded = true;
  readonly #table: Table;
  /** Made with the source, before a run begins. */
  readonly #offsets: Float64Array;

  constructor(table: Table) {
    this.#table = table;
    this.#offsets = new Float64Array(table.rows);
    for (let row = 0; row < table.rows; row++) this.#offsets[row] = row;
  }

  splits(): Promise<readonly Split[]> {
    return Promise.resolve([{ id: "all", details: null }]);
  }

  openReader(_split: Split, position: Json | null, context: ReaderContext): Promise<SplitReader> {
    const { row } = (position ?? { row: 0 }) as { readonly row: number };
    return Promise.resolve(new ColumnReader(this.#table, this.#offsets, { layout: context.schema.layout, row }));
  }
}

/** A batch without the arrays that a run fills. */
interface Slice {
  readonly length: number;
  readonly columns: readonly Column[];
  readonly offsets: Float64Array;
}

class ColumnReader implements SplitReader {
  readonly #layout: RecordLayout;
  readonly #slices: readonly Slice[];
  #next: number;

  constructor(table: Table, offsets: Float64Array, { layout, row }: { layout: RecordLayout; row: number }) {
    this.#layout = layout;
    const slices: Slice[] = [];
    for (let from = 0; from < table.rows; from += BATCH_ROWS_MAX) {
      const to = Math.min(from + BATCH_ROWS_MAX, table.rows);
      slices.push({
        length: to - from,
        columns: layout.fields.map((field) => sliced(field, table.columns[field.name], { from, to })),
        offsets: offsets.subarray(from, to),
      });
    }
    this.#slices = slices;
    this.#next = Math.ceil(row / BATCH_ROWS_MAX);
  }

  poll(): SourcePoll {
    const slice = this.#slices[this.#next];
    if (slice === undefined) return { kind: "ended" };
    this.#next++;
    // Strings that a run decodes are the run's: kept here, the input would grow with what is read.
    const columns = slice.columns.map((column) =>
      column.kind === "utf8" ? { ...column, strings: new Array<string | undefined>(slice.length) } : column,
    );
    const batch: SourceBatch = {
      layout: this.#layout,
      length: slice.length,
      columns,
      offsets: slice.offsets,
      invalid: [],
    };
    return { kind: "batch", batch };
  }

  position(): Json {
    return { row: this.#next * BATCH_ROWS_MAX };
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function sliced(field: Field, column: TableColumn | undefined, { from, to }: { from: number; to: number }): Column {
  if (column === undefined || column.kind !== field.kind) {
    throw new TidemarkError("TM_SOURCE", `the table does not hold field "${field.name}" as the schema wants it`, {
      facts: { wanted: field.kind, held: column?.kind },
    });
  }
  if (column.kind === "utf8") {
    const { bytes, offsets, lengths } = column;
    return {
      kind: "utf8",
      presence: null,
      bytes,
      offsets: offsets.subarray(from, to),
      lengths: lengths.subarray(from, to),
      strings: [],
    };
  }
  if (column.kind === "int32") return { kind: "int32", presence: null, values: column.values.subarray(from, to) };
  return { kind: "float64", presence: null, values: column.values.subarray(from, to) };
}
