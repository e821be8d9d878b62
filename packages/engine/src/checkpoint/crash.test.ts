import assert from "node:assert/strict";
import { test } from "node:test";
import { TidemarkError } from "../foundation/error.ts";
import type { Disk, ReadableFile, WritableFile } from "../host/disk.ts";
import type { FailpointName, Host } from "../host/host.ts";
import { CrashSignal } from "../testing/memory-host-life.ts";
import { memoryHost, type MemoryHost } from "../testing/memory-host.ts";
import { listCheckpoints } from "./list-checkpoints.ts";
import { openCheckpointStore } from "./open-checkpoint-store.ts";
import {
  openReferenceState,
  referenceContents,
  referenceState,
  writeReferenceSegments,
} from "./reference-checkpoint.test-only.ts";
import { readSegment } from "./segment-reader.ts";
import { verifyCheckpoint } from "./verify-checkpoint.ts";

const directory = "/machine/jobs/state";
const job = "reference";

/** A host whose every disk operation, those of open files included, is announced before it happens. */
function announcing(host: MemoryHost, announce: (operation: string) => void): Host {
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (of, name: string) => {
        const method: unknown = Reflect.get(of, name);
        if (typeof method !== "function") return method;
        return async (...given: unknown[]): Promise<unknown> => {
          announce(name);
          const result: unknown = await (method as (...all: unknown[]) => Promise<unknown>).apply(of, given);
          return name === "openRead" || name === "openWrite" ? wrap(result as ReadableFile | WritableFile) : result;
        };
      },
    });
  return { ...host, disk: wrap<Disk>(host.disk), failpoint: (name) => host.failpoint(name) };
}

/** Starts, takes three checkpoints, keeping one; `permitted` is told of each permit. */
async function run(host: Host, permitted: (checkpoint: number) => void): Promise<void> {
  const store = await openCheckpointStore(host, { directory, job });
  await store.newestVerified();
  for (let i = 0; i < 3; i++) {
    const checkpoint = store.nextCheckpoint + i;
    const manifest = await writeReferenceSegments(host, { directory, job, checkpoint, epoch: store.epoch });
    const permit = await store.complete(manifest);
    permitted(permit.checkpoint);
    await store.retain(1);
  }
  await store.close();
}

/** What must hold for whoever starts after a crash, whatever it was. */
async function assertRecovers(host: MemoryHost, newestPermitted: number): Promise<void> {
  const store = await openCheckpointStore(host, { directory, job });
  const { manifest, skipped } = await store.newestVerified();
  assert.deepEqual(skipped, [], "a crash left a broken checkpoint");
  for (const { checkpoint } of await listCheckpoints(host, directory)) {
    assert.equal(await verifyCheckpoint(host, directory, { checkpoint }), null, "a crash left a broken checkpoint");
  }
  assert.ok((manifest?.checkpoint ?? 0) >= newestPermitted, `checkpoint ${newestPermitted} was permitted and is lost`);
  assert.ok(store.nextCheckpoint > (manifest?.checkpoint ?? 0));
  if (manifest !== null) {
    assert.equal(store.permitForRestored(manifest).checkpoint, manifest.checkpoint);
    const state = openReferenceState();
    for (const descriptor of manifest.segments) {
      const segment = { directory, descriptor, wanted: () => true };
      await readSegment(host, segment, ({ payload }) => state.restore(payload));
    }
    assert.deepEqual(referenceContents(state), referenceContents(referenceState(manifest.checkpoint)));
  }
  const checkpoint = store.nextCheckpoint;
  const next = await writeReferenceSegments(host, { directory, job, checkpoint, epoch: store.epoch });
  await store.complete(next);
  await store.retain(1);
  assert.deepEqual(
    (await listCheckpoints(host, directory)).map((listing) => listing.checkpoint),
    [checkpoint],
  );
  assert.deepEqual(
    await host.disk.list(`${directory}/manifests`),
    [`${String(checkpoint).padStart(10, "0")}.json`],
    "leftovers of a crash stay",
  );
  assert.deepEqual(
    (await host.disk.list(`${directory}/segments`)).map((name) => `segments/${name}`),
    next.segments.map(({ path }) => path).sort(),
  );
  assert.equal(await verifyCheckpoint(host, directory, next), null);
  await store.close();
}

async function crashAt(operation: number, keepUnsynced: boolean): Promise<boolean> {
  const machine = memoryHost();
  let permitted = 0;
  let count = 0;
  let after: MemoryHost | null = null;
  const host = announcing(machine, () => {
    if (count++ === operation) after = machine.crash({ keepUnsynced });
  });
  try {
    await run(host, (checkpoint) => (permitted = checkpoint));
  } catch (error) {
    assert.ok(error instanceof CrashSignal, String(error));
  }
  if (after === null) return false;
  await assertRecovers(after, permitted);
  return true;
}

for (const keepUnsynced of [true, false]) {
  test(`a ${keepUnsynced ? "kill" : "power loss"} before any disk operation loses nothing permitted and leaves nothing broken`, async () => {
    let operation = 0;
    while (await crashAt(operation, keepUnsynced)) operation++;
    assert.ok(operation > 100, `only ${operation} operations`);
  });
}

test("a kill at each failpoint recovers, and each is passed", async () => {
  const failpoints: FailpointName[] = [
    "checkpoint.segment.before-write",
    "checkpoint.segment.before-fsync",
    "checkpoint.segment.after-fsync",
    "checkpoint.manifest.before-write",
    "checkpoint.manifest.before-link",
    "checkpoint.manifest.after-durable",
    "retention.before-delete",
    "retention.half-deleted",
  ];
  for (const failpoint of failpoints) {
    let permitted = 0;
    const machine = memoryHost({
      onFailpoint: (name) => {
        if (name === failpoint && permitted >= 1) throw new CrashSignal(name);
      },
    });
    await assert.rejects(
      run(machine, (checkpoint) => (permitted = checkpoint)),
      CrashSignal,
      failpoint,
    );
    const after = machine.crash();
    after.onFailpoint = () => undefined;
    await assertRecovers(after, permitted);
  }
});

test("what a killed process had linked but not synced is durable before anybody may commit from it", async () => {
  const machine = memoryHost();
  let isArmed = false;
  let linked = false;
  let killed: MemoryHost | null = null;
  const host = announcing(machine, (operation) => {
    if (isArmed && linked && operation === "syncDirectory") killed ??= machine.crash({ keepUnsynced: true });
    linked = operation === "link";
  });
  const store = await openCheckpointStore(host, { directory, job });
  const manifest = await writeReferenceSegments(host, { directory, job, checkpoint: 1, epoch: store.epoch });
  isArmed = true;
  await assert.rejects(store.complete(manifest), CrashSignal);

  const second = killed as unknown as MemoryHost;
  const restarted = await openCheckpointStore(second, { directory, job });
  assert.equal((await restarted.newestVerified()).manifest?.checkpoint, 1);
  const third = second.crash();
  const afterPowerLoss = await openCheckpointStore(third, { directory, job });
  assert.equal((await afterPowerLoss.newestVerified()).manifest?.checkpoint, 1);
});

test("an operation that fails, each in turn, ends in a typed error and a directory that recovers", async () => {
  let isDone = false;
  for (let failing = 0; !isDone; failing++) {
    const machine = memoryHost();
    let permitted = 0;
    let count = 0;
    const host = announcing(machine, (operation) => {
      // Closing and unlocking are how a failed start tidies up.
      if (operation === "release" || operation === "close") return;
      if (count++ === failing)
        throw new TidemarkError("TM_IO", "no space left on the device", { facts: { errno: "ENOSPC", operation } });
    });
    const error: unknown = await run(host, (checkpoint) => (permitted = checkpoint)).then(
      () => null,
      (reason: unknown) => reason,
    );
    isDone = count <= failing;
    if (!isDone)
      assert.ok(
        error instanceof TidemarkError && error.kind === "unavailable",
        `operation ${failing}: ${String(error)}`,
      );
    await assertRecovers(machine.crash({ keepUnsynced: true }), permitted);
  }
});

for (const failing of ["segment file", "segments directory", "manifest file", "manifests directory"]) {
  test(`a sync of the ${failing} that fails is final: no permit, no second try`, async () => {
    const machine = memoryHost();
    const [place, kind] = failing.split(" ") as [string, string];
    let isArmed = false;
    let tries = 0;
    const host = syncing(machine, (path, isDirectory) => {
      if (!isArmed || !path.includes(`/${place.replace(/s?$/, "s")}`) || isDirectory !== (kind === "directory")) return;
      tries++;
      throw new TidemarkError("TM_IO", "input/output error", { facts: { errno: "EIO" } });
    });
    const store = await openCheckpointStore(host, { directory, job });
    isArmed = true;
    const taken = writeReferenceSegments(host, { directory, job, checkpoint: 1, epoch: store.epoch }).then((manifest) =>
      store.complete(manifest),
    );
    await assert.rejects(taken, { code: "TM_CHECKPOINT_FAILED" });
    assert.equal(tries, 1);
    await store.close();
  });
}

/** A host that announces every sync before it happens. */
function syncing(host: Host, announce: (path: string, isDirectory: boolean) => void): Host {
  const { disk } = host;
  return {
    ...host,
    disk: {
      ...disk,
      openWrite: async (path, mode) => {
        const file = await disk.openWrite(path, mode);
        const sync = async (): Promise<void> => {
          announce(path, false);
          await file.sync();
        };
        return {
          write: (bytes) => file.write(bytes),
          truncate: (sizeBytes) => file.truncate(sizeBytes),
          close: () => file.close(),
          sync,
        };
      },
      syncDirectory: async (path) => {
        announce(path, true);
        await disk.syncDirectory(path);
      },
    },
  };
}
