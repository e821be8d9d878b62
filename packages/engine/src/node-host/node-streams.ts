import { isMainThread } from "node:worker_threads";
import { TidemarkError } from "../foundation/error.ts";
import type { StandardStreams } from "../host/standard-streams.ts";
import { errnoOf } from "./disk-error.ts";

/** Standard streams of the process. In a worker thread output is relayed through the main thread and input is refused. */
export function nodeStreams(): StandardStreams {
  let input: AsyncIterator<Uint8Array> | null = null;
  return {
    async readInput() {
      if (!isMainThread) {
        throw new TidemarkError("TM_INTERNAL", "standard input belongs to the main thread; read it there");
      }
      input ??= (process.stdin as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
      // Only a read that someone awaits keeps the process alive. A file as standard input has no ref and needs none.
      process.stdin.ref?.();
      try {
        const next = await input.next();
        return next.done === true ? null : next.value;
      } catch (error) {
        throw streamError(error, "read standard input");
      } finally {
        process.stdin.unref?.();
      }
    },
    writeOutput: (bytes) => write(process.stdout, bytes, "standard output"),
    writeError: (bytes) => write(process.stderr, bytes, "standard error"),
  };
}

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
