import type { CommitPermit } from "../foundation/commit-permit.ts";
import type { Json } from "../foundation/json.ts";
import type { Host } from "../host/host.ts";
import { BatchBuilder } from "../record/batch-builder.ts";
import type { RecordBatch } from "../record/batch.ts";
import { layoutOf } from "../record/layout.ts";
import { lentCopy } from "../record/lent-copy.ts";
import { check, equal } from "./conformance-check.ts";
import type { PreparedOutput, SinkCommitter, SinkConnector, SinkWriter } from "./sink-connector.ts";

/** How the suite registers a test: `test` of node:test, vitest, jest or mocha will do. */
export interface SinkSuiteOptions {
  test(name: string, run: () => Promise<void>): unknown;
  /** What the sink promises; decides which tests it must pass. */
  readonly guarantee: SinkConnector["guarantee"];
  /** A sink that nothing was written to, with a place of its own. */
  open(): Promise<SinkFixture>;
}

export interface SinkFixture {
  readonly host: Host;
  readonly sink: SinkConnector;
  /** An empty directory. */
  readonly scratch: string;
  /** The records `{ n, text }` that a reader sees who follows the sink's rule, in order; null: there is nothing yet, not even an empty output. */
  visible(): Promise<readonly unknown[] | null>;
}

/** What the suite writes. */
export interface SuiteRecord {
  readonly n: number;
  readonly text: string;
}

const LAYOUT = layoutOf([
  { name: "n", kind: "float64", nullable: false, optional: false },
  { name: "text", kind: "utf8", nullable: false, optional: false },
]);

/** What a manifest holds of one checkpoint of the sink. */
interface Completed {
  readonly checkpoint: number;
  readonly plan: Json;
  readonly prepared: readonly PreparedOutput[];
}

/** One run of a job, from start to crash. */
class Run {
  readonly writers: readonly SinkWriter[];
  readonly committer: SinkCommitter;

  private constructor(writers: readonly SinkWriter[], committer: SinkCommitter) {
    this.writers = writers;
    this.committer = committer;
  }

  static async start(fixture: SinkFixture, options: { epoch: number; from: Completed | null }): Promise<Run> {
    const { host, sink, scratch } = fixture;
    const { epoch, from } = options;
    const committer = await sink.openCommitter({ host, port: "suite", scratch });
    await committer.recover(
      from === null ? null : permitFor(from.checkpoint, epoch),
      from?.plan ?? null,
      from?.prepared ?? [],
    );
    const writers: SinkWriter[] = [];
    for (const writer of ["0", "1"])
      writers.push(await sink.openWriter({ host, port: "suite", scratch, writer, epoch }));
    return new Run(writers, committer);
  }

  /** Writes a record with each number, by the writers in turn. */
  write(...numbers: readonly number[]): void {
    for (const n of numbers) writeTo(this.writers[n % 2] as SinkWriter, batchOf([recordFor(n)]));
  }

  async prepare(checkpoint: number): Promise<Completed> {
    const prepared: PreparedOutput[] = [];
    for (const [index, writer] of this.writers.entries()) {
      prepared.push({ writer: `${index}`, output: throughJson(await writer.prepare(checkpoint)) });
    }
    return { checkpoint, prepared, plan: throughJson(this.committer.plan(prepared)) };
  }

  async commit({ checkpoint, plan, prepared }: Completed): Promise<void> {
    await this.committer.commit(permitFor(checkpoint, 1), plan, prepared);
  }

  async checkpoint(checkpoint: number): Promise<Completed> {
    const completed = await this.prepare(checkpoint);
    await this.commit(completed);
    return completed;
  }

  async stop(): Promise<void> {
    for (const writer of this.writers) await writer.close();
    await this.committer.close();
  }
}

/** Registers the tests that every sink must pass. */
export function sinkSuite(options: SinkSuiteOptions): void {
  const { test, open, guarantee } = options;

  test("sink: it promises what it is said to promise", async () => {
    equal((await open()).sink.guarantee, guarantee, "the guarantee of the sink");
  });

  test("sink: what was written before a checkpoint is visible after its commit, in the order of the writers", async () => {
    const fixture = await open();
    const run = await Run.start(fixture, { epoch: 1, from: null });
    run.write(0, 2, 4, 1, 3);
    await Promise.all(run.writers.map((writer) => writer.drained()));
    check(
      run.writers.every((writer) => writer.backlogBytes() === 0),
      "a drained writer has a backlog",
    );
    await run.checkpoint(1);
    const inOrder = async (): Promise<unknown> => {
      const records = await fixture.visible();
      // Writers of an at-least-once sink show what they get as they come to it: only each one's own order holds.
      return guarantee === "exactly-once"
        ? records
        : [0, 1].map((writer) => records?.filter((record) => (record as SuiteRecord).n % 2 === writer));
    };
    const expected = (...writers: readonly (readonly number[])[]): unknown => {
      const records = writers.map((numbers) => numbers.map(recordFor));
      return guarantee === "exactly-once"
        ? records.flat()
        : [
            [...(records[0] ?? []), ...(records[2] ?? [])],
            [...(records[1] ?? []), ...(records[3] ?? [])],
          ];
    };
    equal(await inOrder(), expected([0, 2, 4], [1, 3]), "records after the first commit");
    run.write(6, 5);
    await run.checkpoint(2);
    equal(await inOrder(), expected([0, 2, 4], [1, 3], [6], [5]), "records after the second commit");
    await run.stop();
  });

  test("sink: odd texts come through", async () => {
    const fixture = await open();
    const run = await Run.start(fixture, { epoch: 1, from: null });
    const texts = ["", " ", '"', "a,b\r\nc", "\u{1F600}", "\u2028", "\0", "null", "1"];
    const records = texts.map((text, n) => ({ n, text }));
    writeTo(run.writers[0] as SinkWriter, batchOf(records));
    await run.checkpoint(1);
    equal(await fixture.visible(), records, "records with odd texts");
    await run.stop();
  });

  test("sink: a batch without rows and a checkpoint without records add nothing", async () => {
    const fixture = await open();
    const run = await Run.start(fixture, { epoch: 1, from: null });
    run.writers[0]?.write({ ...batchOf([recordFor(0)]), length: 0 });
    const { prepared } = await run.checkpoint(1);
    equal(
      prepared.map(({ output }) => output),
      [null, null],
      "what writers prepare that wrote nothing",
    );
    run.write(0);
    await run.checkpoint(2);
    await run.checkpoint(3);
    equal(await fixture.visible(), [recordFor(0)], "records after an empty checkpoint");
    await run.stop();
  });

  test("sink: what is written while a checkpoint is prepared belongs to the next one", async () => {
    const fixture = await open();
    const run = await Run.start(fixture, { epoch: 1, from: null });
    run.write(0, 1);
    const preparing = run.writers.map((writer) => writer.prepare(1));
    run.write(2, 3);
    const prepared = (await Promise.all(preparing)).map((output, index) => ({ writer: `${index}`, output }));
    await run.commit({ checkpoint: 1, prepared, plan: run.committer.plan(prepared) });
    const early = await fixture.visible();
    await run.checkpoint(2);
    equal(await fixture.visible(), [0, 1, 2, 3].map(recordFor), "records of both checkpoints");
    if (guarantee === "exactly-once") equal(early, [0, 1].map(recordFor), "records of the first checkpoint");
    await run.stop();
  });

  if (guarantee === "exactly-once") exactlyOnceTests(options);
}

function exactlyOnceTests({ test, open }: SinkSuiteOptions): void {
  const crashTest = (name: string, run: (fixture: SinkFixture) => Promise<void>): void => {
    test(`sink: ${name}`, async () => {
      await run(await open());
    });
  };

  crashTest("nothing is visible before the first commit, and an empty output after an empty one", async (fixture) => {
    const run = await Run.start(fixture, { epoch: 1, from: null });
    run.write(0, 1);
    await run.prepare(1);
    const before = await fixture.visible();
    check(before === null || before.length === 0, "records are visible before their commit");
    const other = await Run.start(fixture, { epoch: 2, from: null });
    await other.checkpoint(1);
    equal(await fixture.visible(), [], "records after an empty commit");
    await other.stop();
    await run.stop();
  });

  crashTest("a crash before the manifest undoes what was prepared", async (fixture) => {
    const first = await Run.start(fixture, { epoch: 1, from: null });
    first.write(0, 1);
    const completed = await first.checkpoint(1);
    first.write(2, 3);
    await first.prepare(2);
    const second = await Run.start(fixture, { epoch: 2, from: completed });
    equal(await fixture.visible(), [0, 1].map(recordFor), "records after the crash");
    second.write(2, 3);
    await second.checkpoint(2);
    equal(await fixture.visible(), [0, 1, 2, 3].map(recordFor), "records written again");
    await second.stop();
    await first.stop();
  });

  crashTest("a crash between manifest and commit is made good by recover, also twice", async (fixture) => {
    const first = await Run.start(fixture, { epoch: 1, from: null });
    first.write(0, 1, 2);
    const completed = await first.prepare(1);
    for (const epoch of [2, 3]) {
      await Run.start(fixture, { epoch, from: completed });
      equal(await fixture.visible(), [0, 2, 1].map(recordFor), `records after recover in epoch ${epoch}`);
    }
  });

  crashTest("recover after a whole commit changes nothing", async (fixture) => {
    const first = await Run.start(fixture, { epoch: 1, from: null });
    first.write(0, 1, 2);
    const completed = await first.checkpoint(1);
    const second = await Run.start(fixture, { epoch: 2, from: completed });
    equal(await fixture.visible(), [0, 2, 1].map(recordFor), "records after recover");
    second.write(4);
    await second.checkpoint(2);
    equal(await fixture.visible(), [0, 2, 1, 4].map(recordFor), "records of the next checkpoint");
  });
}

/** What a writer borrows is spoilt as soon as it may not have it any more. */
function writeTo(writer: SinkWriter, batch: RecordBatch): void {
  if (writer.borrows !== true) {
    writer.write(batch);
    return;
  }
  const lent = lentCopy(batch);
  writer.write(lent.batch);
  lent.spoil();
}

function recordFor(n: number): SuiteRecord {
  return { n, text: `record ${n}` };
}

function batchOf(records: readonly SuiteRecord[]): RecordBatch {
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({ layout: LAYOUT, emit: (batch) => void batches.push(batch) });
  for (const record of records) builder.append(record, { timestamp: record.n, watermark: Number.NEGATIVE_INFINITY });
  builder.flush();
  return batches[0] as RecordBatch;
}

/** Only the checkpoint room makes permits for real: the suite stands in for it. */
function permitFor(checkpoint: number, epoch: number): CommitPermit {
  return { checkpoint, epoch } as CommitPermit;
}

function throughJson(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
