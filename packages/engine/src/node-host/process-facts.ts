import { availableParallelism, hostname } from "node:os";

/** What a job and the CLI need to know of their process. */
export interface ProcessFacts {
  readonly pid: number;
  readonly hostname: string;
  readonly nodeVersion: string;
  /** Such as "linux-x64". */
  readonly platform: string;
  /** Threads that can run at the same time. */
  readonly availableParallelism: number;
  readonly workingDirectory: string;
  /** Arguments after the script. */
  readonly commandArguments: readonly string[];
  /** Which standard streams are terminals. */
  readonly terminal: { readonly input: boolean; readonly output: boolean; readonly error: boolean };
  /** Columns of the terminal that standard output is; null if it is none. */
  readonly outputColumns: number | null;
}

/** The facts as of now. */
export function processFacts(): ProcessFacts {
  return {
    pid: process.pid,
    hostname: hostname(),
    nodeVersion: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    availableParallelism: availableParallelism(),
    workingDirectory: process.cwd(),
    commandArguments: process.argv.slice(2),
    terminal: {
      input: process.stdin.isTTY === true,
      output: process.stdout.isTTY === true,
      error: process.stderr.isTTY === true,
    },
    outputColumns: process.stdout.isTTY === true ? process.stdout.columns : null,
  };
}

/** An environment variable; undefined if it is not set. */
export function environment(name: string): string | undefined {
  return process.env[name];
}
