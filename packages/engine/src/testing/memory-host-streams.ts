import type { StandardStreams } from "../host/standard-streams.ts";
import type { MemoryLife } from "./memory-host-life.ts";

/** Standard streams that a test feeds and reads. */
export class MemoryStreams {
  readonly #input: Uint8Array[] = [];
  readonly #output: Uint8Array[] = [];
  readonly #error: Uint8Array[] = [];
  #ended = false;
  #wake: () => void = () => {};

  of(life: MemoryLife): StandardStreams {
    return {
      readInput: async () => {
        life.enter();
        while (this.#input.length === 0 && !this.#ended) {
          await new Promise<void>((resolve) => (this.#wake = resolve));
          life.enter();
        }
        return this.#input.shift() ?? null;
      },
      writeOutput: (bytes) => life.call(() => void this.#output.push(bytes.slice())),
      writeError: (bytes) => life.call(() => void this.#error.push(bytes.slice())),
    };
  }

  /** Gives the process a piece of standard input. */
  feed(piece: string | Uint8Array): void {
    this.#input.push(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
    this.#wake();
  }

  endInput(): void {
    this.#ended = true;
    this.#wake();
  }

  outputText(): string {
    return textOf(this.#output);
  }

  errorText(): string {
    return textOf(this.#error);
  }
}

function textOf(pieces: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
}
