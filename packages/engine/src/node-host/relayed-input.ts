import type { MessagePort } from "node:worker_threads";
import { TidemarkError } from "../foundation/error.ts";

/** An answer to a thread that asked for a piece of standard input. */
type Answer =
  | { readonly piece: Uint8Array | null }
  | { readonly error: { readonly message: string; readonly errno: string } };

/**
 * Gives a thread pieces of standard input, one for each that it asks for at the other end of `port`. Does not keep this thread alive:
 * the one that asks is alive itself.
 */
export function relayInput(port: MessagePort, readInput: () => Promise<Uint8Array | null>): void {
  port.on("message", () => {
    readInput().then(
      (piece) => port.postMessage({ piece } satisfies Answer),
      (error: unknown) => {
        const message = error instanceof TidemarkError ? error.summary : String(error);
        const errno = error instanceof TidemarkError ? String(error.facts["errno"]) : "";
        port.postMessage({ error: { message, errno } } satisfies Answer);
      },
    );
  });
  port.unref();
}

/** Pieces of standard input that another thread reads; rejects with TM_IO as the read there did. */
export function relayedInput(port: MessagePort): () => Promise<Uint8Array | null> {
  const waiting: PromiseWithResolvers<Uint8Array | null>[] = [];
  port.on("message", (answer: Answer) => {
    const asked = waiting.shift();
    if ("piece" in answer) asked?.resolve(answer.piece);
    else asked?.reject(new TidemarkError("TM_IO", answer.error.message, { facts: { errno: answer.error.errno } }));
  });
  // A thread ends when its ports are closed, also while it waits for input that may never come.
  port.unref();
  return () => {
    const asked = Promise.withResolvers<Uint8Array | null>();
    waiting.push(asked);
    port.postMessage(null);
    return asked.promise;
  };
}
