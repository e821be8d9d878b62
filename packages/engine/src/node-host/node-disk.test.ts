import assert from "node:assert/strict";
import type { FileHandle } from "node:fs/promises";
import { test } from "node:test";
import { NodeWritableFile } from "./node-files.ts";

/** A file handle that takes at most `perCall` bytes at a time and whose named calls fail once. */
function handle(options: { perCall?: number; failSyncs?: number }): {
  handle: FileHandle;
  written: () => string;
  syncs: () => number;
} {
  const taken: number[] = [];
  let syncs = 0;
  const fake = {
    async write(bytes: Uint8Array, offset: number, length: number) {
      const bytesWritten = Math.min(length, options.perCall ?? length);
      taken.push(...bytes.subarray(offset, offset + bytesWritten));
      return { bytesWritten };
    },
    async datasync() {
      syncs += 1;
      if (syncs <= (options.failSyncs ?? 0))
        throw Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });
    },
    async truncate() {},
    async close() {},
  };
  return { handle: fake as unknown as FileHandle, written: () => String.fromCharCode(...taken), syncs: () => syncs };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("short writes are continued until all is written", async () => {
  const { handle: fake, written } = handle({ perCall: 3 });
  const file = new NodeWritableFile("/f", fake);
  await Promise.all([file.write(bytes("0123456789")), file.write(bytes("abcd"))]);
  assert.equal(written(), "0123456789abcd");
});

test("a disk that takes nothing is an error, not a loop", async () => {
  const file = new NodeWritableFile("/f", handle({ perCall: 0 }).handle);
  await assert.rejects(file.write(bytes("x")), {
    code: "TM_IO",
    facts: { path: "/f", errno: "unknown", written: 0, toWrite: 1 },
  });
});

test("after a failed sync the file is given up: nothing reaches the disk, no sync is retried, close works", async () => {
  const { handle: fake, written, syncs } = handle({ failSyncs: 1 });
  const file = new NodeWritableFile("/f", fake);
  await file.write(bytes("a"));
  const failing = file.sync();
  const queued = file.write(bytes("b"));
  await assert.rejects(failing, { code: "TM_IO", message: /the disk failed.*path=\/f, errno=EIO/ });
  await assert.rejects(queued, { facts: { path: "/f", errno: "EIO" } });
  await assert.rejects(file.sync(), { code: "TM_IO" });
  await assert.rejects(file.truncate(0), { code: "TM_IO" });
  assert.deepEqual([written(), syncs()], ["a", 1]);
  await file.close();
});
