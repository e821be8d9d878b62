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

/** The command line as a process of its own. */
export class TidemarkProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";

  constructor(args: readonly string[], options: { env?: Record<string, string>; cwd?: string; openStdin?: boolean } = {}) {
    this.#child = spawn(process.execPath, ["--conditions=@tidemark/source", BIN, ...args], {
      env: { ...process.env, ...options.env },
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      stdio: [options.openStdin === true ? "pipe" : "ignore", "pipe", "pipe"],
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    this.ended = new Promise((resolve) => {
      this.#child.on("close", (exitCode, signal) => {
        resolve({ exitCode, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** Writes to standard input, which stays open. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves once standard error holds `text`; rejects if the process ends without saying it. */
  async says(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (this.#stderr.includes(text)) resolve();
      };
      this.#child.stderr?.on("data", check);
      check();
      void this.ended.then(({ stderr }) => {
        reject(new Error(`the process ended without saying "${text}":\n${stderr}`));
      });
    });
  }
}
