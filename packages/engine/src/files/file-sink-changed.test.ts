import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommitPermit } from "../foundation/commit-permit.ts";
import type { Json } from "../foundation/json.ts";
import type { PreparedOutput, SinkCommitter, SinkConnector } from "../connector/sink-connector.ts";
import { BatchBuilder } from "../record/batch-builder.ts";
import { memoryHost, type MemoryHost } from "../testing/memory-host.ts";
import { csv, jsonl } from "./file-binding.ts";

const PERMIT = { checkpoint: 1, epoch: 1 } as CommitPermit;
const PATH = "out.jsonl";

interface Checkpoint {
  readonly plan: Json;
  readonly prepared: readonly PreparedOutput[];
}

async function newHost(): Promise<MemoryHost> {
  const host = memoryHost();
  await host.disk.makeDirectory("scratch");
  return host;
}

async function openCommitter(host: MemoryHost, sink: SinkConnector = jsonl(PATH).sink!): Promise<SinkCommitter> {
  return await sink.openCommitter({ host, port: "p", scratch: "scratch" });
}

/** Prepares records and plans their commit, after a first checkpoint of its own. */
async function prepare(
  host: MemoryHost,
  records: readonly object[],
  options: { sink?: SinkConnector; committer?: SinkCommitter; checkpoint?: number } = {},
): Promise<Checkpoint & { committer: SinkCommitter }> {
  const { sink = jsonl(PATH).sink!, checkpoint = 1 } = options;
  let { committer } = options;
  if (committer === undefined) {
    committer = await openCommitter(host, sink);
    await committer.recover(null, null, []);
  }
  const writer = await sink.openWriter({ host, port: "p", scratch: "scratch", writer: "0", epoch: checkpoint });
  const builder = new BatchBuilder({
    layout: null,
    emit: (batch) => {
      writer.write(batch);
    },
  });
  for (const record of records) builder.append(record, { timestamp: 0, watermark: 0 });
  builder.flush();
  const prepared = [{ writer: "0", output: await writer.prepare(checkpoint) }];
  await writer.close();
  return { committer, prepared, plan: committer.plan(prepared) };
}

async function put(host: MemoryHost, path: string, content: string): Promise<void> {
  await host.disk.remove(path);
  const file = await host.disk.openWrite(path, "append");
  await file.write(new TextEncoder().encode(content));
  await file.close();
}

const textOf = async (host: MemoryHost, path: string): Promise<string> =>
  new TextDecoder().decode(await host.disk.readFile(path));

test("a fresh job does not write to a file that has content, and says what to do", async () => {
  const host = await newHost();
  await put(host, PATH, "somebody's\n");
  await assert.rejects((await openCommitter(host)).recover(null, null, []), {
    code: "TM_SINK_CHANGED",
    message: /Move the file away or bind the port to another one.*file=out\.jsonl, sizeBytes=11/,
  });
  await put(host, PATH, "");
  await (await openCommitter(host)).recover(null, null, []);
});

test("an append that a power loss tore is written again; what was durable before it stays", async () => {
  for (const torn of ['{"n"', "\0\0\0\0", '{"n":3}\n', '{"n":2}\0', "x", ""]) {
    const host = await newHost();
    const first = await prepare(host, [{ n: 1 }]);
    await first.committer.commit(PERMIT, first.plan, first.prepared);
    const second = await prepare(host, [{ n: 2 }], { committer: first.committer, checkpoint: 2 });
    await put(host, PATH, `{"n":1}\n${torn}`);
    await (await openCommitter(host)).recover(PERMIT, second.plan, second.prepared);
    assert.equal(await textOf(host, PATH), '{"n":1}\n{"n":2}\n', JSON.stringify(torn));
  }
});

test("a file that was cut or prolonged since is not touched", async () => {
  const host = await newHost();
  const first = await prepare(host, [{ n: 1 }]);
  await first.committer.commit(PERMIT, first.plan, first.prepared);
  const second = await prepare(host, [{ n: 2 }], { committer: first.committer, checkpoint: 2 });
  const cases: readonly (readonly [content: string, how: RegExp])[] = [
    ["", /is shorter than what was committed/],
    ['{"n":1}', /is shorter than what was committed.*sizeBytes=7, committedFrom=8, committedTo=16/],
    ['{"n":1}\n{"n":2}\n{"n":3}\n', /is longer than what was committed/],
  ];
  for (const [content, how] of cases) {
    await put(host, PATH, content);
    await assert.rejects((await openCommitter(host)).recover(PERMIT, second.plan, second.prepared), {
      code: "TM_SINK_CHANGED",
      message: how,
    });
    assert.equal(await textOf(host, PATH), content);
  }
  // While the job runs, even the right bytes from elsewhere are a stranger's.
  await put(host, PATH, '{"n":1}\n{"n"');
  await assert.rejects(second.committer.commit(PERMIT, second.plan, second.prepared), {
    code: "TM_SINK_CHANGED",
    message: /is longer/,
  });
  await assert.rejects(
    second.committer.commit(PERMIT, second.plan, second.prepared),
    { code: "TM_SINK_CHANGED" },
    "a failed commit is not tried again",
  );
  await (await openCommitter(host)).recover(PERMIT, second.plan, second.prepared);
  assert.equal(await textOf(host, PATH), '{"n":1}\n{"n":2}\n');
});

test("staged output that is damaged or missing is never committed in part", async () => {
  for (const damage of ["flip", "cut", "remove"] as const) {
    const host = await newHost();
    const { plan, prepared } = await prepare(host, [{ text: "hello" }]);
    const path = "scratch/1-1-0.staged";
    const content = await textOf(host, path);
    if (damage === "remove") await host.disk.remove(path);
    else await put(host, path, damage === "flip" ? content.replace("h", "j") : content.slice(1));
    await assert.rejects(
      (await openCommitter(host)).recover(PERMIT, plan, prepared),
      damage === "remove"
        ? { code: "TM_SINK_CHANGED", message: /what was staged for it is gone/ }
        : { code: "TM_CHECKPOINT_CORRUPT", message: /path=scratch\/1-1-0\.staged/ },
    );
    assert.equal(await host.disk.stat(PATH), null);
  }
});

test("a file that was removed after its first commit is not taken for damage of the checkpoint", async () => {
  const host = await newHost();
  const { committer, plan, prepared } = await prepare(host, [{ n: 1 }]);
  await committer.commit(PERMIT, plan, prepared);
  await host.disk.remove(PATH);
  await assert.rejects((await openCommitter(host)).recover(PERMIT, plan, prepared), {
    code: "TM_SINK_CHANGED",
    message: /is shorter than what was committed.*sizeBytes=0, committedFrom=0, committedTo=8/,
  });
});

test("once everything is in the file, the staged files may be gone", async () => {
  const host = await newHost();
  const { committer, plan, prepared } = await prepare(host, [{ n: 1 }]);
  await committer.commit(PERMIT, plan, prepared);
  assert.deepEqual(await host.disk.list("scratch"), []);
  const again = await openCommitter(host);
  await again.recover(PERMIT, plan, prepared);
  assert.deepEqual(again.plan([]), { kind: "jsonl", file: PATH, from: 8, to: 8, header: null });
});

test("recover sweeps staged files that no manifest names, and nothing else", async () => {
  const host = await newHost();
  await put(host, "scratch/7-1-0.staged", "old\n");
  await put(host, "scratch/open-1-0-1.staged", "old\n");
  await put(host, "scratch/notes.txt", "mine\n");
  await (await openCommitter(host)).recover(null, null, []);
  assert.deepEqual(await host.disk.list("scratch"), ["notes.txt"]);
});

test("a port that is bound to another file completes the old one and begins the new one", async () => {
  const host = await newHost();
  const { plan, prepared } = await prepare(host, [{ n: 1 }]);
  const moved = await openCommitter(host, jsonl("new/other.jsonl").sink!);
  await moved.recover(PERMIT, plan, prepared);
  assert.equal(await textOf(host, PATH), '{"n":1}\n');
  const next = await prepare(host, [{ n: 2 }], {
    sink: jsonl("new/other.jsonl").sink!,
    committer: moved,
    checkpoint: 2,
  });
  await moved.commit(PERMIT, next.plan, next.prepared);
  assert.equal(await textOf(host, "new/other.jsonl"), '{"n":2}\n');
});

test("a checkpoint of another kind of sink, or of the same file in another format, is refused", async () => {
  const host = await newHost();
  const { plan, prepared } = await prepare(host, [{ n: 1 }]);
  await assert.rejects((await openCommitter(host)).recover(PERMIT, { from: 0, to: 1 }, []), {
    code: "TM_SINK_CHANGED",
    message: /another kind of sink/,
  });
  await assert.rejects(
    (await openCommitter(host)).recover(PERMIT, plan, [
      { writer: "0", output: { file: "../x.staged", bytes: 1, crc32: 0 } },
    ]),
    { code: "TM_SINK_CHANGED" },
  );
  await assert.rejects((await openCommitter(host, csv(PATH).sink!)).recover(PERMIT, plan, prepared), {
    code: "TM_SINK_CHANGED",
    message: /holds jsonl/,
  });
});

test("a CSV file has one header, and rows with other columns are refused, also after a restart", async () => {
  const host = await newHost();
  const sink = csv("out.csv").sink!;
  const empty = await prepare(host, [], { sink });
  await empty.committer.commit(PERMIT, empty.plan, empty.prepared);
  const first = await prepare(host, [{ a: 1, b: "x" }], { sink, committer: empty.committer, checkpoint: 2 });
  await first.committer.commit(PERMIT, first.plan, first.prepared);
  const restarted = await openCommitter(host, sink);
  await restarted.recover(PERMIT, first.plan, first.prepared);
  const second = await prepare(host, [{ a: 2, b: "y" }], { sink, committer: restarted, checkpoint: 3 });
  await restarted.commit(PERMIT, second.plan, second.prepared);
  assert.equal(await textOf(host, "out.csv"), "a,b\n1,x\n2,y\n");
  await assert.rejects(prepare(host, [{ a: 2 }], { sink, committer: restarted, checkpoint: 4 }), {
    code: "TM_SINK_CHANGED",
    message: /columns=a,b, newColumns=a/,
  });
});

test("a path that is no plain file is refused", async () => {
  const host = await newHost();
  await host.disk.makeDirectory(PATH);
  await assert.rejects((await openCommitter(host)).recover(null, null, []), {
    code: "TM_BINDING",
    message: /directory/,
  });
});
