import type { Json } from "../foundation/json.ts";
import type { Host } from "../host/host.ts";
import { BATCH_ROWS_MAX, type RecordBatch } from "../record/batch.ts";
import type { RecordSchema } from "../record/record-schema.ts";
import { recordOf } from "../record/row-copy.ts";
import { check, equal, rejects } from "./conformance-check.ts";
import type { ReaderContext, SourceBatch, SourceConnector, Split, SplitReader } from "./source-connector.ts";

/** How the suite registers a test: `test` of node:test, vitest, jest or mocha will do. */
export interface SourceSuiteOptions {
  test(name: string, run: () => Promise<void>): unknown;
  /** A source over always the same data, each time it is asked for; it ends by itself. */
  open(): Promise<SourceFixture>;
  /** False for a source that cannot be read again, as standard input. */
  readonly replayable?: boolean;
}

export interface SourceFixture {
  readonly host: Host;
  readonly source: SourceConnector;
  readonly schema: RecordSchema;
  /** What each split holds, invalid records as `{ invalid: raw }`. */
  readonly expected: Readonly<Record<string, readonly unknown[]>>;
}

/** A record as the suite saw it. */
interface Seen {
  readonly record: unknown;
  readonly offset: number;
}

/** A batch, with where to resume after it. */
interface Step {
  readonly seen: readonly Seen[];
  readonly position: Json;
}

/** More polls without an end than any fixture needs. */
const POLLS_MAX = 100_000;

/** Registers the tests that every source must pass. */
export function sourceSuite({ test, open, replayable = true }: SourceSuiteOptions): void {
  test("source: split ids are unique, and the same each time", async () => {
    const { host, source, expected } = await open();
    const ids = (await source.splits({ host, port: "suite" })).map(({ id }) => id);
    equal(ids, Object.keys(expected), "ids of the splits, in order");
    equal(
      (await source.splits({ host, port: "suite" })).map(({ id }) => id),
      ids,
      "ids of the splits, asked again",
    );
    check(new Set(ids).size === ids.length, "two splits have one id");
  });

  test("source: every split gives its records in order, then ends, and stays ended", async () => {
    await forEachSplit(await open(), async (fixture, split) => {
      const reader = await openReader(fixture, split, null);
      const steps = await readToEnd(reader, fixture);
      equal(recordsOf(steps), fixture.expected[split.id], `records of split ${split.id}`);
      equal(reader.poll().kind, "ended", "a poll after the end");
      await reader.ready();
      const offsets = steps.flatMap(({ seen }) => seen.map(({ offset }) => offset));
      check(
        offsets.every((offset, i) => i === 0 || offset > (offsets[i - 1] as number)),
        "offsets do not grow",
      );
      await reader.close();
    });
  });

  test("source: batches that are lent hold the same", async () => {
    await forEachSplit(await open(), async (fixture, split) => {
      const reader = await openReader(fixture, split, null);
      reader.lend?.();
      equal(recordsOf(await readToEnd(reader, fixture)), fixture.expected[split.id], `records of split ${split.id}`);
      await reader.close();
    });
  });

  if (replayable) replayTests(test, open);
  else {
    test("source: one that cannot be read again refuses a position that is not the beginning", async () => {
      await forEachSplit(await open(), async (fixture, split) => {
        const reader = await openReader(fixture, split, null);
        const steps = await readToEnd(reader, fixture);
        await reader.close();
        const last = steps.at(-1);
        check(last !== undefined, "the fixture has no records");
        await rejects(() => openReader(fixture, split, (last as Step).position), "TM_SOURCE");
      });
    });
  }

  test("source: a reader may be closed before it was read, and while something waits for it", async () => {
    await forEachSplit(await open(), async (fixture, split) => {
      const reader = await openReader(fixture, split, null);
      reader.poll();
      const ready = reader.ready();
      await reader.close();
      await ready;
    });
  });
}

function replayTests(test: SourceSuiteOptions["test"], open: SourceSuiteOptions["open"]): void {
  test("source: from the position after any batch, the rest follows, at the same offsets", async () => {
    await forEachSplit(await open(), async (fixture, split) => {
      const first = await openReader(fixture, split, null);
      const start = first.position();
      const steps = await readToEnd(first, fixture);
      const positions = [start, ...steps.map(({ position }) => position)];
      await first.close();
      for (const [index, position] of positions.entries()) {
        const reader = await openReader(fixture, split, throughJson(position));
        equal(reader.position(), position, "the position of a reader that was just opened");
        const rest = (await readToEnd(reader, fixture)).flatMap(({ seen }) => seen);
        equal(
          rest,
          steps.slice(index).flatMap(({ seen }) => seen),
          `records of split ${split.id} after position ${JSON.stringify(position)}`,
        );
        await reader.close();
      }
    });
  });

  test("source: a poll that waits does not move the position", async () => {
    await forEachSplit(await open(), async (fixture, split) => {
      const reader = await openReader(fixture, split, null);
      const steps: Step[] = [];
      for (let polls = 0; polls < POLLS_MAX; polls++) {
        const before = reader.position();
        const poll = reader.poll();
        if (poll.kind === "ended") break;
        if (poll.kind === "batch") steps.push({ seen: seenIn(poll.batch, fixture), position: reader.position() });
        else {
          const resumed = await openReader(fixture, split, throughJson(reader.position()));
          const rest = recordsOf(await readToEnd(resumed, fixture));
          await resumed.close();
          equal(
            [...recordsOf(steps), ...rest],
            fixture.expected[split.id],
            `records around position ${JSON.stringify(before)}`,
          );
          await reader.ready();
        }
      }
      await reader.close();
    });
  });
}

async function forEachSplit(
  fixture: SourceFixture,
  run: (fixture: SourceFixture, split: Split) => Promise<void>,
): Promise<void> {
  for (const split of await fixture.source.splits({ host: fixture.host, port: "suite" })) await run(fixture, split);
}

function openReader(
  { host, source, schema }: SourceFixture,
  split: Split,
  position: Json | null,
): Promise<SplitReader> {
  const context: ReaderContext = { host, port: "suite", schema };
  return source.openReader(split, position, context);
}

async function readToEnd(reader: SplitReader, fixture: SourceFixture): Promise<Step[]> {
  const steps: Step[] = [];
  for (let polls = 0; polls < POLLS_MAX; polls++) {
    const poll = reader.poll();
    check(!(poll instanceof Promise), "poll is not synchronous");
    if (poll.kind === "ended") return steps;
    if (poll.kind === "waiting") await reader.ready();
    else steps.push({ seen: seenIn(poll.batch, fixture), position: reader.position() });
  }
  throw new Error(`no end after ${POLLS_MAX} polls`);
}

/** The rows of a batch with the invalid records in their places. */
function seenIn(batch: SourceBatch, { schema }: SourceFixture): Seen[] {
  check(batch.length <= BATCH_ROWS_MAX, "a batch is too long");
  check(batch.layout === schema.layout, "a batch has another layout than its schema");
  check(batch.columns.length === batch.layout.fields.length, "a batch has not one column a field");
  check(batch.offsets.length >= batch.length, "rows have no offsets");
  const seen: Seen[] = [];
  const invalid = [...batch.invalid];
  for (let row = 0; row <= batch.length; row++) {
    while (invalid[0] !== undefined && invalid[0].beforeRow <= row) {
      const { raw, offset, error } = invalid.shift() as SourceBatch["invalid"][number];
      check(error.code === "TM_RECORD", "an invalid record has another code than TM_RECORD");
      seen.push({ record: { invalid: raw }, offset });
    }
    if (row < batch.length)
      seen.push({ record: recordOf(asRecordBatch(batch), row), offset: batch.offsets[row] as number });
  }
  check(invalid.length === 0, "an invalid record stands behind the rows of its batch");
  return seen;
}

function asRecordBatch(batch: SourceBatch): RecordBatch {
  const { layout, length, columns } = batch;
  return {
    layout,
    length,
    columns,
    timestamps: new Float64Array(length),
    watermarks: new Float64Array(length),
    rowKinds: null,
    keys: null,
    origin: null,
  };
}

function recordsOf(steps: readonly Step[]): unknown[] {
  return steps.flatMap(({ seen }) => seen.map(({ record }) => record));
}

/** A position as a manifest gives it back. */
function throughJson(position: Json): Json {
  return JSON.parse(JSON.stringify(position)) as Json;
}
