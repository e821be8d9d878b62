import assert from "node:assert/strict";
import { before, test } from "node:test";
import { memoryHost } from "../testing/memory-host.ts";
import type { Host } from "../host/host.ts";
import { listCheckpoints } from "./list-checkpoints.ts";
import type { BlockDescriptor, Manifest, SegmentDescriptor } from "./manifest.ts";
import { openCheckpointStore } from "./open-checkpoint-store.ts";
import { writeReferenceSegments } from "./reference-checkpoint.test-only.ts";
import { readSegment } from "./segment-reader.ts";
import { writeSegment } from "./segment-writer.ts";
import { verifyCheckpoint } from "./verify-checkpoint.ts";

const directory = "/state";
const host: Host = memoryHost();
/** Checkpoints 1 and 2 of the same job. */
let manifests: readonly [Manifest, Manifest];

before(async () => {
  const store = await openCheckpointStore(host, { directory, job: "reference" });
  const written: Manifest[] = [];
  for (const checkpoint of [1, 2]) {
    const manifest = await writeReferenceSegments(host, {
      directory,
      job: "reference",
      checkpoint,
      epoch: store.epoch,
    });
    await store.complete(manifest);
    written.push(manifest);
  }
  manifests = written as unknown as readonly [Manifest, Manifest];
  await store.close();
});

const manifestPath = (checkpoint: number): string => `${directory}/manifests/000000000${checkpoint}.json`;
const segmentPath = (segment: SegmentDescriptor | undefined): string => `${directory}/${segment?.path ?? ""}`;

async function replace(path: string, bytes: Uint8Array | null): Promise<void> {
  await host.disk.remove(path);
  if (bytes === null) return;
  const file = await host.disk.openWrite(path, "create");
  await file.write(bytes);
  await file.close();
}

/** Puts `bytes` (null: no file) in the place of a file, runs `look`, and puts the file back. */
async function withDamage(path: string, bytes: Uint8Array | null, look: () => Promise<void>): Promise<void> {
  const original = await host.disk.readFile(path);
  await replace(path, bytes);
  try {
    await look();
  } finally {
    await replace(path, original);
  }
}

async function assertFound(what: string): Promise<void> {
  assert.notEqual(await verifyCheckpoint(host, directory, { checkpoint: 2 }), null, `not detected: ${what}`);
}

/** A reader gets the bytes that were written, or an error; `wanted` block by block and all at once. */
async function assertNeverWrong(
  descriptor: SegmentDescriptor,
  right: readonly Uint8Array[],
  what: string,
): Promise<void> {
  for (const only of [null, ...descriptor.blocks.keys()]) {
    const got: (readonly [number, Uint8Array])[] = [];
    const wanted = (block: { offset: number }): boolean =>
      only === null || block.offset === descriptor.blocks[only]?.offset;
    const read = readSegment(
      host,
      { directory, descriptor, wanted },
      ({ keyGroup, payload }) => void got.push([keyGroup, payload]),
    );
    const failed = await read.then(
      () => false,
      (error: unknown) => {
        assert.equal((error as { code?: string }).code, "TM_CHECKPOINT_CORRUPT", what);
        return true;
      },
    );
    if (only === null) assert.ok(failed, `read as if nothing was wrong: ${what}`);
    for (const [keyGroup, payload] of got) {
      const index = descriptor.blocks.findIndex((block) => block.keyGroup === keyGroup);
      assert.deepEqual(payload, right[index], `wrong bytes were read: ${what}`);
    }
  }
}

async function payloadsOf(descriptor: SegmentDescriptor): Promise<Uint8Array[]> {
  const payloads: Uint8Array[] = [];
  await readSegment(host, { directory, descriptor, wanted: () => true }, ({ payload }) => void payloads.push(payload));
  return payloads;
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

test("the undamaged checkpoint verifies and reads", async () => {
  assert.equal(await verifyCheckpoint(host, directory, { checkpoint: 1 }), null);
  assert.equal(await verifyCheckpoint(host, directory, { checkpoint: 2 }), null);
  for (const descriptor of manifests[1].segments)
    assert.equal((await payloadsOf(descriptor)).length, descriptor.blocks.length);
  assert.ok(
    manifests[1].segments.every(({ blocks }) => blocks.length >= 2),
    "the reference is too small to show anything",
  );
});

test("every flipped bit of the manifest is found", async () => {
  const original = await host.disk.readFile(manifestPath(2));
  for (let bit = 0; bit < original.length * 8; bit++) {
    await withDamage(manifestPath(2), flipped(original, bit), () => assertFound(`bit ${bit} of the manifest`));
  }
});

test("every flipped bit of every segment is found, and never read as something else", async () => {
  for (const descriptor of manifests[1].segments) {
    const right = await payloadsOf(descriptor);
    const original = await host.disk.readFile(segmentPath(descriptor));
    for (let bit = 0; bit < original.length * 8; bit++) {
      await withDamage(segmentPath(descriptor), flipped(original, bit), async () => {
        await assertFound(`bit ${bit} of ${descriptor.path}`);
        // Thirteen is prime to eight: every position in a byte comes up.
        if (bit % 13 === 0) await assertNeverWrong(descriptor, right, `bit ${bit} of ${descriptor.path}`);
      });
    }
  }
});

test("every truncation is found, and a byte too many", async () => {
  for (const path of [manifestPath(2), ...manifests[1].segments.map(segmentPath)]) {
    const original = await host.disk.readFile(path);
    for (let length = 0; length < original.length; length++) {
      await withDamage(path, original.subarray(0, length), () => assertFound(`${path} cut to ${length}`));
    }
    await withDamage(path, Uint8Array.of(...original, 0), () => assertFound(`${path} with a byte more`));
  }
});

test("missing files are found", async () => {
  for (const path of [manifestPath(2), ...manifests[1].segments.map(segmentPath)]) {
    await withDamage(path, null, () => assertFound(`${path} missing`));
  }
});

test("swapped and stale files under the right name are found", async () => {
  const [old, current] = manifests;
  const pairs = [
    [manifestPath(2), manifestPath(1)],
    [segmentPath(current.segments[0]), segmentPath(current.segments[1])],
    [segmentPath(current.segments[0]), segmentPath(old.segments[0])],
    [segmentPath(current.segments[1]), manifestPath(2)],
  ] as const;
  for (const [place, other] of pairs) {
    const stranger = await host.disk.readFile(other);
    await withDamage(place, stranger, () => assertFound(`${other} in the place of ${place}`));
  }
});

test("a segment of the same length from an earlier checkpoint cannot pass, even block by block", async () => {
  const [old, current] = manifests;
  const descriptor = current.segments[0] as SegmentDescriptor;
  const right = await payloadsOf(descriptor);
  const stale = await host.disk.readFile(segmentPath(old.segments[0]));
  const original = await host.disk.readFile(segmentPath(descriptor));
  for (const block of descriptor.blocks) {
    const mixed = original.slice();
    mixed.set(stale.subarray(block.offset, block.offset + block.sizeBytes), block.offset);
    await withDamage(segmentPath(descriptor), mixed, async () => {
      await assertFound("a block of an earlier checkpoint");
      await assertNeverWrong(descriptor, right, "a block of an earlier checkpoint");
    });
  }
});

test("a block of another file cannot pass, even if all else about it is right", async () => {
  const descriptor = manifests[1].segments[0] as SegmentDescriptor;
  const original = await host.disk.readFile(segmentPath(descriptor));
  const payloads = await payloadsOf(descriptor);
  const blocks = descriptor.blocks.map(({ operator, keyGroup }, i) => ({
    operator,
    keyGroup,
    payload: payloads[i] as Uint8Array,
  }));
  const twin = await writeSegment(host, {
    directory,
    checkpoint: 2,
    epoch: 1,
    task: descriptor.task,
    blocks,
    compress: true,
  });
  const foreign = await host.disk.readFile(segmentPath(twin));
  const block = descriptor.blocks[1] as BlockDescriptor;
  const mixed = original.slice();
  mixed.set(foreign.subarray(block.offset, block.offset + block.sizeBytes), block.offset);
  await withDamage(segmentPath(descriptor), mixed, async () => {
    const wanted = ({ offset }: BlockDescriptor): boolean => offset === block.offset;
    const read = readSegment(host, { directory, descriptor, wanted }, () => assert.fail("it was read"));
    await assert.rejects(read, { code: "TM_CHECKPOINT_CORRUPT" });
  });
});

test("a start takes the newest whole checkpoint and says what it passed over and why", async () => {
  const [old, current] = manifests;
  const path = segmentPath(current.segments[1]);
  const original = await host.disk.readFile(path);
  const at = (current.segments[1]?.blocks[0]?.offset ?? 0) + 70;
  await withDamage(path, flipped(original, at * 8), async () => {
    const store = await openCheckpointStore(host, { directory, job: "reference" });
    const { manifest, skipped } = await store.newestVerified();
    assert.deepEqual(manifest, old);
    assert.equal(skipped.length, 1);
    assert.equal(skipped[0]?.checkpoint, 2);
    assert.match(skipped[0]?.why ?? "", new RegExp(`${current.segments[1]?.path ?? ""}.*offset=`));
    await store.close();
  });
  await withDamage(manifestPath(2), null, async () => {
    await withDamage(manifestPath(1), new Uint8Array(3), async () => {
      const store = await openCheckpointStore(host, { directory, job: "reference" });
      const { manifest, skipped } = await store.newestVerified();
      assert.equal(manifest, null);
      assert.deepEqual(
        skipped.map(({ checkpoint }) => checkpoint),
        [1],
      );
      assert.equal(store.nextCheckpoint, 3, "an id is never used again");
      await store.close();
    });
  });
});

test("listing shows a broken manifest as broken and needs no ownership", async () => {
  await withDamage(manifestPath(1), new Uint8Array(10), async () => {
    const store = await openCheckpointStore(host, { directory, job: "reference" });
    const listings = await listCheckpoints(host, directory);
    assert.deepEqual(
      listings.map(({ checkpoint, manifest }) => [checkpoint, manifest === null]),
      [
        [2, false],
        [1, true],
      ],
    );
    assert.match(listings[1]?.why ?? "", /manifests\/0000000001\.json/);
    await store.close();
  });
  await assert.rejects(listCheckpoints(host, "/elsewhere"), { code: "TM_CHECKPOINT_MISSING" });
});
