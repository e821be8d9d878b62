import { spawn, type ChildProcess } from "node:child_process";
import { watch } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { TidemarkError } from "@tidemark/engine";
import { EXIT } from "./exit-codes.ts";
import { CONTROL_C, onKeys } from "./keys.ts";
import { fileUrl, readBindings, type JobFlags } from "./settings.ts";
import type { Terminal } from "./terminal.ts";

export interface DevFlags extends JobFlags {
  readonly json?: boolean;
}

/** Changes that come closer together than this are one. */
const DEBOUNCE_MS = 150;
const SOURCE_FILE = /\.(ts|mts|js|mjs|json)$/;

/**
 * `tidemark dev FILE`: runs the file in a process of its own with debug checks, and starts it again from its checkpoint
 * whenever a source beside it changes. Keys on a terminal: r start again, k kill it (SIGKILL) and start again, q quit.
 */
export async function devCommand(file: string, flags: DevFlags, terminal: Terminal): Promise<number> {
  const url = fileUrl(file);
  refuseStandardInput(flags);
  const session = new DevSession(runArguments(file, flags), terminal);
  const watcher = watch(dirname(fileURLToPath(url)), (_event, name) => {
    if (name !== null && SOURCE_FILE.test(name)) session.changed(name);
  });
  const stopKeys = onKeys((key) => {
    if (key === "q" || key === CONTROL_C) session.quit();
    if (key === "r") session.restart("SIGTERM", "asked for");
    if (key === "k") session.restart("SIGKILL", "killed");
  });
  const onSignal = (): void => {
    session.quit();
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  terminal.say(process.stdin.isTTY ? "watching; r start again, k kill and start again, q quit" : "watching");
  session.start();
  try {
    await session.over;
  } finally {
    process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
    watcher.close();
    stopKeys();
  }
  return EXIT.ok;
}

/** The run that is started again whenever something changes. */
class DevSession {
  /** Resolves once the person has quit and the run has ended. */
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
    // A process group of its own: Ctrl-C reaches this process alone, which then asks the run to stop, once. Should this
    // process die, the channel between the two closes, and the run stops as well.
    const child = spawn(process.execPath, [...process.execArgv, ...this.#arguments], {
      env: { ...process.env, TIDEMARK_STOP_WITH_PARENT: "1" },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      detached: true,
    });
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

  restart(signal: "SIGTERM" | "SIGKILL", why: string): void {
    if (this.#isQuitting) return;
    // A second SIGTERM would end the run before its last checkpoint.
    const isUnderWay = this.#startAgain && signal === "SIGTERM";
    this.#terminal.say(`${why}: starting again from the newest checkpoint`);
    this.#startAgain = true;
    if (this.#child === null) this.start();
    else if (!isUnderWay) this.#child.kill(signal);
  }

  /** Asks the run to stop; asked again, it ends at once. */
  quit(): void {
    const isUnderWay = this.#startAgain && !this.#isQuitting;
    this.#isQuitting = true;
    clearTimeout(this.#debounce);
    if (this.#child === null) this.#done.resolve();
    else if (!isUnderWay) this.#child.kill("SIGTERM");
  }
}

function refuseStandardInput(flags: JobFlags): void {
  for (const [port, spec] of Object.entries(readBindings(flags.bind))) {
    if (!/^stdin\b/.test(spec)) continue;
    throw new TidemarkError(
      "TM_BINDING",
      "dev starts the run again, and standard input cannot be read again; put it in a file and bind the port to that",
      { facts: { port } },
    );
  }
}

function runArguments(file: string, flags: DevFlags): string[] {
  const args = [process.argv[1] ?? "", "run", file, "--debug"];
  if (flags.json === true) args.push("--json");
  for (const binding of flags.bind ?? []) args.push("--bind", binding);
  const valued = {
    config: "--config",
    parallelism: "--parallelism",
    stateDirectory: "--state-directory",
    checkpointEvery: "--checkpoint-every",
    retained: "--retained",
    stateBytesMax: "--state-bytes-max",
  } as const;
  for (const [name, flag] of Object.entries(valued) as [keyof typeof valued, string][]) {
    const value = flags[name];
    if (value !== undefined) args.push(flag, value);
  }
  return args;
}
