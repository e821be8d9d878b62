import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryHost } from "../testing/memory-host.ts";
import type { BytePieces } from "./byte-pieces.ts";
import { ReadAhead } from "./read-ahead.ts";

/** Pieces of ten bytes, then what `atEnd` does. */
function piecesOf(count: number, atEnd: () => Promise<null>): BytePieces & { read: number } {
  const pieces = {
    read: 0,
    async next() {
      if (pieces.read === count) return await atEnd();
      return new Uint8Array(10).fill(pieces.read++);
    },
    close: () => Promise.resolve(),
  };
  return pieces;
}

const settle = (): Promise<void> => memoryHost().settle();

test("reads on in the background, but not beyond its bound", async () => {
  const pieces = piecesOf(100, () => Promise.resolve(null));
  const ahead = new ReadAhead(pieces, { bytesMax: 25 });
  assert.equal(ahead.take(), null);
  await settle();
  assert.equal(pieces.read, 3);
  assert.equal(ahead.take()?.[0], 0);
  await settle();
  assert.equal(pieces.read, 4);
  let taken = 1;
  while (!ahead.hasEnded) {
    if (ahead.take() === null) await ahead.ready();
    else taken++;
  }
  assert.equal(taken, 100);
});

test("a failure is told after the pieces before it, each time it is asked", async () => {
  const ahead = new ReadAhead(
    piecesOf(1, () => Promise.reject(new Error("the disk is gone"))),
    { bytesMax: 100 },
  );
  await ahead.ready();
  await settle();
  await ahead.ready();
  assert.equal(ahead.take()?.length, 10);
  await assert.rejects(ahead.ready(), /the disk is gone/);
  await assert.rejects(ahead.ready(), /the disk is gone/);
  assert.equal(ahead.hasEnded, false);
});

test("closing cancels a read that may never end, and frees who waits", async () => {
  const input = Promise.withResolvers<null>();
  const pieces = {
    ...piecesOf(0, () => input.promise),
    cancel: () => {
      input.resolve(null);
    },
  };
  const ahead = new ReadAhead(pieces, { bytesMax: 100 });
  const ready = ahead.ready();
  await ahead.close();
  await ready;
  assert.equal(ahead.take(), null);
});
