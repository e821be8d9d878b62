import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { EngineMessage } from "./engine-message.ts";
import { demoEnvironment, type DemoSettings } from "./settings.ts";

/** A start that does not get going after a kill is tried this often before the demo gives up. */
const FAILED_STARTS_MAX = 3;
/** Of what a failing engine process says, the end is shown. */
const STDERR_CHARACTERS_MAX = 8_192;

/** What the demo's view and command want to hear. */
export interface DemoListener {
  /** The engine runs again after a kill. */
  onBack(from: { readonly checkpoint: number; readonly records: number } | null): void;
  /** Output up to this many records is committed. */
  onCheckpoint(records: number): void;
}

/**
 * The engine process of a demo: started, killed, started again, until it has finished.
 *
 * Life of the process: starting → running → (killed → starting)* → finished.
 */
export class DemoEngine {
  /** True once finished; false if the person quit. Rejects if the engine fails by itself. */
  readonly over: Promise<boolean>;
  kills = 0;
  checkpoints = 0;
  watermark: number | null = null;
  checkpoint: { readonly id: number; readonly at: number; readonly durationMs: number } | null = null;
  /** How long the engine was away at the last kill. */
  downMs = 0;
  listener: DemoListener | null = null;
  readonly #settings: Omit<DemoSettings, "data">;
  readonly #over = Promise.withResolvers<boolean>();
  #child: ChildProcess | null = null;
  #phase: "starting" | "running" | "killed" | "finished" = "starting";
  #killedAt: number | null = null;
  /** The checkpoint that this life of the process began from. */
  #restored: { readonly checkpoint: number; readonly records: number } | null = null;
  #readNow = 0;
  /** Records in committed checkpoints. */
  #committed = 0;
  #failedStarts = 0;
  #isQuitting = false;
  #stderr = "";

  constructor(settings: Omit<DemoSettings, "data">) {
    this.#settings = settings;
    this.over = this.#over.promise;
  }

  /** Records read so far, over all lives of the engine; after a kill at least those that are committed. */
  get records(): number {
    return Math.max(this.#committed, (this.#restored?.records ?? 0) + this.#readNow);
  }

  get phase(): "starting" | "running" | "killed" | "finished" {
    return this.#phase;
  }

  start(): void {
    this.#readNow = 0;
    this.#restored = null;
    this.#phase = "starting";
    const entry = fileURLToPath(import.meta.resolve("#demo-engine"));
    const child = spawn(process.execPath, [...process.execArgv, entry], {
      env: { ...process.env, ...demoEnvironment(this.#settings) },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARACTERS_MAX);
    });
    child.on("message", (message) => {
      this.#onMessage(message as EngineMessage);
    });
    // "close" comes after all that the process has said, "exit" may come before it.
    child.on("close", (code) => {
      if (child.connected) child.once("disconnect", () => this.#onEnd(code));
      else this.#onEnd(code);
    });
  }

  /** Kills the process with SIGKILL; false if it is not running just now. */
  kill(): boolean {
    if (this.#phase !== "running") return false;
    this.kills++;
    this.#killedAt = Date.now();
    this.#phase = "killed";
    this.watermark = null;
    this.#child?.kill("SIGKILL");
    return true;
  }

  /** Ends the process for good; false if there is none. */
  quit(): boolean {
    this.#isQuitting = true;
    return this.#child?.kill("SIGKILL") ?? false;
  }

  #onMessage(message: EngineMessage): void {
    // What a killed process had still said does not count.
    if (this.#phase === "killed" && message.kind !== "finished") return;
    switch (message.kind) {
      case "restored":
        this.#restored = message;
        return;
      case "started":
        this.#phase = "running";
        if (this.#killedAt === null) return;
        this.downMs = Date.now() - this.#killedAt;
        this.#killedAt = null;
        this.listener?.onBack(this.#restored);
        return;
      case "checkpoint":
        this.#failedStarts = 0;
        this.checkpoints++;
        this.#committed = message.records;
        this.checkpoint = { id: message.checkpoint, at: Date.now(), durationMs: message.durationMs };
        this.listener?.onCheckpoint(message.records);
        return;
      case "facts":
        this.watermark = message.watermark ?? this.watermark;
        this.#readNow = message.recordsRead;
        return;
      case "finished":
        this.#committed = message.records;
        this.#phase = "finished";
        return;
    }
  }

  #onEnd(code: number | null): void {
    this.#child = null;
    if (this.#phase === "finished") this.#over.resolve(true);
    else if (this.#isQuitting) this.#over.resolve(false);
    else if (this.#killedAt !== null && ++this.#failedStarts <= FAILED_STARTS_MAX) this.start();
    else this.#over.reject(new Error(`the engine process ended with exit code ${code}:\n${this.#stderr}`));
  }
}
