import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommitPermit } from "../foundation/commit-permit.ts";
import type { Host } from "../host/host.ts";
import { memoryHost } from "../testing/memory-host.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import { encodeManifest } from "./manifest-codec.ts";
import { openCheckpointStore } from "./open-checkpoint-store.ts";
import { writeReferenceSegments } from "./reference-checkpoint.test-only.ts";

const directory = "/state";
const job = "reference";

/** A file system whose locks let everybody in, as some network file systems do. */
function withoutLocks(host: Host): Host {
  return { ...host, disk: { ...host.disk, lock: async () => ({ release: async () => undefined }) } };
}

async function take(host: Host, store: CheckpointStore, checkpoint: number): Promise<CommitPermit> {
  return store.complete(await writeReferenceSegments(host, { directory, job, checkpoint, epoch: store.epoch }));
}

test("a second process is turned away with pid and host of the first, until that ends", async () => {
  const machine = memoryHost();
  const first = machine.anotherProcess();
  const store = await openCheckpointStore(first, { directory, job, owner: { pid: 4711, hostname: "box" } });
  await assert.rejects(openCheckpointStore(machine, { directory, job }), (error: { code: string; message: string }) => {
    assert.equal(error.code, "TM_STATE_DIRECTORY_IN_USE");
    assert.match(error.message, /pid=4711, host=box/);
    return true;
  });
  await store.close();
  const second = await openCheckpointStore(machine, { directory, job });
  assert.equal(second.epoch, store.epoch + 1);
  await second.close();
});

test("a process that was killed holds nothing back", async () => {
  const machine = memoryHost();
  const store = await openCheckpointStore(machine, { directory, job });
  const next = await openCheckpointStore(machine.crash({ keepUnsynced: true }), { directory, job });
  assert.equal(next.epoch, store.epoch + 1);
});

test("nothing is written before the claim of the epoch", async () => {
  const machine = memoryHost();
  const written: string[] = [];
  const host: Host = {
    ...machine,
    disk: {
      ...machine.disk,
      lock: async (path) => (written.push(`lock ${path}`), machine.disk.lock(path)),
      link: async (from, to) => (written.push(`link ${to}`), machine.disk.link(from, to)),
      openWrite: async (path, mode) => (
        written.push(`open ${path.replace(/[0-9a-f]{32}/, "ID")}`),
        machine.disk.openWrite(path, mode)
      ),
    },
  };
  await openCheckpointStore(host, { directory, job });
  assert.deepEqual(written, ["lock /state/LOCK", "open /state/owner/ID.tmp", "link /state/owner/0000000001"]);
});

test("a paused owner that wakes up after a takeover neither commits nor deletes", async () => {
  const host = withoutLocks(memoryHost());
  const paused = await openCheckpointStore(host, { directory, job });
  await take(host, paused, 1);
  await take(host, paused, 2);
  const taker = await openCheckpointStore(host, { directory, job });
  assert.equal(taker.epoch, 2);
  await assert.rejects(take(host, paused, 3), { code: "TM_FENCED" });
  await assert.rejects(paused.retain(1), { code: "TM_FENCED" });
  assert.deepEqual(await host.disk.list(`${directory}/manifests`), ["0000000001.json", "0000000002.json"]);
  assert.equal((await taker.newestVerified()).manifest?.checkpoint, 2);
});

test("an owner that is overtaken in the middle of a manifest gets no permit", async () => {
  const machine = withoutLocks(memoryHost());
  let overtake: (() => Promise<unknown>) | null = null;
  const host: Host = {
    ...machine,
    disk: {
      ...machine.disk,
      link: async (from, to) => {
        const now = to.includes("/manifests/") ? overtake : null;
        overtake = now === null ? overtake : null;
        await now?.();
        return machine.disk.link(from, to);
      },
    },
  };
  const slow = await openCheckpointStore(host, { directory, job });
  await take(host, slow, 1);
  overtake = () => openCheckpointStore(machine, { directory, job });
  await assert.rejects(take(host, slow, 2), { code: "TM_FENCED" });
  // The late manifest is whole and follows from what the new owner found: it counts until the new owner has written its own.
  const second = await openCheckpointStore(machine, { directory, job });
  assert.equal((await second.newestVerified()).manifest?.checkpoint, 2);
  await take(machine, second, second.nextCheckpoint);
  assert.equal((await second.newestVerified()).manifest?.epoch, second.epoch);
});

test("a manifest is never written over", async () => {
  const machine = memoryHost();
  const store = await openCheckpointStore(machine, { directory, job });
  const stranger = await machine.disk.openWrite(`${directory}/manifests/0000000001.json`, "create");
  await stranger.close();
  await assert.rejects(take(machine, store, 1), { code: "TM_FENCED" });
  assert.equal((await machine.disk.readFile(`${directory}/manifests/0000000001.json`)).length, 0);
});

test("what a newer owner wrote is preferred to a higher id of an older one", async () => {
  const host = withoutLocks(memoryHost());
  const old = await openCheckpointStore(host, { directory, job });
  await take(host, old, 1);
  const taker = await openCheckpointStore(host, { directory, job });
  await take(host, taker, taker.nextCheckpoint);
  // The old owner's manifest, linked late: as if it had slept between its checks and the link.
  const late = await writeReferenceSegments(host, { directory, job, checkpoint: 9, epoch: old.epoch });
  const file = await host.disk.openWrite(`${directory}/manifests/0000000009.json`, "create");
  await file.write(encodeManifest(late));
  await file.close();
  const { manifest } = await (await openCheckpointStore(host, { directory, job })).newestVerified();
  assert.deepEqual([manifest?.epoch, manifest?.checkpoint], [taker.epoch, 2]);
});

test("old claims and files of earlier owners go, the newest claims stay", async () => {
  const host = memoryHost();
  for (let i = 0; i < 20; i++) {
    const store = await openCheckpointStore(host, { directory, job });
    await writeReferenceSegments(host, { directory, job, checkpoint: store.nextCheckpoint, epoch: store.epoch });
    await store.close();
  }
  const store = await openCheckpointStore(host, { directory, job });
  const foreign = await host.disk.openWrite(`${directory}/segments/notes.txt`, "create");
  await foreign.close();
  await take(host, store, store.nextCheckpoint);
  await store.retain(3);
  const owners = await host.disk.list(`${directory}/owner`);
  assert.deepEqual([owners.length, owners[0], owners.at(-1)], [16, "0000000006", "0000000021"]);
  assert.deepEqual((await host.disk.list(`${directory}/segments`)).length, 3, "two segments, and a file that is none");
});
