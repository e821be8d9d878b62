import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { segmentPath } from "./checkpoint-files.ts";
import { decideRetention, type RetentionFacts } from "./retention.ts";

const EPOCH = 5;

interface Segment {
  readonly checkpoint: number;
  readonly epoch: number;
  readonly name: string;
}

const facts = fc
  .record({
    keep: fc.integer({ min: 0, max: 4 }),
    segments: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 6 }), fc.nat(2)), {
      selector: String,
      maxLength: 16,
    }),
    manifests: fc.uniqueArray(
      fc.tuple(fc.integer({ min: 1, max: 12 }), fc.boolean(), fc.infiniteStream(fc.boolean())),
      { selector: ([id]) => id, maxLength: 8 },
    ),
    missing: fc.nat(15),
  })
  .map(({ keep, segments: triples, manifests, missing }) => {
    const segments: Segment[] = triples.map(([checkpoint, epoch, n]) => {
      const name = segmentPath(checkpoint, epoch, String(n).repeat(32)).slice("segments/".length);
      return { checkpoint, epoch, name };
    });
    const given: RetentionFacts = {
      epoch: EPOCH,
      keep,
      manifests: manifests.map(([checkpoint, isReadable, picks]) => ({
        checkpoint,
        segments: isReadable
          ? segments.filter((segment) => segment.checkpoint <= checkpoint && picks.next().value).map(({ name }) => name)
          : null,
      })),
      segmentNames: segments
        .map(({ name }) => name)
        .filter((_, i) => i !== missing)
        .concat("notes.txt"),
      manifestNames: ["0000000003-0000000004.tmp", "0000000009-0000000005.tmp", "0000000009.json", "other"],
      ownerNames: [],
    };
    return { given, segments };
  });

test("retention keeps everything that a kept checkpoint needs, and enough checkpoints", () => {
  fc.assert(
    fc.property(facts, ({ given, segments }) => {
      const decision = decideRetention(given);
      const goes = new Set(decision.segmentNames);
      const isWhole = (manifest: (typeof given.manifests)[number]): boolean =>
        manifest.segments?.every((name) => given.segmentNames.includes(name)) ?? false;
      const stays = given.manifests.filter(({ checkpoint }) => !decision.manifests.includes(checkpoint));
      const whole = given.manifests.filter(isWhole);
      const wholeThatStay = stays.filter(isWhole);

      assert.equal(wholeThatStay.length, Math.min(whole.length, Math.max(given.keep, 1)));
      for (const gone of whole.filter(({ checkpoint }) => decision.manifests.includes(checkpoint))) {
        assert.ok(
          wholeThatStay.every(({ checkpoint }) => checkpoint > gone.checkpoint),
          "a newer whole checkpoint went before an older one",
        );
      }
      for (const { segments: names, checkpoint } of stays) {
        for (const name of names ?? []) assert.ok(!goes.has(name), "a segment of a kept manifest goes");
        if (names === null)
          assert.ok(
            segments.every((segment) => segment.checkpoint > checkpoint || !goes.has(segment.name)),
            "a segment of an unreadable manifest goes",
          );
      }
      const newest = Math.max(0, ...whole.map(({ checkpoint }) => checkpoint));
      for (const { name, epoch, checkpoint } of segments) {
        if (epoch > EPOCH) assert.ok(!goes.has(name), "a segment of a newer owner goes");
        if (epoch === EPOCH && checkpoint > newest) assert.ok(!goes.has(name), "a segment that is being written goes");
      }
      assert.ok(!goes.has("notes.txt"));
      assert.deepEqual(decision.temporaryManifests, ["0000000003-0000000004.tmp"]);
    }),
    { numRuns: 500 },
  );
});

test("deciding again after carrying out part of it finishes the rest and nothing more", () => {
  fc.assert(
    fc.property(facts, fc.nat(20), ({ given }, done) => {
      const first = decideRetention(given);
      const goneManifests = first.manifests.slice(0, done);
      const goneSegments = first.segmentNames.slice(0, Math.max(0, done - first.manifests.length));
      const second = decideRetention({
        ...given,
        manifests: given.manifests.filter(({ checkpoint }) => !goneManifests.includes(checkpoint)),
        segmentNames: given.segmentNames.filter((name) => !goneSegments.includes(name)),
      });
      assert.deepEqual([...goneManifests, ...second.manifests], first.manifests);
      assert.deepEqual([...goneSegments, ...second.segmentNames].sort(), [...first.segmentNames].sort());
    }),
    { numRuns: 300 },
  );
});
