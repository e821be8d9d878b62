import { TidemarkError } from "../../foundation/error.ts";

/** Blocks are counted in cells of 8 bytes; a chunk has 1 MiB of them. */
const CHUNK_CELLS_BITS = 17;
const CHUNK_CELLS = 2 ** CHUNK_CELLS_BITS;
const FIRST_CHUNK_CELLS = 512;
/** Larger blocks are chunks of their own, which the process gets back when they are released. */
const SHARED_CELLS_MAX = CHUNK_CELLS / 8;
/** Addresses are positive int32. */
const CHUNKS_MAX = 2 ** (31 - CHUNK_CELLS_BITS);
/** Size classes: one for each size up to 16 cells, then four per doubling. */
const CLASSES = 60;

/** What a block of a value begins with: its shape and its size, int32 both. */
export const HEAD_BYTES = 8;

/** Views of the same bytes. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly ints: Int32Array;
  readonly floats: Float64Array;
  /** For copies of whole blocks: a quarter of the time that the same bytes take as int32. */
  readonly longs: BigInt64Array;
  readonly view: DataView;
}

/**
 * Blocks of bytes, 8-aligned, in chunks: what there is never moves, but for the first chunk while it is small. Released blocks are given
 * out again by size class. An address is a positive int32; 0 is none. The first 8 bytes of a released block hold the next free one.
 */
export class ValueArena {
  readonly #chunks: Chunk[] = [chunkOf(FIRST_CHUNK_CELLS)];
  /** Chunks that were blocks of their own and are gone. */
  readonly #freeChunks: number[] = [];
  readonly #freeBlocks = new Int32Array(CLASSES);
  /** The chunk that new blocks are cut from, and its first cell not yet given out; address 0 is not used. */
  #current = 0;
  #end = 1;
  /** Bytes in blocks that are given out. */
  bytes = 0;

  /** The chunk of an address; good until the next `allocate`. */
  chunk(at: number): Chunk {
    return this.#chunks[at >>> CHUNK_CELLS_BITS] as Chunk;
  }

  /** Where in its chunk a block begins, in bytes. */
  offset(at: number): number {
    return (at & (CHUNK_CELLS - 1)) << 3;
  }

  /** A block of at least `size` bytes, with anything in it. TM_STATE_FULL where there are no addresses left, or the machine has no more memory. */
  allocate(size: number): number {
    const cells = cellsOf(size);
    this.bytes += cells * 8;
    if (cells > SHARED_CELLS_MAX) return this.#allocateChunk(cells);
    const sizeClass = classOf(cells);
    const free = this.#freeBlocks[sizeClass] as number;
    if (free === 0) return this.#cut(cells);
    this.#freeBlocks[sizeClass] = this.chunk(free).ints[this.offset(free) >>> 2] as number;
    return free;
  }

  /** Makes an array that is large, and whose first word is not used, a block; nobody else writes to it from now on. 0: it is not large. */
  adopt(array: Float64Array): number {
    const cells = array.length;
    if (cells <= SHARED_CELLS_MAX || array.byteOffset !== 0 || cells * 8 !== array.buffer.byteLength) return 0;
    const index = this.#freeIndex();
    this.#chunks[index] = chunkOver(array.buffer as ArrayBuffer);
    this.bytes += cellsOf(cells * 8) * 8;
    return index * CHUNK_CELLS;
  }

  /** Bytes that a block of a size takes. */
  bytesOf(size: number): number {
    return cellsOf(size) * 8;
  }

  /** Gives back a block by the size it was allocated with. */
  release(at: number, size: number): void {
    const cells = cellsOf(size);
    this.bytes -= cells * 8;
    if (cells > SHARED_CELLS_MAX) {
      const index = at >>> CHUNK_CELLS_BITS;
      this.#chunks[index] = NO_CHUNK;
      this.#freeChunks.push(index);
      return;
    }
    const sizeClass = classOf(cells);
    this.chunk(at).ints[this.offset(at) >>> 2] = this.#freeBlocks[sizeClass] as number;
    this.#freeBlocks[sizeClass] = at;
  }

  /** A block of `size` bytes in place of one of `before` bytes, the same if it does; what was in it is lost. */
  replace(at: number, before: number, size: number): number {
    if (cellsOf(before) === cellsOf(size)) return at;
    const made = this.allocate(size);
    this.release(at, before);
    return made;
  }

  #cut(cells: number): number {
    if (this.#end + cells > (this.#chunks[this.#current] as Chunk).floats.length) this.#makeRoom(cells);
    const at = this.#current * CHUNK_CELLS + this.#end;
    this.#end += cells;
    return at;
  }

  #makeRoom(cells: number): void {
    const current = this.#chunks[this.#current] as Chunk;
    if (this.#end + cells > CHUNK_CELLS) {
      // What is left over is less than an eighth of it.
      this.#current = this.#newChunk(CHUNK_CELLS);
      this.#end = 0;
      return;
    }
    const wanted = Math.max(current.floats.length * 2, this.#end + cells);
    const grown = chunkOf(Math.min(CHUNK_CELLS, wanted));
    grown.bytes.set(current.bytes);
    this.#chunks[this.#current] = grown;
  }

  #allocateChunk(cells: number): number {
    return this.#newChunk(cells) * CHUNK_CELLS;
  }

  #freeIndex(): number {
    const index = this.#freeChunks.pop() ?? this.#chunks.length;
    if (index < CHUNKS_MAX) return index;
    throw new TidemarkError(
      "TM_STATE_FULL",
      "the values of one state take more than 16 GiB in a task; run the job with a higher parallelism, or let state expire",
    );
  }

  #newChunk(cells: number): number {
    const index = this.#freeIndex();
    try {
      this.#chunks[index] = chunkOf(cells);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new TidemarkError(
        "TM_STATE_FULL",
        "the machine has no more memory for the values of a task; clear state that is no longer needed, or run the job on more machines",
        { cause, facts: { bytesHeld: this.bytes, bytesNeeded: cells * 8 } },
      );
    }
    return index;
  }
}

/** Memory of so many cells, all 0. */
export function chunkOf(cells: number): Chunk {
  return chunkOver(new ArrayBuffer(cells * 8));
}

function chunkOver(buffer: ArrayBuffer): Chunk {
  return {
    bytes: new Uint8Array(buffer),
    ints: new Int32Array(buffer),
    floats: new Float64Array(buffer),
    longs: new BigInt64Array(buffer),
    view: new DataView(buffer),
  };
}

const NO_CHUNK = chunkOf(0);

/** Cells of a block for `size` bytes. */
function cellsOf(size: number): number {
  return fittingCells(Math.max(1, (size + 7) >>> 3));
}

/** Cells of a block with room for so many: as many as needed up to 16, then four sizes per doubling. */
export function fittingCells(cells: number): number {
  if (cells <= 16) return cells;
  const shift = 29 - Math.clz32(cells - 1);
  return (((cells - 1) >>> shift) + 1) << shift;
}

function classOf(cells: number): number {
  if (cells <= 16) return cells - 1;
  const shift = 29 - Math.clz32(cells - 1);
  return shift * 4 + ((cells - 1) >>> shift) + 4;
}
