import assert from "node:assert/strict";
import { mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { lockFile } from "./file-lock.ts";
import { testProcess } from "./test-process.test-only.ts";

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "tidemark-lock-"));
});
after(() => rm(directory, { recursive: true }));

for (const kind of ["kernel", "sqlite"] as const) {
  test(`${kind}: another process is refused until the owner is killed`, async () => {
    const path = join(directory, kind);
    const arguments_ = `${JSON.stringify(path)}, ${JSON.stringify(kind)}`;
    const owner = testProcess(
      ["file-lock"],
      `if (await file_lock.lockFile(${arguments_})) console.log("locked"); setInterval(() => {}, 1000);`,
    );
    await owner.line("locked");
    assert.equal(await lockFile(path, kind), null);
    const rival = await testProcess(["file-lock"], `console.log(await file_lock.lockFile(${arguments_}));`).ended;
    assert.equal(rival.output, "null\n", rival.error);
    owner.child.kill("SIGKILL");
    await owner.ended;
    const lock = await lockFile(path, kind);
    assert.notEqual(lock, null);
    await lock?.release();
  });

  test(`${kind}: a worker thread of the owner's process is refused as well`, async () => {
    const path = join(directory, `${kind}-thread`);
    const arguments_ = `${JSON.stringify(path)}, ${JSON.stringify(kind)}`;
    const source = `
      const { Worker } = await import("node:worker_threads");
      const url = ${JSON.stringify(import.meta.resolve("./file-lock.ts"))};
      const lock = await file_lock.lockFile(${arguments_});
      const ask = () => new Promise((resolve) => {
        const code = "import { parentPort } from 'node:worker_threads'; import { lockFile } from " + JSON.stringify(url) + ";" +
          "const lock = await lockFile(${arguments_.replaceAll('"', "'")}); parentPort.postMessage(lock === null ? 'refused' : 'given'); await lock?.release();";
        new Worker(new URL("data:text/javascript," + encodeURIComponent(code))).once("message", resolve);
      });
      console.log(await ask());
      await lock.release();
      console.log(await ask());
    `;
    const { output, error } = await testProcess(["file-lock"], source).ended;
    assert.equal(output, "refused\ngiven\n", error);
  });
}

test("the kernel's lock leaves no companion file, SQLite's has one", async () => {
  const names = await readdir(directory);
  assert.ok(names.includes("sqlite.owner"));
  assert.ok(!names.includes("kernel.owner"));
});

test("kernel: a lock file that is replaced is another lock", async () => {
  const path = join(directory, "replaced");
  const first = await lockFile(path, "kernel");
  await rename(path, `${path}-moved`);
  const second = await lockFile(path, "kernel");
  assert.notEqual(second, null);
  assert.equal(await lockFile(`${path}-moved`, "kernel"), null);
  await first?.release();
  await second?.release();
});
