import { generate } from "../../record/code-generation.ts";
import type { Column } from "../../record/column.ts";
import type { RecordLayout } from "../../record/layout.ts";
import { arrangeFields } from "./field-places.ts";
import type { ImageMemory, TextRegion } from "./image-memory.ts";
import { imageSource } from "./record-image-source.ts";
import { shapeOf } from "./record-form.ts";

/** Where the images of a batch's rows go, by row. */
export interface ImagePlaces {
  /** Bytes of each, as a block has them. */
  readonly sizes: Int32Array;
  /** First long of each. */
  readonly images: Int32Array;
  /** Where the texts of each column of texts lie. */
  readonly regions: readonly TextRegion[];
}

/** Columns that texts of images are read from. */
export interface ImageColumns {
  /** Of the layout; good from when `bytes` was set. */
  readonly columns: readonly Column[];
  /** The memory of the images. */
  set bytes(bytes: Uint8Array);
}

/**
 * Makes blocks of records (see RecordForm) side by side in one memory, and columns of them, each a loop over one field of many rows. An image
 * is what a block has, from its head on.
 */
export interface RecordImages {
  /** Finds sizes and regions of `count` rows from row `from` on; how many rows have images: a text that is only a string ends them. */
  measure(
    columns: readonly Column[],
    from: number,
    count: number,
    sizes: Int32Array,
    regions: readonly TextRegion[],
  ): number;
  /** Writes the images of rows. */
  compose(columns: readonly Column[], from: number, count: number, places: ImagePlaces, memory: ImageMemory): void;
  /** Writes rows `from` to `end` of columns from the images that begin at those longs. */
  extract(sources: Int32Array, from: number, end: number, memory: ImageMemory, to: ImageColumns): void;
  columns(rows: number): ImageColumns;
}

/** Images of the records of a layout that `hasImages`; a loop of its own for each caller. Needs generated code. */
export function recordImages(layout: RecordLayout): RecordImages {
  const { places, fixedBytes } = arrangeFields(layout);
  const source = imageSource({ places, fixedBytes, shape: shapeOf(layout) });
  return generate([], source)() as RecordImages;
}

/** True where all fields are numbers, booleans and texts with bytes, that are there or null. */
export function hasImages(layout: RecordLayout): boolean {
  const { shape, fields } = layout;
  return (
    shape === "struct" && fields.every(({ kind, optional }) => kind !== "json" && kind !== "dictionary" && !optional)
  );
}
