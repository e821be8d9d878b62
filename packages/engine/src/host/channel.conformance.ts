import { expectEqual } from "./conformance-case.ts";
import type { HostCase, HostUnderTest } from "./host-under-test.ts";
import type { MessagePortLike } from "./threads.ts";

/** Two connected ports, and the messages that came to the second so far. */
function connected({ host }: HostUnderTest): { left: MessagePortLike; right: MessagePortLike } {
  const [left, right] = host.threads.channel();
  return { left: left.open(), right: right.open() };
}

/** The first `count` messages of a port. */
function messages(port: MessagePortLike, count: number): Promise<unknown[]> {
  return new Promise((resolve) => {
    const got: unknown[] = [];
    port.onMessage((message) => {
      got.push(message);
      if (got.length === count) resolve(got);
    });
  });
}

/** What every channel must do. */
export function channelCases(): readonly HostCase[] {
  return [
    {
      name: "channel: messages come in order, also those sent before there was a receiver",
      async run(subject) {
        const { left, right } = connected(subject);
        for (let i = 0; i < 100; i++) left.post(i);
        const got = messages(right, 200);
        for (let i = 100; i < 200; i++) left.post(i);
        expectEqual(
          await got,
          Array.from({ length: 200 }, (_, i) => i),
          "order",
        );
        left.close();
      },
    },
    {
      name: "channel: both directions work at the same time",
      async run(subject) {
        const { left, right } = connected(subject);
        left.post("to the right");
        right.post("to the left");
        expectEqual(await messages(left, 1), ["to the left"], "left");
        expectEqual(await messages(right, 1), ["to the right"], "right");
        left.close();
      },
    },
    {
      name: "channel: a message is a copy",
      async run(subject) {
        const { left, right } = connected(subject);
        const message = { list: [1, 2], bytes: new Uint8Array([1]), big: 2n ** 64n, nothing: undefined };
        left.post(message);
        message.list.push(3);
        message.bytes[0] = 9;
        const [got] = await messages(right, 1);
        expectEqual(
          got,
          { list: [1, 2], bytes: new Uint8Array([1]), big: 2n ** 64n, nothing: undefined },
          "as it was when it was posted",
        );
        left.close();
      },
    },
    {
      name: "channel: a transferred buffer is moved, shared memory is shared",
      async run(subject) {
        const { left, right } = connected(subject);
        const moved = new Uint8Array([1, 2, 3]);
        const shared = new Int32Array(new SharedArrayBuffer(4));
        left.post({ moved, shared }, [moved.buffer]);
        expectEqual(moved.length, 0, "nothing is left here");
        const [got] = (await messages(right, 1)) as [{ moved: Uint8Array; shared: Int32Array }];
        expectEqual(got.moved, new Uint8Array([1, 2, 3]), "the moved bytes");
        Atomics.store(shared, 0, 7);
        expectEqual(Atomics.load(got.shared, 0), 7, "the shared memory");
        left.close();
      },
    },
    {
      name: "channel: what was posted before the close still comes, nothing after it, and posting is no error",
      async run(subject) {
        const { left, right } = connected(subject);
        left.post("before");
        left.close();
        left.post("after");
        const got: unknown[] = [];
        right.onMessage((message) => got.push(message));
        for (let turns = 0; turns < 1_000 && got.length === 0; turns++) await subject.host.timers.yield();
        right.post("to nobody");
        await subject.host.timers.yield();
        expectEqual(got, ["before"], "what came");
      },
    },
  ];
}
