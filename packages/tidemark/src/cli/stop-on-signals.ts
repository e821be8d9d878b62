import { signalExitCode } from "./exit-codes.ts";
import { formatDuration, type Terminal } from "./terminal.ts";

/** Ends a job in order at the first signal, and the process at once at the second, or when the job takes too long. */
export class StopOnSignals {
  readonly #timeoutMs: number;
  readonly #terminal: Terminal;
  #stop: (() => void) | null = null;
  #isAsked = false;
  #deadline: NodeJS.Timeout | undefined;

  constructor(options: { timeoutMs: number; terminal: Terminal }) {
    this.#timeoutMs = options.timeoutMs;
    this.#terminal = options.terminal;
    process.on("SIGTERM", this.#onSignal).on("SIGINT", this.#onSignal);
    // A watcher that started this process wants it to end with itself.
    if (process.env["TIDEMARK_STOP_WITH_PARENT"] === "1") process.on("disconnect", this.#onParentGone);
  }

  /** From now on there is something to stop; at once, if a signal came before. */
  whenAsked(stop: () => void): void {
    this.#stop = stop;
    if (this.#isAsked) stop();
  }

  close(): void {
    clearTimeout(this.#deadline);
    process.off("SIGTERM", this.#onSignal).off("SIGINT", this.#onSignal).off("disconnect", this.#onParentGone);
    if (process.connected) process.disconnect?.();
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const exitCode = signalExitCode(signal);
    if (this.#isAsked) process.exit(exitCode);
    this.#isAsked = true;
    this.#terminal.say(`${signal}: taking a last checkpoint (again to exit at once)`);
    this.#deadline = setTimeout(() => {
      this.#terminal.say(
        `no last checkpoint within ${formatDuration(this.#timeoutMs)}; the next start goes on from the one before`,
      );
      process.exit(exitCode);
    }, this.#timeoutMs);
    this.#stop?.();
  };

  readonly #onParentGone = (): void => {
    if (!this.#isAsked) this.#onSignal("SIGTERM");
  };
}
