import type { StandardStreams } from "@tidemark/engine/host";
import type { Life } from "./life.ts";
import type { Scheduler } from "./scheduler.ts";

/** Standard streams of one process, and what feeds and reads them from outside. */
export class SimulatedStreams {
  readonly #scheduler: Scheduler;
  readonly #input: Uint8Array[] = [];
  readonly #readers: (() => void)[] = [];
  readonly #output: Uint8Array[] = [];
  readonly #error: Uint8Array[] = [];
  #hasEnded = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** The streams as a process or a thread of it sees them. */
  of(life: Life): StandardStreams {
    const event = <T>(what: string, run: () => T): Promise<T> =>
      new Promise((resolve) => {
        this.#scheduler.schedule({ kind: "stream", actor: life.name, what, life, run: () => resolve(run()) });
      });
    return {
      readInput: async () => {
        while (this.#input.length === 0 && !this.#hasEnded)
          await new Promise<void>((wake) => void this.#readers.push(wake));
        return event("read of standard input", () => this.#input.shift() ?? null);
      },
      writeOutput: (bytes) => event(`${bytes.length} bytes of output`, () => void this.#output.push(bytes.slice())),
      writeError: (bytes) => event(`${bytes.length} bytes of errors`, () => void this.#error.push(bytes.slice())),
    };
  }

  /** Gives the process a piece of standard input. */
  feed(piece: string | Uint8Array): void {
    this.#input.push(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
    this.#wake();
  }

  endInput(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  outputText(): string {
    return textOf(this.#output);
  }

  errorText(): string {
    return textOf(this.#error);
  }

  #wake(): void {
    for (const wake of this.#readers.splice(0)) wake();
  }
}

function textOf(pieces: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
}
