import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

const BIN: string = fileURLToPath(new URL("../../tidemark/src/bin.ts", import.meta.url));

/** How a process ended, and all it said. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Children that still run; a test that fails must not leave them behind. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** The command line as a process of its own. */
export class TidemarkProcess {
  /** Resolves when it has ended, however it did. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";

  constructor(
    args: readonly string[],
    options: {
      env?: Record<string, string>;
      cwd?: string;
      openStdin?: boolean;
      /** A command that runs it, such as one that makes a namespace. */
      under?: readonly string[];
    } = {},
  ) {
    const command = [...(options.under ?? []), process.execPath, "--conditions=@tidemark/source", BIN, ...args];
    const child = spawn(command[0] as string, command.slice(1), {
      env: { ...process.env, ...options.env },
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      stdio: [options.openStdin === true ? "pipe" : "ignore", "pipe", "pipe"],
    });
    this.#child = child;
    running.add(child);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    this.ended = new Promise((resolve) => {
      child.on("close", (exitCode, signal) => {
        running.delete(child);
        resolve({ exitCode, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Writes to standard input, which stays open. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves once standard error holds `text`, `times` times; rejects if the process ends without that. */
  async says(text: string, times = 1): Promise<void> {
    await this.#until(
      () => this.#stderr.split(text).length > times,
      () => `saying "${text}"`,
    );
  }

  /** Resolves once standard output holds `text`; rejects if the process ends without that. */
  async prints(text: string): Promise<void> {
    await this.#until(
      () => this.#stdout.includes(text),
      () => `printing "${text}"`,
    );
  }

  #until(isThere: () => boolean, what: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (isThere()) resolve();
      };
      this.#child.stdout?.on("data", check);
      this.#child.stderr?.on("data", check);
      check();
      void this.ended.then(({ stdout, stderr }) => {
        reject(new Error(`the process ended without ${what()}:\n${stdout}\n${stderr}`));
      });
    });
  }
}
