import assert from "node:assert/strict";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { ClicksJob, writeClicks } from "../kill/clicks-job.ts";
import { ExpectedOutput } from "../kill/expected-output.ts";
import { makeClicks } from "../kill/input.ts";
import type { Ended } from "../tidemark-process.ts";
import { Scratch } from "./scratch.ts";

const RECORDS = 8_000;
const SEED = 815;
const CLICKS = makeClicks(RECORDS, SEED);

let expected: ExpectedOutput | undefined;

/** The reference's output for the job of {@link FaultChain}; made once. */
export function expectedOfChain(): ExpectedOutput {
  return (expected ??= new ExpectedOutput(CLICKS));
}

/**
 * Starts of one job with a fault each: every start is also the one that has to get over the fault before. When the job comes to its end its
 * output is compared with the reference's and a new one begins in the same place.
 */
export class FaultChain {
  /** Of the job. */
  readonly folder: string;
  /** The job's input. */
  readonly input: string;
  readonly job: ClicksJob;
  /** Folder of the test. */
  readonly scratch: string;
  #errors = new Map<string, number>();

  private constructor(scratch: string) {
    this.scratch = scratch;
    this.folder = join(scratch, "job");
    this.input = join(scratch, "clicks.jsonl");
    this.job = new ClicksJob({ folder: this.folder, input: this.input });
  }

  static async open(t: TestContext): Promise<FaultChain> {
    const chain = new FaultChain((await Scratch.open(t)).folder);
    await writeClicks(chain.input, CLICKS);
    await mkdir(chain.folder);
    return chain;
  }

  /** What the starts so far ended with, and how often. */
  get errors(): string {
    return JSON.stringify(Object.fromEntries(this.#errors));
  }

  /**
   * What has to be true after a start with a fault: it came to the end of the input, or it halted with exit code 75 and an error that has
   * one of the `errnos`. `hasStruck`: whether the fault was met; a start without one must not fail.
   */
  async assertTypedEnd(
    { exitCode, signal, stderr }: Ended,
    options: { hasStruck: boolean; errnos: readonly string[]; what: string },
  ): Promise<void> {
    const { hasStruck, errnos, what } = options;
    assert.equal(signal, null, `${what}\n${stderr}`);
    if (exitCode === 0) {
      await this.#startAnew();
      return;
    }
    assert.ok(hasStruck, `a start without a fault failed; ${what}\n${stderr}`);
    const [, code, errno = ""] = /^(TM_\w+) .*errno=(\w+)/m.exec(stderr) ?? [];
    assert.equal(exitCode, 75, `${what}\n${stderr}`);
    assert.ok(errnos.includes(errno), `the error does not say ${errnos.join(" or ")}; ${what}\n${stderr}`);
    const name = `${code} ${errno}`;
    this.#errors.set(name, (this.#errors.get(name) ?? 0) + 1);
  }

  /** Has the job come to its end and compares its output. */
  async finish(): Promise<void> {
    await this.job.finish();
    await expectedOfChain().assertOutputOf(this.job);
  }

  /** Every file of the job that there is, its input too. */
  async files(): Promise<string[]> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    return [
      this.input,
      ...entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)),
    ];
  }

  async #startAnew(): Promise<void> {
    await expectedOfChain().assertOutputOf(this.job);
    await rm(this.folder, { recursive: true });
    await mkdir(this.folder);
  }
}
