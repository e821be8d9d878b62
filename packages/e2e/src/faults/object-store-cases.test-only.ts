import assert from "node:assert/strict";
import type { ObjectStore, PutOutcome } from "@tidemark/engine/host";

/** What every object store must do, of what an engine may rely on. Each case has keys of its own below `at`. */
export interface ObjectStoreCase {
  readonly name: string;
  run(store: ObjectStore, at: string): Promise<void>;
}

const MIB = 1_048_576;
const PART_BYTES = 5 * MIB;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

async function textAt(store: ObjectStore, key: string): Promise<string | null> {
  const found = await store.get(key);
  return found === null ? null : new TextDecoder().decode(found.bytes);
}

function storedEtag(outcome: PutOutcome): string {
  assert.ok(outcome.kind === "stored", "the store took it");
  return outcome.etag;
}

/** A part of the smallest size, all of one byte. */
const part = (byte: number): Uint8Array => new Uint8Array(PART_BYTES).fill(byte);

const objectCases: readonly ObjectStoreCase[] = [
  {
    name: "an absent object is null, and deleting it is fine",
    async run(store, at) {
      assert.deepEqual([await store.get(`${at}/x`), await store.head(`${at}/x`)], [null, null]);
      await store.delete(`${at}/x`);
    },
  },
  {
    name: "an object is seen at once, replaced whole, and gone when deleted",
    async run(store, at) {
      const first = storedEtag(await store.put(`${at}/x`, bytesOf("first")));
      assert.equal(await textAt(store, `${at}/x`), "first");
      const second = storedEtag(await store.put(`${at}/x`, bytesOf("2")));
      assert.notEqual(second, first);
      assert.equal(await textAt(store, `${at}/x`), "2");
      const head = await store.head(`${at}/x`);
      assert.deepEqual([head?.key, head?.sizeBytes, head?.etag], [`${at}/x`, 1, second]);
      assert.ok(Number.isFinite(head?.modifiedAt));
      await store.delete(`${at}/x`);
      assert.equal(await store.get(`${at}/x`), null);
    },
  },
  {
    name: "an empty object is an object",
    async run(store, at) {
      await store.put(`${at}/empty`, new Uint8Array(0));
      assert.equal(await textAt(store, `${at}/empty`), "");
      assert.equal((await store.head(`${at}/empty`))?.sizeBytes, 0);
    },
  },
  {
    name: "a range is given as far as the object goes",
    async run(store, at) {
      await store.put(`${at}/x`, bytesOf("0123456789"));
      for (const [offset, length, expected] of [
        [0, 4, "0123"],
        [3, 1, "3"],
        [8, 40, "89"],
        [0, 10, "0123456789"],
      ] as const) {
        const found = await store.get(`${at}/x`, { range: { offset, length } });
        assert.deepEqual(
          [new TextDecoder().decode(found?.bytes), found?.sizeBytes],
          [expected, 10],
          `${length} bytes from ${offset}`,
        );
      }
    },
  },
  {
    name: "ifAbsent: the first put is stored, every later one refused, until it is deleted",
    async run(store, at) {
      assert.equal((await store.put(`${at}/x`, bytesOf("a"), { ifAbsent: true })).kind, "stored");
      assert.equal((await store.put(`${at}/x`, bytesOf("b"), { ifAbsent: true })).kind, "refused");
      assert.equal((await store.put(`${at}/x`, bytesOf("a"), { ifAbsent: true })).kind, "refused", "its own bytes too");
      assert.equal(await textAt(store, `${at}/x`), "a");
      await store.delete(`${at}/x`);
      assert.equal((await store.put(`${at}/x`, bytesOf("c"), { ifAbsent: true })).kind, "stored");
    },
  },
  {
    name: "ifEtag: only the version it names is replaced; an absent object has none",
    async run(store, at) {
      const first = storedEtag(await store.put(`${at}/x`, bytesOf("a")));
      const second = storedEtag(await store.put(`${at}/x`, bytesOf("b"), { ifEtag: first }));
      assert.equal((await store.put(`${at}/x`, bytesOf("c"), { ifEtag: first })).kind, "refused");
      assert.equal(await textAt(store, `${at}/x`), "b");
      await store.delete(`${at}/x`);
      assert.equal((await store.put(`${at}/x`, bytesOf("d"), { ifEtag: second })).kind, "refused");
      assert.equal(await store.get(`${at}/x`), null);
    },
  },
  {
    name: "of many that create one object at once, one is stored",
    async run(store, at) {
      for (let round = 0; round < 20; round++) {
        const key = `${at}/${round}`;
        const outcomes = await Promise.all(
          Array.from({ length: 12 }, (_, writer) => store.put(key, bytesOf(String(writer)), { ifAbsent: true })),
        );
        const winners = outcomes.flatMap(({ kind }, writer) => (kind === "stored" ? [String(writer)] : []));
        assert.deepEqual(winners, [await textAt(store, key)], `round ${round}`);
      }
    },
  },
  {
    name: "a counter that many raise by ifEtag loses no step",
    async run(store, at) {
      await store.put(`${at}/counter`, bytesOf("0"));
      let raised = 0;
      const writer = async (): Promise<void> => {
        for (let attempt = 0; attempt < 15; attempt++) {
          const found = await store.get(`${at}/counter`);
          assert.ok(found !== null);
          const next = String(Number(new TextDecoder().decode(found.bytes)) + 1);
          const { kind } = await store.put(`${at}/counter`, bytesOf(next), { ifEtag: found.etag });
          if (kind === "stored") raised++;
        }
      };
      await Promise.all(Array.from({ length: 8 }, writer));
      assert.ok(raised > 0);
      assert.equal(await textAt(store, `${at}/counter`), String(raised));
    },
  },
  {
    name: "a list is in the order of the keys' bytes, by prefix, in pages",
    async run(store, at) {
      const names = ["b", "a/2", "a/10", "a b", "a+", "ä", "a/ä&<", "Z", "\u{1f600}", "\uffee"];
      for (const name of names) await store.put(`${at}/${name}`, bytesOf(name));
      const sorted = names
        .map((name) => `${at}/${name}`)
        .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      for (const limit of [1, 3, 1_000]) {
        const keys: string[] = [];
        for (let after: string | null | undefined; after !== null;) {
          const page = await store.list(`${at}/`, { limit, ...(after !== undefined && { after }) });
          assert.ok(page.objects.length <= limit);
          keys.push(...page.objects.map(({ key }) => key));
          after = page.next;
        }
        assert.deepEqual(keys, sorted, `pages of ${limit}`);
      }
      assert.deepEqual(
        (await store.list(`${at}/a/`)).objects.map(({ key }) => key),
        sorted.filter((key) => key.startsWith(`${at}/a/`)),
      );
      assert.deepEqual(await store.list(`${at}/none`), { objects: [], next: null });
      // `after` need not be a key that there is.
      assert.deepEqual(
        (await store.list(`${at}/`, { after: `${at}/a/3`, limit: 1 })).objects.map(({ key }) => key),
        [sorted.find((key) => Buffer.compare(Buffer.from(key), Buffer.from(`${at}/a/3`)) > 0)],
      );
    },
  },
];

const uploadCases: readonly ObjectStoreCase[] = [
  {
    name: "an upload is seen when it is complete, in the order of its parts; the last one sent counts",
    async run(store, at) {
      const upload = await store.startUpload(`${at}/x`);
      const second = await upload.putPart(2, bytesOf("the end"));
      await upload.putPart(1, part(7));
      const first = await upload.putPart(1, part(8));
      assert.equal(await store.get(`${at}/x`), null);
      const etag = storedEtag(await upload.complete([first, second]));
      const found = await store.get(`${at}/x`);
      assert.deepEqual([found?.sizeBytes, found?.etag], [PART_BYTES + 7, etag]);
      assert.deepEqual(found?.bytes, new Uint8Array([...part(8), ...bytesOf("the end")]));
    },
  },
  {
    name: "an upload is completed under a condition; refused, it changes nothing and stays until it is aborted",
    async run(store, at) {
      const etag = storedEtag(await store.put(`${at}/x`, bytesOf("there")));
      for (const condition of [{ ifAbsent: true }, { ifEtag: '"0123456789abcdef0123456789abcdef"' }] as const) {
        const upload = await store.startUpload(`${at}/x`);
        const receipt = await upload.putPart(1, bytesOf("new"));
        assert.equal((await upload.complete([receipt], condition)).kind, "refused", JSON.stringify(condition));
        assert.equal(await textAt(store, `${at}/x`), "there");
        await upload.abort();
      }
      const upload = await store.startUpload(`${at}/x`);
      const receipt = await upload.putPart(1, bytesOf("new"));
      assert.equal((await upload.complete([receipt], { ifEtag: etag })).kind, "stored");
      assert.equal(await textAt(store, `${at}/x`), "new");
    },
  },
  {
    name: "of many uploads that create one object at once, one is stored",
    async run(store, at) {
      const uploads = await Promise.all(
        Array.from({ length: 6 }, async (_, writer) => {
          const upload = await store.startUpload(`${at}/x`);
          return { upload, receipt: await upload.putPart(1, bytesOf(String(writer))) };
        }),
      );
      const outcomes = await Promise.all(
        uploads.map(({ upload, receipt }) => upload.complete([receipt], { ifAbsent: true })),
      );
      const winners = outcomes.flatMap(({ kind }, writer) => (kind === "stored" ? [String(writer)] : []));
      assert.deepEqual(winners, [await textAt(store, `${at}/x`)]);
    },
  },
  {
    name: "an upload that nobody completes is listed, and aborted by whoever finds it, more than once",
    async run(store, at) {
      const { key, uploadId } = await store.startUpload(`${at}/x`);
      const orphans = await store.listUploads(`${at}/`);
      assert.deepEqual(
        orphans.map((orphan) => [orphan.key, orphan.uploadId]),
        [[key, uploadId]],
      );
      await store.abortUpload(key, uploadId);
      await store.abortUpload(key, uploadId);
      assert.deepEqual(await store.listUploads(`${at}/`), []);
      assert.equal(await store.get(`${at}/x`), null);
    },
  },
];

export const OBJECT_STORE_CASES: readonly ObjectStoreCase[] = [...objectCases, ...uploadCases];
