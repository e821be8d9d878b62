/** A request to stop, by name of its signal. */
export type TerminationSignal = "SIGTERM" | "SIGINT";

/** What a shell shows for a process that a signal ended. */
const EXIT_CODE: Readonly<Record<TerminationSignal, number>> = { SIGTERM: 143, SIGINT: 130 };

/**
 * Calls `handler` at the first SIGTERM or SIGINT; the second one exits the process at once, with 143 or 130. The returned
 * function takes the handlers away again.
 */
export function onTermination(handler: (signal: TerminationSignal) => void): () => void {
  let asked = false;
  const receive = (signal: TerminationSignal): void => {
    if (asked) process.exit(EXIT_CODE[signal]);
    asked = true;
    handler(signal);
  };
  const onTerminate = (): void => receive("SIGTERM");
  const onInterrupt = (): void => receive("SIGINT");
  process.on("SIGTERM", onTerminate);
  process.on("SIGINT", onInterrupt);
  return () => {
    process.off("SIGTERM", onTerminate);
    process.off("SIGINT", onInterrupt);
  };
}
