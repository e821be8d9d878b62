import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { TidemarkProcess } from "../tidemark-process.ts";
import type { Click } from "./input.ts";

const PIPELINE: string = fileURLToPath(new URL("./pipeline.ts", import.meta.url));
const CONFIG: string = fileURLToPath(new URL("./kill.config.ts", import.meta.url));
/** Faster than any machine. */
const UNPACED = 100_000_000;

export interface ClicksJobOptions {
  /** Holds state directory and outputs, as the job's processes see it. */
  readonly folder: string;
  /** The same folder as this process sees it, if it is mounted elsewhere. */
  readonly seenAs?: string;
  /** The file of clicks. */
  readonly input: string;
  /** What the processes run under, such as another namespace. */
  readonly under?: readonly string[];
}

/** The job of ./pipeline.ts over a file of clicks, with state and outputs in one folder: start after start, until it is finished. */
export class ClicksJob {
  readonly stateDirectory: string;
  /** The folder as this process sees it. */
  readonly seenAs: string;
  readonly #options: ClicksJobOptions;

  constructor(options: ClicksJobOptions) {
    this.#options = options;
    this.stateDirectory = `${options.folder}/state`;
    this.seenAs = options.seenAs ?? options.folder;
  }

  /** One start; `rate` in records a second, by default as fast as it goes. `under` replaces the job's own. */
  start({
    rate = UNPACED,
    env = {},
    under = this.#options.under ?? [],
  }: { rate?: number; env?: Record<string, string>; under?: readonly string[] } = {}): TidemarkProcess {
    const { folder, input } = this.#options;
    return new TidemarkProcess(["run", PIPELINE, "--config", CONFIG], {
      env: { KILL_FOLDER: folder, KILL_INPUT: input, KILL_RATE: String(rate), ...env },
      under,
    });
  }

  /** One more start, that has to reach the end; gives what it said. */
  async finish(): Promise<string> {
    const { exitCode, signal, stderr } = await this.start().ended;
    assert.equal(exitCode, 0, `the job did not reach its end (signal ${signal}):\n${stderr}`);
    return stderr;
  }

  /** Every checkpoint in the state directory is whole, byte by byte; an absent directory has none. */
  async assertCheckpointsWhole(): Promise<void> {
    const process = new TidemarkProcess(["checkpoint", "verify", this.stateDirectory], {
      under: this.#options.under ?? [],
    });
    const { exitCode, stdout, stderr } = await process.ended;
    const hasNone = exitCode === 3 && stderr.includes("TM_CHECKPOINT_MISSING");
    assert.ok(exitCode === 0 || hasNone, `a checkpoint is damaged:\n${stdout}${stderr}`);
  }

  /** What is in a port's file now; "" before its first commit. */
  async output(port: string): Promise<string> {
    try {
      return await readFile(`${this.seenAs}/${port}.jsonl`, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
      throw error;
    }
  }
}

/** Writes clicks as the file that a job reads. */
export async function writeClicks(path: string, clicks: readonly Click[]): Promise<void> {
  await writeFile(path, clicks.map((click) => `${JSON.stringify(click)}\n`).join(""));
}
