import type { ByteReader } from "../byte-reader.ts";
import type { ByteWriter } from "../byte-writer.ts";
import { ByteWriter as PlainWriter } from "../byte-writer.ts";
import { readPlain, writePlain } from "../payload-value.ts";
import type { PaneState, ValueDescriptor } from "../state-backend.ts";
import type { Journal } from "./journal.ts";
import { MemoryPaneSlotState } from "./pane-slot-state.ts";
import type { RowTable } from "./row-table.ts";

const CHUNK_ROWS = 1_024;
const scratch = new PlainWriter();

/** A value per pane and row, kept by copy: pane slots whose only field it is. */
export class MemoryPaneState extends MemoryPaneSlotState implements PaneState<unknown> {
  constructor(table: RowTable, journal: Journal, { operator, name, codec }: ValueDescriptor & { operator: string }) {
    super(table, journal, { operator, name, fields: [{ name: "value", kind: "value", initial: 0, codec }] });
  }

  get(row: number, pane: number): unknown {
    const at = this.find(row, pane);
    return at < 0 ? undefined : this.value(at, 0);
  }

  set(row: number, pane: number, accumulator: unknown): void {
    const bytes = this.encoded(accumulator, 0);
    this.setBytes(this.claim(row, pane), 0, bytes);
  }

  forEach(pane: number, visit: (row: number, accumulator: unknown) => void): void {
    const rows = new Int32Array(CHUNK_ROWS);
    const slots = new Int32Array(CHUNK_ROWS);
    for (let from = 0; ;) {
      const count = this.scan(pane, from, rows, slots);
      if (count === 0) return;
      for (let i = 0; i < count; i++) visit(rows[i] as number, this.value(slots[i] as number, 0));
      from += count;
    }
  }

  override read(reader: ByteReader, row: number): void {
    const pane = reader.f64();
    if (Number.isNaN(pane)) reader.fail("a pane has no start");
    scratch.reset();
    writePlain(scratch, readPlain(reader));
    this.setBytes(this.claim(row, pane), 0, scratch.written());
  }

  /** A payload has the value alone, and says nothing of fields. */
  override writeHead(): void {}
  override readHead(): void {}

  protected override writeFrozen(writer: ByteWriter, words: Float64Array): void {
    writer.raw(this.frozenValue(words[0] as number, 0));
  }
}
