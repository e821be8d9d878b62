import type { Table, TableColumn } from "../nexmark/dataset.ts";
import { mixText } from "../nexmark/checksum.ts";

type Text = TableColumn & { readonly kind: "utf8" };

/** The bids as a hand-written loop has them. */
export interface BidColumns {
  readonly rows: number;
  readonly auction: Int32Array;
  readonly bidder: Int32Array;
  readonly price: Int32Array;
  readonly dateTime: Float64Array;
  readonly channel: Text;
  readonly url: Text;
  readonly extra: Text;
}

export function bidColumns({ rows, columns }: Table): BidColumns {
  const values = (name: string): Int32Array => {
    const column = columns[name];
    if (column?.kind !== "int32") throw new Error(`column ${name} holds no integers`);
    return column.values;
  };
  const text = (name: string): Text => {
    const column = columns[name];
    if (column?.kind !== "utf8") throw new Error(`column ${name} holds no text`);
    return column;
  };
  const { dateTime } = columns;
  if (dateTime?.kind !== "float64") throw new Error("column dateTime holds no times");
  return {
    rows,
    auction: values("auction"),
    bidder: values("bidder"),
    price: values("price"),
    dateTime: dateTime.values,
    channel: text("channel"),
    url: text("url"),
    extra: text("extra"),
  };
}

/** Mixes the text of a row into a hash. */
export function mixTextOf(hash: number, { bytes, offsets, lengths }: Text, row: number): number {
  const length = lengths[row] as number;
  return mixText(hash, length, length === 0 ? 0 : (bytes[offsets[row] as number] as number));
}
