import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CommitPermit } from "../foundation/commit-permit.ts";
import type { Json } from "../foundation/json.ts";
import type { PreparedOutput, SinkConnector, SinkWriter } from "../connector/sink-connector.ts";
import type { Disk, WritableFile } from "../host/disk.ts";
import { FAILPOINTS, type Host } from "../host/host.ts";
import { BatchBuilder } from "../record/batch-builder.ts";
import { memoryHost, type MemoryHost } from "../testing/memory-host.ts";
import { CrashSignal } from "../testing/memory-host-life.ts";
import { csv, jsonl } from "./file-binding.ts";

/** What a manifest would hold; kept outside the process, so it survives. */
interface World {
  manifest: { checkpoint: number; plan: Json; prepared: readonly PreparedOutput[] } | null;
  /** Checkpoints whose commit came back. */
  committed: number;
}

const CHECKPOINTS = 3;
const WRITERS = ["left", "the/right one"];

const linesOf = (checkpoint: number): string[] =>
  WRITERS.map((_, writer) => `${"é".repeat(checkpoint * (writer + 2))}-${checkpoint}-${writer}`);

const SINKS = {
  jsonl: {
    path: "deep/out.jsonl",
    sink: jsonl("deep/out.jsonl").sink!,
    header: "",
    line: (text: string) => `${JSON.stringify({ text })}\n`,
  },
  csv: { path: "deep/out.csv", sink: csv("deep/out.csv").sink!, header: "text\n", line: (text: string) => `${text}\n` },
};
type Sink = (typeof SINKS)["jsonl"];

/** The sink's file after a number of checkpoints. */
function contentAfter(sink: Sink, checkpoints: number): string {
  const lines = Array.from({ length: checkpoints }, (_, i) => linesOf(i + 1)).flat();
  return checkpoints === 0 ? "" : sink.header + lines.map(sink.line).join("");
}

/** One life of a job: starts from the manifest, goes on to the last checkpoint. */
async function runJob(host: Host, sink: SinkConnector, options: { world: World; epoch: number }): Promise<void> {
  const { world, epoch } = options;
  const { manifest } = world;
  const permit = (checkpoint: number): CommitPermit => ({ checkpoint, epoch }) as CommitPermit;
  const context = { host, port: "p", scratch: "scratch" };
  const committer = await sink.openCommitter(context);
  await committer.recover(
    manifest === null ? null : permit(manifest.checkpoint),
    manifest?.plan ?? null,
    manifest?.prepared ?? [],
  );
  const writers: SinkWriter[] = [];
  for (const writer of WRITERS) writers.push(await sink.openWriter({ ...context, writer, epoch }));
  for (let checkpoint = (manifest?.checkpoint ?? 0) + 1; checkpoint <= CHECKPOINTS; checkpoint++) {
    const prepared: PreparedOutput[] = [];
    for (const [index, text] of linesOf(checkpoint).entries()) {
      const builder = new BatchBuilder({
        layout: null,
        emit: (batch) => {
          writers[index]!.write(batch);
        },
      });
      builder.append({ text }, { timestamp: 0, watermark: 0 });
      builder.flush();
      prepared.push({
        writer: WRITERS[index]!,
        output: JSON.parse(JSON.stringify(await writers[index]!.prepare(checkpoint))) as Json,
      });
    }
    world.manifest = { checkpoint, plan: committer.plan(prepared), prepared };
    await committer.commit(permit(checkpoint), world.manifest.plan, prepared);
    world.committed = checkpoint;
  }
  for (const writer of writers) await writer.close();
  await committer.close();
}

async function newMachine(): Promise<MemoryHost> {
  const host = memoryHost();
  await host.disk.makeDirectory("scratch");
  await host.disk.syncDirectory(".");
  return host;
}

async function contentOf(host: MemoryHost, path: string): Promise<string> {
  return (await host.disk.stat(path)) === null ? "" : new TextDecoder().decode(await host.disk.readFile(path));
}

/** Kills the process at this very place. */
function kill(host: MemoryHost): never {
  host.onFailpoint = () => {
    throw new CrashSignal("the test");
  };
  host.failpoint("commit.before");
  throw new Error("unreachable");
}

/**
 * Runs the job, each life with a fault of its own, and checks after each death what a reader sees; the life after the last fault
 * must end with the whole file. `faulty` arms the fault of a life. Gives the number of lives.
 */
async function crashAndRecover(
  sink: Sink,
  faults: readonly ((host: MemoryHost) => Host)[],
  options: { keepUnsynced: boolean },
): Promise<number> {
  const world: World = { manifest: null, committed: 0 };
  let host = await newMachine();
  let lives = 0;
  for (const fault of [...faults, (whole: MemoryHost) => whole]) {
    lives++;
    try {
      await runJob(fault(host), sink.sink, { world, epoch: lives });
      break;
    } catch (error) {
      if (!(error instanceof CrashSignal)) throw error;
    }
    host = host.crash(options);
    host.onFailpoint = () => undefined;
    const visible = (await contentOf(host, sink.path)).replace(/[^\n]*$/, "");
    const all = contentAfter(sink, world.manifest?.checkpoint ?? 0);
    assert.ok(
      all.startsWith(visible),
      `a reader sees ${JSON.stringify(visible)}, only ${JSON.stringify(all)} is permitted`,
    );
    assert.ok(
      visible.startsWith(contentAfter(sink, world.committed)),
      `a reader sees ${JSON.stringify(visible)}, checkpoint ${world.committed} is committed`,
    );
  }
  assert.equal(await contentOf(host, sink.path), contentAfter(sink, CHECKPOINTS));
  assert.deepEqual(await host.disk.list("scratch"), [], "staged files are left over");
  return lives;
}

const atFailpoint =
  (nth: number) =>
  (host: MemoryHost): Host => {
    let hits = 0;
    host.onFailpoint = (name) => {
      if (++hits === nth) throw new CrashSignal(name);
    };
    return host;
  };

/** Dies before the nth call of the disk. */
const atDiskCall =
  (nth: number) =>
  (host: MemoryHost): Host => {
    let calls = 0;
    const counted = <T extends object>(target: T): T =>
      new Proxy(target, {
        get(object, name) {
          const method = object[name as keyof T];
          if (typeof method !== "function") return method;
          return async (...given: unknown[]): Promise<unknown> => {
            if (++calls === nth) kill(host);
            const result: unknown = await (method as (...args: unknown[]) => Promise<unknown>).apply(object, given);
            return typeof result === "object" && result !== null && "close" in result ? counted(result) : result;
          };
        },
      });
    return { ...host, disk: counted(host.disk) };
  };

/** Dies when `bytes` have been written to the sink's file. */
const inAppend =
  (path: string, bytes: number) =>
  (host: MemoryHost): Host => {
    let left = bytes;
    const openWrite: Disk["openWrite"] = async (opened, mode) => {
      const file = await host.disk.openWrite(opened, mode);
      if (opened !== path) return file;
      const write: WritableFile["write"] = async (given) => {
        await file.write(given.subarray(0, left));
        if (given.length > left) kill(host);
        left -= given.length;
      };
      return { ...file, write };
    };
    return { ...host, disk: { ...host.disk, openWrite } };
  };

for (const kind of ["jsonl", "csv"] as const) {
  for (const keepUnsynced of [true, false]) {
    describe(`${kind} sink, ${keepUnsynced ? "killed" : "power failure"}`, () => {
      const sink = SINKS[kind];

      test("without a fault", async () => {
        assert.equal(await crashAndRecover(sink, [], { keepUnsynced }), 1);
      });

      test("at every failpoint, and at every one of the recovery after it", async () => {
        let first = 1;
        for (; ; first++) {
          const lives = await crashAndRecover(sink, [atFailpoint(first)], { keepUnsynced });
          if (lives === 1) break;
          for (let second = 1; second <= 10; second++)
            await crashAndRecover(sink, [atFailpoint(first), atFailpoint(second)], { keepUnsynced });
        }
        // Per checkpoint: two for each of two writers, four of the commit.
        assert.equal(first - 1, CHECKPOINTS * 8);
      });

      test("before every call of the disk, again and again", async () => {
        let first = 1;
        while ((await crashAndRecover(sink, [atDiskCall(first)], { keepUnsynced })) > 1) first++;
        assert.ok(first > 60, `the disk was called ${first} times only`);
        for (let nth = 1; nth < 40; nth += 3) {
          await crashAndRecover(sink, [atDiskCall(nth), atDiskCall(nth + 5), atDiskCall(nth + 2), atDiskCall(nth)], {
            keepUnsynced,
          });
        }
      });

      test("after every length of an append", async () => {
        const total = new TextEncoder().encode(contentAfter(sink, CHECKPOINTS)).length;
        for (let bytes = 0; bytes < total; bytes++) {
          assert.equal(await crashAndRecover(sink, [inAppend(sink.path, bytes)], { keepUnsynced }), 2);
        }
        assert.equal(await crashAndRecover(sink, [inAppend(sink.path, total)], { keepUnsynced }), 1);
      });
    });
  }
}

test("the failpoints of the sink are those of the list, in its order", async () => {
  const host = await newMachine();
  const names: string[] = [];
  host.onFailpoint = (name) => void names.push(name);
  await runJob(host, SINKS.jsonl.sink, { world: { manifest: null, committed: 0 }, epoch: 1 });
  const seen = [...new Set(names)];
  assert.deepEqual(
    seen,
    FAILPOINTS.filter((name) => /^(checkpoint\.sink|commit)\./.test(name)),
  );
});
