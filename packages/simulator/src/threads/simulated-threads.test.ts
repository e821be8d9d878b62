import assert from "node:assert/strict";
import { test } from "node:test";
import type { Host, Thread, TidemarkError } from "@tidemark/engine/host";
import { drive, text, write } from "../drive.test-only.ts";
import type { FaultOptions } from "../faults.ts";
import { Simulation } from "../simulation.ts";
import type { ThreadMain } from "./simulated-threads.ts";

function world(
  threadMain: ThreadMain,
  options: { seed?: number; faults?: FaultOptions } = {},
): { simulation: Simulation; run: <T>(main: (host: Host) => Promise<T>) => Promise<T> } {
  const simulation = new Simulation({ seed: options.seed ?? 1, faults: options.faults ?? {}, threadMain });
  const process = simulation.machine().spawn();
  return { simulation, run: (main) => drive(simulation, process, main) };
}

const startOf = (host: Host, start: string = ""): Thread => host.threads.start({ name: "t", start, ports: [] });

/** Echoes until it is told to stop. */
const echo: ThreadMain = async (_, { port }) => {
  port.onMessage((message) => {
    if (message === "stop") port.close();
    else port.post(message);
  });
};

function messages(thread: Thread, count: number): Promise<unknown[]> {
  const got: unknown[] = [];
  return new Promise((resolve) => {
    thread.port.onMessage((message) => {
      if (got.push(message) === count) resolve(got);
    });
  });
}

test("a thread gets copies, in order, and ends when it has closed its port", async () => {
  for (let seed = 0; seed < 10; seed++) {
    const { run } = world(echo, { seed, faults: { messages: { latencyMs: 20 } } });
    await run(async (host) => {
      const thread = startOf(host);
      const got = messages(thread, 3);
      const object = { n: 1 };
      thread.port.post(object);
      object.n = 2;
      for (const message of ["b", "c", "stop"]) thread.port.post(message);
      assert.deepEqual(await got, [{ n: 1 }, "b", "c"]);
      assert.equal(await thread.exited, null);
    });
  }
});

test("what cannot be cloned is refused to whoever posts it", async () => {
  await world(echo).run(async (host) => {
    assert.throws(() => startOf(host).port.post({ run: () => {} }), /could not be cloned/);
  });
});

test("a transferred buffer is gone where it was", async () => {
  await world(echo).run(async (host) => {
    const thread = startOf(host);
    const got = messages(thread, 1);
    const moved = new Uint8Array([1, 2, 3]);
    thread.port.post(moved, [moved.buffer]);
    assert.equal(moved.length, 0);
    assert.deepEqual(await got, [new Uint8Array([1, 2, 3])]);
  });
});

test("two threads talk over a channel that was given to them", async () => {
  const main: ThreadMain = async (_, { start, port, ports }) => {
    const peer = ports[0];
    if (start === "left") peer?.post("hello");
    peer?.onMessage((message) => {
      port.post(`${JSON.stringify(start)} got ${String(message)}`);
    });
  };
  await world(main).run(async (host) => {
    const [left, right] = host.threads.channel();
    host.threads.start({ name: "l", start: "left", ports: [left] });
    const thread = host.threads.start({ name: "r", start: "right", ports: [right] });
    assert.deepEqual(await messages(thread, 1), ['"right" got hello']);
  });
});

test("a thread that throws, at once or at a message, ends with the error, after what it said last", async () => {
  const main: ThreadMain = async (_, { start, port }) => {
    port.post("last words");
    if (start === "at once") throw new Error("boom");
    port.onMessage(() => {
      throw new Error("boom");
    });
  };
  for (const start of ["at once", "later"]) {
    await world(main).run(async (host) => {
      const thread = startOf(host, start);
      const order: string[] = [];
      thread.port.onMessage((message) => order.push(String(message)));
      thread.port.post("go");
      const error = (await thread.exited) as TidemarkError;
      order.push(error.code);
      assert.deepEqual(order, ["last words", "TM_WORKER"]);
      assert.match(error.message, /boom/);
    });
  }
});

test("a terminated thread does nothing more; its process goes on", async () => {
  const main: ThreadMain = async (host, { port }) => {
    for (let i = 0; ; i++) {
      await write(host, "/f", "x", "nothing");
      port.post(i);
    }
  };
  await world(main).run(async (host) => {
    const thread = startOf(host);
    await messages(thread, 3);
    await thread.terminate();
    assert.equal(await thread.exited, null);
    const length = (await text(host, "/f"))?.length ?? 0;
    await host.timers.sleep(1_000);
    assert.equal((await text(host, "/f"))?.length, length);
    assert.ok(length >= 3);
  });
});

test("a process that is killed takes its threads with it", async () => {
  let turns = 0;
  const main: ThreadMain = async (host) => {
    for (;;) {
      await host.timers.sleep(1);
      turns++;
    }
  };
  const simulation = new Simulation({ seed: 1, threadMain: main });
  const process = simulation.machine().spawn();
  process.run(async (host) => void startOf(host));
  await simulation.pass(10);
  const before = turns;
  assert.ok(before > 5);
  process.kill();
  await simulation.pass(10);
  assert.equal(turns, before);
});

test("messages are choice points: another seed, another interleaving", async () => {
  const orders = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    await world(echo, { seed }).run(async (host) => {
      const order: string[] = [];
      const all = ["a", "b", "c"].map(async (name) => {
        const thread = startOf(host);
        const got = messages(thread, 1);
        thread.port.post(name);
        order.push(String((await got)[0]));
      });
      await Promise.all(all);
      orders.add(order.join(""));
    });
  }
  assert.equal(orders.size, 6);
});
