import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import type { TidemarkError } from "../foundation/error.ts";
import { nodeThreads } from "./node-threads.ts";

/** A module for a thread to run, with threadStart at hand. */
function threadModule(body: string): string {
  const imports = ["thread-main", "node-clock", "node-host", "node-streams"].map(
    (name) => `import * as ${name.replaceAll("-", "_")} from ${JSON.stringify(import.meta.resolve(`./${name}.ts`))};`,
  );
  const source = `${imports.join("")} const { start, port, ports } = thread_main.threadStart(); ${body}`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

/** Messages of a port as they come, with a wait for the next. */
function inbox(port: { onMessage(receive: (message: unknown) => void): void }): () => Promise<unknown> {
  const came: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  port.onMessage((message) => {
    const waiter = waiting.shift();
    if (waiter === undefined) came.push(message);
    else waiter(message);
  });
  return () => (came.length > 0 ? Promise.resolve(came.shift()) : new Promise((resolve) => waiting.push(resolve)));
}

test("a thread gets start and ports, answers in order, and ends normally once its port is closed", async () => {
  const threads = nodeThreads({
    taskWorker: threadModule(`
      port.post({ start });
      ports[0].onMessage((message) => { ports[0].post(["echo", message]); if (message === "end") { ports[0].close(); } });
    `),
  });
  const [here, there] = threads.channel();
  const thread = threads.start({ name: "echo", start: { job: "j", n: [1, null] }, ports: [there] });
  const next = inbox(thread.port);
  assert.deepEqual(await next(), { start: { job: "j", n: [1, null] } });
  const port = here.open();
  port.post("sent before the receiver is set");
  const echo = inbox(port);
  port.post("end");
  assert.deepEqual(await echo(), ["echo", "sent before the receiver is set"]);
  assert.deepEqual(await echo(), ["echo", "end"]);
  assert.equal(await thread.exited, null);
});

test("what a thread posted last is delivered before its end is told", async () => {
  const threads = nodeThreads({ taskWorker: threadModule("for (let i = 0; i < 5000; i++) port.post(i);") });
  const thread = threads.start({ name: "many", start: null, ports: [] });
  const got: unknown[] = [];
  thread.port.onMessage((message) => got.push(message));
  await thread.exited;
  assert.equal(got.length, 5000);
  assert.equal(got.at(-1), 4999);
});

test("a buffer in the transfer list is moved", async () => {
  const threads = nodeThreads({
    taskWorker: threadModule(
      "port.onMessage((bytes) => { port.post(bytes, [bytes.buffer]); port.post(bytes.length); port.close(); });",
    ),
  });
  const thread = threads.start({ name: "move", start: null, ports: [] });
  const next = inbox(thread.port);
  const bytes = new Uint8Array([1, 2, 3]);
  thread.port.post(bytes, [bytes.buffer]);
  assert.equal(bytes.length, 0);
  assert.deepEqual(await next(), new Uint8Array([1, 2, 3]));
  assert.equal(await next(), 0);
  assert.equal(await thread.exited, null);
});

test("a crash, a foreign exit code and a floating rejection are told as TM_WORKER", async () => {
  const ends = async (body: string): Promise<TidemarkError> => {
    const thread = nodeThreads({ taskWorker: threadModule(body) }).start({ name: "t", start: null, ports: [] });
    return (await thread.exited) as TidemarkError;
  };
  const crash = await ends("throw new RangeError('index 7');");
  assert.equal(crash.code, "TM_WORKER");
  assert.match(crash.message, /index 7.*thread=t/);
  assert.equal((crash.cause as Error).name, "RangeError");
  const exit = await ends("process.exit(9);");
  assert.equal(exit.facts["exitCode"], 9);
  const rejection = await ends("Promise.reject(new Error('floating'));");
  assert.match(rejection.message, /floating/);
});

test("terminate ends a thread that never gives way; that is no error", async () => {
  const thread = nodeThreads({ taskWorker: threadModule("port.post('on'); for (;;);") }).start({
    name: "busy",
    start: null,
    ports: [],
  });
  assert.equal(await inbox(thread.port)(), "on");
  await thread.terminate();
  assert.equal(await thread.exited, null);
});

test("a thread resolves packages under the conditions of its process", async () => {
  const from = import.meta.resolve("./node-threads.ts");
  const module = threadModule(`
    const { createRequire } = await import("node:module");
    port.post(createRequire(${JSON.stringify(from)}).resolve("@tidemark/engine/host"));
  `);
  const thread = nodeThreads({ taskWorker: module }).start({ name: "conditions", start: null, ports: [] });
  const resolved = await inbox(thread.port)();
  assert.equal(await thread.exited, null);
  assert.equal(resolved, createRequire(from).resolve("@tidemark/engine/host"));
  assert.match(String(resolved), /src\/host\/entry\.ts$/);
});

test("the wall clock never runs backwards across threads", async () => {
  const ahead = Date.now() + 3_600_000;
  const module = threadModule(`
    const real = Date.now;
    Date.now = () => start.ahead;
    const first = node_clock.nodeClock().now();
    Date.now = real;
    port.post([first, node_clock.nodeClock().now()]);
  `);
  const { nodeClock } = await import("./node-clock.ts");
  const clock = nodeClock();
  clock.now();
  const thread = nodeThreads({ taskWorker: module }).start({ name: "clock", start: { ahead }, ports: [] });
  assert.deepEqual(await inbox(thread.port)(), [ahead, ahead]);
  await thread.exited;
  assert.ok(clock.now() >= ahead);
});

test("standard input is refused in a thread that the host did not start", async () => {
  const streams = JSON.stringify(import.meta.resolve("./node-streams.ts"));
  const source = `
    import { parentPort } from "node:worker_threads";
    import { nodeStreams } from ${streams};
    nodeStreams().readInput().catch((error) => parentPort.postMessage(error.code));`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  assert.deepEqual(await once(worker, "message"), ["TM_INTERNAL"]);
  await worker.terminate();
});

test("a port is given away or opened once", () => {
  const [end] = nodeThreads().channel();
  end.open().close();
  assert.throws(() => end.open(), /once/);
});
