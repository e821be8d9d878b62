import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessagePortLike } from "../host/threads.ts";
import { CHANNEL_ELEMENTS_MAX } from "./channel.ts";
import { RemoteLink } from "./remote-link.ts";
import type { StreamElement } from "./stream-element.ts";

/** Two ports that deliver at once what was cloned. */
function portPair(): [MessagePortLike, MessagePortLike] {
  const receivers: (((message: unknown) => void) | null)[] = [null, null];
  const end = (own: number): MessagePortLike => ({
    post: (message, transfer) => receivers[1 - own]?.(structuredClone(message, { transfer: [...(transfer ?? [])] })),
    onMessage: (receive) => {
      receivers[own] = receive;
    },
    close: () => undefined,
  });
  return [end(0), end(1)];
}

test("elements arrive in order; the writer is full until the reader has consumed", () => {
  const [here, there] = portPair();
  let woken = 0;
  const sender = new RemoteLink(here, () => woken++);
  const receiver = new RemoteLink(there, () => woken++);
  const key = { edge: 3, from: 0, to: 1 };
  const writer = sender.writer(key);
  const reader = receiver.reader(key);
  sender.open();
  receiver.open();

  const sent: StreamElement[] = [];
  while (!writer.isFull()) {
    const element: StreamElement = { kind: "watermark", watermark: sent.length };
    writer.push(element);
    sent.push(element);
  }
  assert.equal(sent.length, CHANNEL_ELEMENTS_MAX);
  assert.deepEqual(
    sent.map(() => reader.take()),
    sent,
  );
  assert.equal(reader.take(), undefined);
  assert.equal(writer.isFull(), false);
  assert.ok(woken > CHANNEL_ELEMENTS_MAX);
});
