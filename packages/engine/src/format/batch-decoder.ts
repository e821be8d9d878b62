import type { DecodedRecords } from "./record-decoder.ts";

/**
 * Turns a stream of bytes into batches of columns. The order of calls: `push` a piece, `decode` until it says false, `push` the next;
 * `end` after the last, then `decode` once more. `take` gives what was decoded at any time between.
 */
export interface BatchDecoder {
  /** Stream offset of the first byte that was not decoded yet: where to resume. */
  readonly nextOffset: number;
  /** True: nothing decoded waits to be taken. */
  readonly isEmpty: boolean;
  /** True: a piece may change once `decode` has said false after it; else batches may refer to it for ever. */
  readonly copiesPieces?: boolean;
  /** From now on a batch is done with before `decode` is called again, and its memory may be used again; before the first `push`. */
  lend?(): void;
  /** Gives the next piece; only after `decode` said false. The piece must not change later, but see `copiesPieces`. */
  push(piece: Uint8Array): void;
  /** No more pieces come. */
  end(): void;
  /** Decodes until the batch is full (true: take it) or what was pushed is used up (false). */
  decode(): boolean;
  /** What was decoded since the last call. */
  take(): DecodedRecords;
}
