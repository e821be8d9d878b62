import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { EngineMessage } from "./engine-message.ts";
import { demoEnvironment, type DemoSettings } from "./settings.ts";

/** A start that does not get going is tried this often before the demo gives up. */
const FAILED_STARTS_MAX = 3;

/** The engine process of a demo: starts it, kills it, starts it again, until it has finished. */
export class DemoEngine {
  /** True once finished; false if the person quit. Rejects if the engine fails by itself. */
  readonly over: Promise<boolean>;
  kills = 0;
  checkpoints = 0;
  /** Records in committed checkpoints. */
  committed = 0;
  watermark: number | null = null;
  checkpoint: { readonly id: number; readonly at: number; readonly durationMs: number } | null = null;
  /** How long the engine was away at the last kill. */
  downMs = 0;
  onRestored: (checkpoint: number, records: number) => void = () => undefined;
  onCheckpoint: (records: number) => void = () => undefined;
  readonly #settings: Omit<DemoSettings, "data">;
  readonly #over = Promise.withResolvers<boolean>();
  #child: ChildProcess | null = null;
  #killedAt: number | null = null;
  #restoredRecords = 0;
  #readNow = 0;
  #failedStarts = 0;
  #isFinished = false;
  #isQuitting = false;

  constructor(settings: Omit<DemoSettings, "data">) {
    this.#settings = settings;
    this.over = this.#over.promise;
  }

  /** Records read so far, over all lives of the engine. */
  get records(): number {
    return Math.max(this.committed, this.#restoredRecords + this.#readNow);
  }

  get isDown(): boolean {
    return this.#killedAt !== null;
  }

  start(): void {
    this.#readNow = 0;
    const entry = fileURLToPath(import.meta.resolve("#demo-engine"));
    const child = spawn(process.execPath, [...process.execArgv, entry], {
      env: { ...process.env, ...demoEnvironment(this.#settings) },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child = child;
    child.on("message", (message) => {
      this.#onMessage(message as EngineMessage);
    });
    child.on("exit", (code) => {
      this.#onExit(code);
    });
  }

  /** Kills the process with SIGKILL; false if there is none to kill just now. */
  kill(): boolean {
    if (this.#child === null || this.#killedAt !== null || this.#isFinished) return false;
    this.kills++;
    this.#killedAt = Date.now();
    this.#child.kill("SIGKILL");
    return true;
  }

  quit(): void {
    this.#isQuitting = true;
    this.#child?.kill("SIGKILL");
  }

  #onMessage(message: EngineMessage): void {
    switch (message.kind) {
      case "restored":
        this.#restoredRecords = message.records;
        if (this.#killedAt !== null) this.downMs = Date.now() - this.#killedAt;
        this.#killedAt = null;
        this.onRestored(message.checkpoint, message.records);
        return;
      case "checkpoint":
        this.#failedStarts = 0;
        this.#killedAt = null;
        this.checkpoints++;
        this.committed = message.records;
        this.checkpoint = { id: message.checkpoint, at: Date.now(), durationMs: message.durationMs };
        this.onCheckpoint(message.records);
        return;
      case "facts":
        this.watermark = message.watermark ?? this.watermark;
        this.#readNow = message.recordsRead;
        return;
      case "finished":
        this.committed = message.records;
        this.#isFinished = true;
        return;
    }
  }

  #onExit(code: number | null): void {
    this.#child = null;
    if (this.#isFinished) this.#over.resolve(true);
    else if (this.#isQuitting) this.#over.resolve(false);
    else if (this.#killedAt !== null && ++this.#failedStarts <= FAILED_STARTS_MAX) this.start();
    else this.#over.reject(new Error(`the engine process ended with exit code ${code}`));
  }
}
