import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BatchBuilder } from "../record/batch-builder.ts";
import type { RecordBatch } from "../record/batch.ts";
import { ROW_KINDS } from "../record/batch.ts";
import { memoryHost } from "../testing/memory-host.ts";
import type { WriterContext } from "./sink-connector.ts";
import { memorySink } from "./memory-sink.ts";
import { sinkSuite } from "./sink.conformance.ts";

const context = (): WriterContext => ({ host: memoryHost(), port: "p", scratch: "/scratch", writer: "0", epoch: 1 });

function batchOf(...rows: readonly (readonly [record: unknown, timestamp: number, rowKind?: number])[]): RecordBatch {
  const batches: RecordBatch[] = [];
  const builder = new BatchBuilder({ layout: null, emit: (batch) => void batches.push(batch) });
  for (const [record, timestamp, rowKind = ROW_KINDS.insert] of rows)
    builder.append(record, { timestamp, watermark: 0, rowKind });
  builder.flush();
  return batches[0]!;
}

for (const guarantee of ["exactly-once", "at-least-once"] as const) {
  describe(`${guarantee} memory sink`, () => {
    sinkSuite({
      test,
      guarantee,
      open: () => {
        const memory = memorySink({ guarantee });
        return Promise.resolve({
          host: memoryHost(),
          sink: memory.sink,
          scratch: "/scratch",
          visible: () => Promise.resolve(memory.committed),
        });
      },
    });
  });
}

test("written records are kept apart from committed ones, with time and kind of change", async () => {
  const memory = memorySink();
  const writer = await memory.sink.openWriter(context());
  writer.write(batchOf([{ n: 1 }, 5], [{ n: 1 }, 6, ROW_KINDS.updateBefore], [{ n: 2 }, 6, ROW_KINDS.updateAfter]));
  assert.deepEqual(memory.written, [{ n: 1 }, { n: 1 }, { n: 2 }]);
  assert.deepEqual(memory.committed, []);
  const committer = await memory.sink.openCommitter(context());
  await committer.recover(null, null, []);
  const output = await writer.prepare(1);
  const prepared = [{ writer: "0", output }];
  await committer.commit({ checkpoint: 1, epoch: 1 } as never, committer.plan(prepared), prepared);
  assert.deepEqual(
    memory.committedRows.map(({ timestamp, rowKind }) => [timestamp, rowKind]),
    [
      [5, "insert"],
      [6, "updateBefore"],
      [6, "updateAfter"],
    ],
  );
  memory.clear();
  assert.deepEqual([memory.committed, memory.written], [[], []]);
});

test("a checkpoint may hold more rows than fit on the stack", async () => {
  const memory = memorySink();
  const writer = await memory.sink.openWriter(context());
  const batch = batchOf(...Array.from({ length: 1_000 }, (_, n) => [{ n }, n] as const));
  for (let written = 0; written < 200; written++) writer.write(batch);
  const committer = await memory.sink.openCommitter(context());
  await committer.recover(null, null, []);
  const prepared = [{ writer: "0", output: await writer.prepare(1) }];
  await committer.commit({ checkpoint: 1, epoch: 1 } as never, committer.plan(prepared), prepared);
  assert.equal(memory.committed.length, 200_000);
});

test("a sink that holds something else than the checkpoint says is refused", async () => {
  const memory = memorySink();
  const committer = await memory.sink.openCommitter(context());
  const permit = { checkpoint: 3, epoch: 1 } as never;
  await assert.rejects(committer.recover(permit, { from: 5, to: 7 }, []), { code: "TM_SINK_CHANGED" });
  await assert.rejects(
    committer.recover(permit, { from: 0, to: 7 }, [{ writer: "0", output: { staged: "3-1-0", rows: 7 } }]),
    {
      code: "TM_SINK_CHANGED",
      message: /not in this thread/,
    },
  );
  await assert.rejects(committer.recover(permit, { file: "out.jsonl" }, []), {
    code: "TM_SINK_CHANGED",
    message: /another kind of sink/,
  });
});
