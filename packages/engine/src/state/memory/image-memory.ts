import { BATCH_ROWS_MAX } from "../../record/batch.ts";
import { type KernelMemory, kernelMemory } from "../../record/kernels/kernel-memory.ts";
import { type Kernels, openKernels } from "../../record/kernels/kernels.ts";
import { webAssembly } from "../../record/kernels/web-assembly.ts";
import { copyText, viewOf } from "./copy-text.ts";
import { type Chunk, chunkOf } from "./value-arena.ts";

/** A small memory is a plain one: address space for thousands of linear memories is not free. */
const PLAIN_BYTES_MAX = 65_536;
/** Far more than is asked for. */
const LINEAR_BYTES_MAX = 2 ** 28;
const LENGTHS_AT = 0;
const OFFSETS_AT = BATCH_ROWS_MAX * 4;
const ENDS_AT = BATCH_ROWS_MAX * 8;

/** The long at which images begin; what appending texts wants lies before. */
export const FIRST_IMAGE: number = (BATCH_ROWS_MAX * 12) / 8;

/** Where the texts of some rows lie in a column's bytes. */
export interface TextRegion {
  first: number;
  end: number;
  /** Bytes of the texts. */
  sum: number;
}

/** Memory for the images of a batch. Its arrays are replaced by `reserve`, and what was in it is lost. */
export class ImageMemory implements Chunk {
  bytes!: Uint8Array;
  ints!: Int32Array;
  floats!: Float64Array;
  longs!: BigInt64Array;
  view!: DataView;
  /** Of the texts to be appended, by row: how many bytes, where in the column, and where they go, which appending moves behind them. */
  lengths!: Int32Array;
  offsets!: Int32Array;
  ends!: Int32Array;
  #canBeLinear: boolean;
  #linear: KernelMemory | null = null;
  #kernels: Kernels | null = null;
  /** Free from here on. */
  #end = 0;

  /** `kernels`: false for texts appended without a kernel, for tests. */
  constructor({ kernels = true }: { readonly kernels?: boolean } = {}) {
    this.#canBeLinear = kernels && webAssembly() !== null;
    this.#show(chunkOf(2 * FIRST_IMAGE).bytes.buffer);
  }

  /** Makes room for images up to the long `end`, and to append texts of the regions. */
  reserve(end: number, regions: readonly TextRegion[]): void {
    this.#end = end * 8;
    let most = 0;
    for (const region of regions) if (isDense(region)) most = Math.max(most, region.end - region.first);
    const bytes = this.#end + most;
    if (bytes <= this.bytes.length) return;
    const wanted = 2 ** (32 - Math.clz32(bytes - 1));
    if (bytes > PLAIN_BYTES_MAX && this.#canBeLinear && this.#growLinear(wanted)) return;
    this.#linear = null;
    this.#kernels = null;
    if (bytes > PLAIN_BYTES_MAX) this.#canBeLinear = false;
    this.#show(chunkOf(wanted / 8).bytes.buffer);
  }

  /** Appends a text of each of `count` rows from a column's bytes. */
  appendTexts(source: Uint8Array, region: TextRegion, count: number): void {
    if (this.#kernels !== null && isDense(region)) {
      this.bytes.set(source.subarray(region.first, region.end), this.#end);
      this.#kernels.appendTexts(this.#end - region.first, OFFSETS_AT, LENGTHS_AT, ENDS_AT, count);
      return;
    }
    const { bytes, view, lengths, offsets, ends } = this;
    const sourceView = viewOf(source);
    for (let k = 0; k < count; k++) {
      const length = lengths[k] as number;
      const end = ends[k] as number;
      if (length === 0) continue;
      copyText(source, sourceView, offsets[k] as number, bytes, view, end, length);
      ends[k] = end + length;
    }
  }

  #growLinear(bytes: number): boolean {
    this.#linear ??= kernelMemory({ bytes, bytesMax: LINEAR_BYTES_MAX });
    const linear = this.#linear;
    if (linear.wasm === null || !linear.reserve(bytes)) return false;
    this.#kernels ??= openKernels(linear);
    this.#show(linear.views().bytes.buffer);
    return true;
  }

  #show(buffer: ArrayBufferLike): void {
    this.bytes = new Uint8Array(buffer);
    this.ints = new Int32Array(buffer);
    this.floats = new Float64Array(buffer);
    this.longs = new BigInt64Array(buffer);
    this.view = new DataView(buffer);
    this.lengths = new Int32Array(buffer, LENGTHS_AT, BATCH_ROWS_MAX);
    this.offsets = new Int32Array(buffer, OFFSETS_AT, BATCH_ROWS_MAX);
    this.ends = new Int32Array(buffer, ENDS_AT, BATCH_ROWS_MAX);
  }
}

/** The region is hardly more than the texts: it pays to copy it as it is. */
function isDense({ first, end, sum }: TextRegion): boolean {
  return end - first <= sum * 2 + 1_024;
}
