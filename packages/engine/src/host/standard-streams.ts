/** Standard input and output of the process. A worker thread's reads and writes are relayed by its host. */
export interface StandardStreams {
  /** Pieces of standard input as they arrive; null at its end. */
  readInput(): Promise<Uint8Array | null>;
  /** Writes to standard output; resolves when it was taken (back-pressure). */
  writeOutput(bytes: Uint8Array): Promise<void>;
  writeError(bytes: Uint8Array): Promise<void>;
}
