import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Simulation } from "@tidemark/simulator";
import { OBJECT_STORE_CASES } from "./object-store-cases.test-only.ts";
import { isPossible } from "./requirements.ts";
import { S3ObjectStore } from "./s3-object-store.test-only.ts";
import { Scratch } from "./scratch.ts";

/** Name or path of the command; started with the settings of ministack. */
const SERVER = process.env["TIDEMARK_S3_SERVER"] ?? "ministack";

for (const seed of [1, 2, 3]) {
  test(`object store conformance: the simulated one, seed ${seed}`, async (t) => {
    for (const { name, run } of OBJECT_STORE_CASES) {
      await t.test(name, async () => {
        const simulation = new Simulation({ seed });
        const running = simulation.machine().spawn({ objectStore: simulation.objectStore() });
        const { objectStore } = running.host;
        if (objectStore === undefined) throw new Error("the simulated process has no object store");
        let isOver = false;
        const result = run(objectStore, "t").finally(() => (isOver = true));
        const world = (async () => {
          while (!isOver) await simulation.run({ stepsMax: 100, until: () => isOver });
        })();
        await Promise.all([result, world]);
      });
    }
  });
}

test("object store conformance: a real S3 server", { timeout: 120_000 }, async (t) => {
  if (!isPossible(t, { commands: [SERVER] })) return;
  const store = await startServer(t);
  for (const [index, { name, run }] of OBJECT_STORE_CASES.entries())
    await t.test(name, () => run(store, `case-${index}`));
});

/** An S3 server of its own on a free port of this machine, ended with the test. */
async function startServer(t: TestContext): Promise<S3ObjectStore> {
  const scratch = await Scratch.open(t);
  const port = await freePort();
  const child = spawn(SERVER, [], {
    env: {
      ...process.env,
      GATEWAY_PORT: String(port),
      BIND_HOST: "127.0.0.1",
      SERVICES: "s3",
      S3_PERSIST: "1",
      S3_DATA_DIR: scratch.folder,
      LOG_LEVEL: "WARNING",
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = once(child, "close");
  scratch.atEnd(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const store = new S3ObjectStore({
    endpoint: `http://127.0.0.1:${port}`,
    bucket: "tidemark-conformance",
    accessKeyId: "test",
    secretAccessKey: "secretsecret",
  });
  for (;;) {
    try {
      await store.makeBucket();
      return store;
    } catch (error) {
      // It takes a moment to listen; the test's own time limit ends the waiting.
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the S3 server ended: ${said}`, { cause: error });
      await sleep(100);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
