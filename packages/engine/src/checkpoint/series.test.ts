import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryHost } from "../testing/memory-host.ts";
import type { Manifest } from "./manifest.ts";
import { openCheckpointStore } from "./open-checkpoint-store.ts";
import {
  changeReference,
  openReferenceState,
  referenceContents,
  referenceState,
  writeReferenceSeries,
  writeReferenceSegments,
} from "./reference-checkpoint.test-only.ts";
import { readSegment } from "./segment-reader.ts";
import { verifyCheckpoint } from "./verify-checkpoint.ts";

const directory = "/state";
const job = "reference";

async function contentsOf(host: ReturnType<typeof memoryHost>, { segments }: Manifest): Promise<unknown> {
  const state = openReferenceState();
  for (const descriptor of segments) {
    await readSegment(host, { directory, descriptor, wanted: () => true }, ({ payload }) => state.restore(payload));
  }
  return referenceContents(state);
}

test("a checkpoint of what changed outlives the one before it, with the segments of that", async () => {
  const host = memoryHost();
  const store = await openCheckpointStore(host, { directory, job });
  const [first, second] = await writeReferenceSeries(host, { directory, job, epoch: store.epoch });
  await store.complete(first);
  await store.complete(second);
  assert.deepEqual(await store.retain(1), [1], "the first checkpoint goes");
  assert.equal((await host.disk.list(`${directory}/segments`)).length, 3, "its segments stay");

  const { manifest, skipped } = await store.newestVerified();
  assert.deepEqual([manifest, skipped], [second, []]);
  const expected = referenceState(1);
  changeReference(expected);
  assert.deepEqual(await contentsOf(host, second), referenceContents(expected));

  const third = await writeReferenceSegments(host, { directory, job, checkpoint: 3, epoch: store.epoch });
  await store.complete(third);
  await store.retain(1);
  assert.deepEqual(
    (await host.disk.list(`${directory}/segments`)).map((name) => `segments/${name}`).sort(),
    third.segments.map(({ path }) => path).sort(),
    "a whole checkpoint needs none of them",
  );
});

test("a segment of an earlier checkpoint that is damaged or gone is found", async () => {
  const host = memoryHost();
  const store = await openCheckpointStore(host, { directory, job });
  const [first, second] = await writeReferenceSeries(host, { directory, job, epoch: store.epoch });
  await store.complete(first);
  await store.complete(second);
  const path = first.segments[1]?.path ?? "";
  const bytes = await host.disk.readFile(`${directory}/${path}`);
  await host.disk.remove(`${directory}/${path}`);
  assert.match((await verifyCheckpoint(host, directory, { checkpoint: 2 })) ?? "", new RegExp(path));

  bytes[100] = (bytes[100] as number) ^ 1;
  const file = await host.disk.openWrite(`${directory}/${path}`, "create");
  await file.write(bytes);
  await file.close();
  assert.match((await verifyCheckpoint(host, directory, { checkpoint: 2 })) ?? "", new RegExp(`${path}.*offset=`));
  const { manifest, skipped } = await store.newestVerified();
  assert.equal(manifest, null, "both need it");
  assert.deepEqual(
    skipped.map(({ checkpoint }) => checkpoint),
    [2, 1],
  );
});
