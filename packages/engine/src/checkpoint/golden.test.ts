import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeHost } from "../node-host/node-host.ts";
import { listCheckpoints } from "./list-checkpoints.ts";
import {
  changeReference,
  openReferenceState,
  referenceContents,
  referenceState,
} from "./reference-checkpoint.test-only.ts";
import { readSegment } from "./segment-reader.ts";
import { verifyCheckpoint } from "./verify-checkpoint.ts";

// One checkpoint of every format version that was ever released, as that version wrote it. They are never written again.
for (const version of [1, 2]) {
  test(`a checkpoint of format version ${version} is still read, and means the same`, async () => {
    const host = nodeHost();
    const directory = `${import.meta.dirname}/golden/v${version}`;
    const [listing] = await listCheckpoints(host, directory);
    const manifest = listing?.manifest;
    assert.ok(manifest !== null && manifest !== undefined, listing?.why ?? "there is no checkpoint");
    assert.equal(await verifyCheckpoint(host, directory, manifest), null);
    assert.deepEqual(manifest.sources[0]?.position, { offset: 42 });
    assert.deepEqual(manifest.sinks[0]?.prepared, [{ writer: "reference-0", output: ["part", 1] }]);
    assert.deepEqual(manifest.watermarks, { "reference-0": -1.5, "reference-1": "max", "input-0": null });

    const state = openReferenceState();
    for (const descriptor of manifest.segments) {
      const segment = { directory, descriptor, wanted: () => true };
      await readSegment(host, segment, ({ payload }) => state.restore(payload));
    }
    const expected = referenceState(1);
    // From format 2 on, the newest checkpoint is of what changed since the one before.
    if (version > 1) changeReference(expected);
    assert.deepEqual(referenceContents(state), referenceContents(expected));
  });
}
