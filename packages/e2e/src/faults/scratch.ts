import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A test's own folder, and what has to be undone before it can be removed. */
export class Scratch {
  readonly folder: string;
  readonly #undo: (() => Promise<void>)[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Undone and removed when the test has ended, in whatever way. */
  static async open(t: TestContext): Promise<Scratch> {
    const scratch = new Scratch(await mkdtemp(join(tmpdir(), "tidemark-faults-")));
    t.after(() => scratch.#close());
    return scratch;
  }

  /** Has `undo` run at the end, the last one first. */
  atEnd(undo: () => Promise<void>): void {
    this.#undo.push(undo);
  }

  async #close(): Promise<void> {
    const failures: unknown[] = [];
    for (const undo of this.#undo.toReversed()) await undo().catch((error: unknown) => failures.push(error));
    // Nothing is mounted here: what is, only its own namespace sees.
    await rm(this.folder, { recursive: true, force: true });
    if (failures.length > 0) throw new AggregateError(failures, "a test could not be undone");
  }
}
