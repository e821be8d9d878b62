import { isMainThread } from "node:worker_threads";
import { TidemarkError } from "../foundation/error.ts";
import type { StandardStreams } from "../host/standard-streams.ts";
import { errnoOf } from "./disk-error.ts";
import { relayedInput } from "./relayed-input.ts";
import { threadData } from "./thread-data.ts";

/** Standard streams of the process. In a worker thread both directions are relayed through the main thread. */
export function nodeStreams(): StandardStreams {
  const input = standardInput();
  return {
    readInput: () => input.readPiece({ keepsAlive: true }),
    writeOutput: (bytes) => write(process.stdout, bytes, "standard output"),
    writeError: (bytes) => write(process.stderr, bytes, "standard error"),
  };
}

/** Standard input as this thread reaches it. */
export interface StandardInput {
  /** The next piece, null at the end; with `keepsAlive` the process does not end while someone waits for it. */
  readPiece(options: { readonly keepsAlive: boolean }): Promise<Uint8Array | null>;
}

/** Reads standard input, in a thread of {@link threadData} by way of the thread that started it. */
export function standardInput(): StandardInput {
  if (isMainThread) return ownInput();
  const port = threadData()?.input;
  if (port === undefined) {
    const refusal = new TidemarkError("TM_INTERNAL", "standard input belongs to the main thread; read it there");
    return { readPiece: () => Promise.reject(refusal) };
  }
  let relayed: (() => Promise<Uint8Array | null>) | null = null;
  return { readPiece: () => (relayed ??= relayedInput(port))() };
}

function ownInput(): StandardInput {
  return {
    async readPiece({ keepsAlive }) {
      pieces ??= (process.stdin as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
      // Only a read that someone awaits keeps the process alive. A file as standard input has no ref and needs none.
      if (keepsAlive) process.stdin.ref?.();
      try {
        const next = pieces.next();
        // Reading begins with a reference of its own.
        if (!keepsAlive) process.stdin.unref?.();
        const { done, value } = await next;
        return done === true ? null : value;
      } catch (error) {
        throw streamError(error, "read standard input");
      } finally {
        process.stdin.unref?.();
      }
    },
  };
}

/** There is one standard input, whoever reads it. */
let pieces: AsyncIterator<Uint8Array> | null = null;

const guarded = new WeakSet<NodeJS.WriteStream>();

function write(stream: NodeJS.WriteStream, bytes: Uint8Array, name: string): Promise<void> {
  if (!guarded.has(stream)) {
    guarded.add(stream);
    // Each write reports its own failure; without a listener the event would end the process as well.
    stream.on("error", () => {});
  }
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(streamError(error, `write to ${name}`));
    });
  });
}

function streamError(error: unknown, doing: string): TidemarkError {
  const errno = errnoOf(error);
  const why = errno === "EPIPE" ? "its reader has gone" : error instanceof Error ? error.message : String(error);
  return new TidemarkError("TM_IO", `cannot ${doing}: ${why}`, { cause: error, facts: { errno } });
}
