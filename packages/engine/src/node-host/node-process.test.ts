import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { importModule } from "./module-loader.ts";
import { processFacts } from "./process-facts.ts";
import { testProcess, type TestProcess } from "./test-process.test-only.ts";

test("timers do not keep the process alive, sleep and holdProcess do", async () => {
  const after = await testProcess(
    ["node-timers"],
    `node_timers.nodeTimers().after(600_000, () => {}); console.log("end");`,
  ).ended;
  assert.deepEqual([after.code, after.output], [0, "end\n"]);
  const sleep = await testProcess(["node-timers"], `await node_timers.nodeTimers().sleep(50); console.log("slept");`)
    .ended;
  assert.deepEqual([sleep.code, sleep.output], [0, "slept\n"]);
  const source = `const release = keep_alive.holdProcess(); node_timers.nodeTimers().after(50, () => { console.log("ran"); release(); });`;
  const held = await testProcess(["node-timers", "keep-alive"], source).ended;
  assert.deepEqual([held.code, held.output], [0, "ran\n"]);
});

test("standard input comes in pieces and ends with null; an unread one does not keep the process alive", async () => {
  const source = `
    const streams = node_streams.nodeStreams();
    const pieces = [];
    for (let piece; (piece = await streams.readInput()) !== null; ) pieces.push(new TextDecoder().decode(piece));
    await streams.writeOutput(new TextEncoder().encode(pieces.join("") + "|" + (await streams.readInput())));
    await streams.writeError(new TextEncoder().encode("warn"));
  `;
  const reader = testProcess(["node-streams"], source);
  reader.child.stdin.write("one ");
  reader.child.stdin.end("two");
  const end = await reader.ended;
  assert.deepEqual([end.code, end.output, end.error], [0, "one two|null", "warn"]);
  const once = testProcess(["node-streams"], "await node_streams.nodeStreams().readInput();");
  once.child.stdin.write("first");
  assert.equal((await once.ended).code, 0);
});

test("a thread reads standard input by way of the main thread; one that waits for it can end, and the process with it", async () => {
  const reader = (body: string): TestProcess => {
    const imports = ["thread-main", "node-streams"]
      .map(
        (name) => `import * as ${name.replace("-", "_")} from ${JSON.stringify(import.meta.resolve(`./${name}.ts`))};`,
      )
      .join("");
    const module = `${imports} const { port } = thread_main.threadStart(); port.onMessage(() => port.close());
      const { readInput } = node_streams.nodeStreams(); ${body}`;
    const url = JSON.stringify(`data:text/javascript,${encodeURIComponent(module)}`);
    return testProcess(
      ["node-threads"],
      `const thread = node_threads.nodeThreads({ taskWorker: ${url} }).start({ name: "reader", start: null, ports: [] });
       thread.port.onMessage((message) => { console.log(message); if (message === "end") thread.port.post(null); });`,
    );
  };
  const whole = reader(`
    let text = "";
    for (let piece; (piece = await readInput()) !== null;) { text += new TextDecoder().decode(piece); port.post("piece"); }
    port.post(text); port.post("end");`);
  whole.child.stdin.write("one ");
  await whole.line("piece");
  whole.child.stdin.end("two");
  await whole.line("one two");
  assert.equal((await whole.ended).code, 0);

  const waiting = reader(`await readInput(); void readInput(); port.post("end");`);
  waiting.child.stdin.write("first");
  assert.equal((await waiting.ended).code, 0, "its input never ends");
});

test("a reader of the output that has gone is a TM_IO, not a crash", async () => {
  const source = `
    const streams = node_streams.nodeStreams();
    const line = new Uint8Array(100_000);
    try { for (;;) { await streams.writeOutput(line); await new Promise((resolve) => setTimeout(resolve, 1)); } }
    catch (error) { await streams.writeError(new TextEncoder().encode(error.code + " " + error.facts.errno)); }
  `;
  const writer = testProcess(["node-streams"], source);
  writer.child.stdout.destroy();
  const end = await writer.ended;
  assert.deepEqual([end.code, end.error], [0, "TM_IO EPIPE"]);
});

test("what a worker thread prints comes out of the process", async () => {
  const worker = `
    import { nodeStreams } from ${JSON.stringify(import.meta.resolve("./node-streams.ts"))};
    await nodeStreams().writeOutput(new TextEncoder().encode("from the thread\\n"));
    console.error("and its errors");
  `;
  const source = `
    const taskWorker = "data:text/javascript," + encodeURIComponent(${JSON.stringify(worker)});
    const thread = node_threads.nodeThreads({ taskWorker }).start({ name: "t", start: null, ports: [] });
    console.log(await thread.exited);
  `;
  const end = await testProcess(["node-threads"], source).ended;
  assert.match(end.output, /from the thread/);
  assert.match(end.error, /and its errors/);
  assert.match(end.output, /null/);
});

test("a thread that fills its heap is told as TM_WORKER, and the process lives on", async () => {
  const worker = "let kept = null; for (;;) kept = { kept };";
  const source = `
    const taskWorker = "data:text/javascript," + encodeURIComponent(${JSON.stringify(worker)});
    const error = await node_threads.nodeThreads({ taskWorker }).start({ name: "t", start: null, ports: [] }).exited;
    console.log(error.code, error.cause.code);
  `;
  const end = await testProcess(["node-threads"], source, { NODE_OPTIONS: "--max-old-space-size=64" }).ended;
  assert.deepEqual([end.code, end.output], [0, "TM_WORKER ERR_WORKER_OUT_OF_MEMORY\n"], end.error);
});

test("a module is loaded by URL; what is wrong with it is told apart", async () => {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-module-"));
  try {
    const url = async (name: string, source: string): Promise<URL> => {
      await writeFile(join(directory, name), source);
      return pathToFileURL(join(directory, name));
    };
    const good = await importModule(
      await url("good.ts", "export default { n: 1 as number }; export const name = 'x';"),
    );
    assert.deepEqual({ ...good }, { default: { n: 1 }, name: "x" });
    await assert.rejects(importModule(pathToFileURL(join(directory, "absent.ts"))), { code: "TM_NOT_FOUND" });
    const bad: readonly [string, string, RegExp][] = [
      ["throws.mjs", "throw new RangeError('on load')", /RangeError: on load/],
      ["syntax.mjs", "export default (", /SyntaxError/],
      ["imports.mjs", "import './not-there.mjs'", /not-there\.mjs/],
    ];
    for (const [name, source, message] of bad) {
      await assert.rejects(importModule(await url(name, source)), { code: "TM_USER_CODE", message });
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("the process names itself", () => {
  assert.deepEqual(processFacts(), { pid: process.pid, hostname: hostname() });
});
