import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILPOINTS, type FailpointName } from "../host/host.ts";
import { nodeFailpoint } from "./node-failpoints.ts";
import { testProcess } from "./test-process.test-only.ts";

test("a process that passes the armed failpoint dies of SIGKILL at that line", async () => {
  const source = `
    const host = node_host.nodeHost();
    process.on("exit", () => console.log("exit handlers ran"));
    host.failpoint("commit.after");
    console.log("before");
    host.failpoint("commit.before");
    console.log("after");
  `;
  const end = await testProcess(["node-host"], source, { TIDEMARK_FAILPOINT: "commit.before" }).ended;
  assert.deepEqual([end.signal, end.output], ["SIGKILL", "before\n"]);
});

test("name:nth strikes at the nth pass, counted over all threads of the process", async () => {
  const worker = `
    import { threadStart } from ${JSON.stringify(import.meta.resolve("./thread-main.ts"))};
    import { nodeHost } from ${JSON.stringify(import.meta.resolve("./node-host.ts"))};
    const { port } = threadStart();
    const host = nodeHost();
    port.onMessage(() => { host.failpoint("commit.before"); port.post("alive"); });
  `;
  const source = `
    const host = node_host.nodeHost({ taskWorker: "data:text/javascript," + encodeURIComponent(${JSON.stringify(worker)}) });
    const { port } = host.threads.start({ name: "t", start: null, ports: [] });
    host.failpoint("commit.before");
    console.log("main passed");
    let turns = 0;
    port.onMessage(() => { console.log("thread passed " + ++turns); port.post("again"); });
    port.post("go");
  `;
  const end = await testProcess(["node-host"], source, { TIDEMARK_FAILPOINT: "commit.before:4" }).ended;
  assert.deepEqual([end.signal, end.output], ["SIGKILL", "main passed\nthread passed 1\nthread passed 2\n"]);
});

test("without a setting no failpoint does anything", () => {
  for (const setting of [undefined, ""]) {
    const failpoint = nodeFailpoint(setting);
    for (const name of FAILPOINTS) failpoint(name);
  }
});

test("an unknown name is refused with the nearest one, and so is a bad count", () => {
  assert.throws(() => nodeFailpoint("comit.before"), { code: "TM_CONFIG", message: /did you mean commit\.before\?/ });
  assert.throws(() => nodeFailpoint("something else"), { code: "TM_CONFIG", message: /^((?!did you mean).)*$/ });
  for (const count of ["0", "-1", "1.5", "x", "1:2"]) {
    assert.throws(
      () => nodeFailpoint(`${"commit.before" satisfies FailpointName}:${count}`),
      { code: "TM_CONFIG" },
      count,
    );
  }
});
