import { spawn, type ChildProcess } from "node:child_process";
import { watch } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT } from "./failure.ts";
import { fileUrl, type JobFlags } from "./settings.ts";
import type { Terminal } from "./terminal.ts";

/** Changes that come closer together than this are one. */
const DEBOUNCE_MS = 150;
const SOURCE_FILE = /\.(ts|mts|js|mjs|json)$/;

/**
 * `tidemark dev FILE`: runs the file in a process of its own with debug checks, and starts it again from its checkpoint
 * whenever a source beside it changes. Keys on a terminal: r start again, k kill it (SIGKILL) and start again, q quit.
 */
export async function devCommand(file: string, flags: JobFlags, terminal: Terminal): Promise<number> {
  const url = fileUrl(file);
  const session = new DevSession(runArguments(file, flags), terminal);
  const watcher = watch(dirname(fileURLToPath(url)), (_event, name) => {
    if (name !== null && SOURCE_FILE.test(name)) session.changed(name);
  });
  const stopKeys = onKeys((key) => {
    if (key === "q" || key === "\u0003") session.quit();
    if (key === "r") session.restart("SIGTERM", "asked for");
    if (key === "k") session.restart("SIGKILL", "killed");
  });
  const onSignal = (): void => {
    session.quit();
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  terminal.say(process.stdin.isTTY ? "watching; r start again, k kill and start again, q quit" : "watching");
  session.start();
  await session.over;
  process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
  watcher.close();
  stopKeys();
  return EXIT.ok;
}

class DevSession {
  readonly over: Promise<void>;
  readonly #arguments: readonly string[];
  readonly #terminal: Terminal;
  readonly #done = Promise.withResolvers<void>();
  #child: ChildProcess | null = null;
  #startAgain = false;
  #isQuitting = false;
  #debounce: NodeJS.Timeout | undefined;

  constructor(args: readonly string[], terminal: Terminal) {
    this.#arguments = args;
    this.#terminal = terminal;
    this.over = this.#done.promise;
  }

  start(): void {
    this.#startAgain = false;
    const child = spawn(process.execPath, [...process.execArgv, ...this.#arguments], { stdio: ["ignore", "inherit", "inherit"] });
    this.#child = child;
    child.on("exit", (code, signal) => {
      this.#child = null;
      if (this.#isQuitting) this.#done.resolve();
      else if (this.#startAgain) this.start();
      else this.#terminal.say(`the run has ended (${signal ?? `exit code ${code}`}); waiting for a change`);
    });
  }

  changed(name: string): void {
    clearTimeout(this.#debounce);
    this.#debounce = setTimeout(() => {
      this.restart("SIGTERM", `${name} has changed`);
    }, DEBOUNCE_MS);
  }

  restart(signal: NodeJS.Signals, why: string): void {
    this.#terminal.say(`${why}: starting again from the newest checkpoint`);
    this.#startAgain = true;
    if (this.#child === null) this.start();
    else this.#child.kill(signal);
  }

  quit(): void {
    this.#isQuitting = true;
    clearTimeout(this.#debounce);
    if (this.#child === null) this.#done.resolve();
    else this.#child.kill("SIGTERM");
  }
}

function runArguments(file: string, flags: JobFlags): string[] {
  const args = [process.argv[1] ?? "", "run", file, "--debug"];
  for (const binding of flags.bind ?? []) args.push("--bind", binding);
  const valued = { config: "--config", parallelism: "--parallelism", stateDirectory: "--state-directory", checkpointEvery: "--checkpoint-every", retained: "--retained" } as const;
  for (const [name, flag] of Object.entries(valued) as [keyof typeof valued, string][]) {
    const value = flags[name];
    if (value !== undefined) args.push(flag, value);
  }
  return args;
}

/** Calls `handle` with each key on a terminal; returns how to stop. */
export function onKeys(handle: (key: string) => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => undefined;
  const onData = (data: Buffer): void => {
    for (const key of data.toString("utf8")) handle(key);
  };
  stdin.setRawMode(true).resume().on("data", onData);
  return () => {
    stdin.off("data", onData).setRawMode(false).pause();
  };
}
