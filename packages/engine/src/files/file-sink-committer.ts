import { assert } from "../foundation/assert.ts";
import type { CommitPermit } from "../foundation/commit-permit.ts";
import { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";
import type { CommitterContext, PreparedOutput, SinkCommitter } from "../connector/sink-connector.ts";
import { carryOutPlan, fileSize } from "./file-commit.ts";
import {
  headerBytes,
  isSameHeader,
  parsePlan,
  planJson,
  stagedFiles,
  type FileHeader,
  type FilePlan,
  type StagedFile,
} from "./file-sink-plan.ts";
import { StagedBytes } from "./staged-bytes.ts";

/** Appends what the writers staged to the sink's file, once each, in the order of the writers. */
export class FileSinkCommitter implements SinkCommitter {
  readonly #context: CommitterContext;
  readonly #path: string;
  readonly #kind: string;
  /** Bytes of the file that checkpoints account for; null before `recover`. */
  #committedBytes: number | null = null;
  #header: FileHeader | null = null;
  #failure: Error | null = null;

  constructor(context: CommitterContext, options: { path: string; kind: string }) {
    this.#context = context;
    this.#path = options.path;
    this.#kind = options.kind;
  }

  plan(prepared: readonly PreparedOutput[]): Json {
    const from = this.#committedBytes;
    assert(from !== null, "a file sink was asked for a plan before recover");
    const staged = stagedFiles(prepared);
    const header = this.#headerOf(staged);
    const bytes = staged.reduce((sum, file) => sum + file.bytes, headerBytes(from, header, staged).length);
    return planJson({ kind: this.#kind, file: this.#path, from, to: from + bytes, header });
  }

  async commit(_permit: CommitPermit, plan: Json, prepared: readonly PreparedOutput[]): Promise<void> {
    // A commit that failed may have written a part: only `recover`, after a restart, may go on from there.
    if (this.#failure !== null) throw this.#failure;
    const filePlan = parsePlan(plan);
    assert(filePlan.from === this.#committedBytes, "a file sink's commits came out of order");
    try {
      await this.#carryOut(filePlan, prepared, { resume: false });
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }

  async recover(permit: CommitPermit | null, plan: Json, prepared: readonly PreparedOutput[]): Promise<void> {
    if (permit === null || plan === null) await this.#startFresh();
    else await this.#resume(parsePlan(plan), prepared);
    // What is staged now belongs to no checkpoint: writers open after this.
    const { disk } = this.#context.host;
    for (const name of await disk.list(this.#context.scratch)) {
      if (name.endsWith(".staged")) await disk.remove(`${this.#context.scratch}/${name}`);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #resume(plan: FilePlan, prepared: readonly PreparedOutput[]): Promise<void> {
    if (plan.file === this.#path && plan.kind !== this.#kind) {
      throw new TidemarkError(
        "TM_SINK_CHANGED",
        `the sink's file holds ${plan.kind} and the port is now bound as ${this.#kind}. Bind it as before, or to another file`,
        {
          facts: { file: this.#path },
        },
      );
    }
    await this.#carryOut(plan, prepared, { resume: true });
    // Bound to another file since: the old one is complete now, the new one begins.
    if (plan.file !== this.#path) await this.#startFresh();
  }

  async #startFresh(): Promise<void> {
    const sizeBytes = await fileSize(this.#context.host, this.#path);
    if (sizeBytes > 0) {
      throw new TidemarkError(
        "TM_SINK_CHANGED",
        "a sink's file has content that this job did not commit. Move the file away or bind the port to another one; to go on with an earlier run, start from its checkpoint",
        { facts: { file: this.#path, sizeBytes } },
      );
    }
    this.#committedBytes = 0;
    this.#header = null;
  }

  async #carryOut(plan: FilePlan, prepared: readonly PreparedOutput[], options: { resume: boolean }): Promise<void> {
    const { host, scratch } = this.#context;
    const staged = new StagedBytes({ disk: host.disk, scratch, plan, staged: stagedFiles(prepared) });
    host.failpoint("commit.before");
    await carryOutPlan({ host, plan, staged, resume: options.resume });
    this.#committedBytes = plan.to;
    this.#header = plan.header;
    host.failpoint("commit.after");
    await staged.remove();
  }

  /** The one header of all records. */
  #headerOf(staged: readonly StagedFile[]): FileHeader | null {
    let header = this.#header;
    for (const file of staged) {
      header ??= file.header ?? null;
      if (file.header === undefined || isSameHeader(file.header, header)) continue;
      throw new TidemarkError(
        "TM_SINK_CHANGED",
        "the records for a file have other columns than those before them. Bind the port to a new file, or keep the fields as they were",
        {
          facts: { file: this.#path, columns: columnsOf(header), newColumns: columnsOf(file.header) },
        },
      );
    }
    return header;
  }
}

function columnsOf(header: FileHeader | null): string {
  return typeof header === "object" ? (header?.says ?? "") : header.trim();
}
