import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { TidemarkProcess } from "../tidemark-process.ts";

/** A folder that the demo takes for the system's temporary one. */
async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-demo-test-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test(
  "the demo kills its engine once by itself and ends equal; nothing stays behind",
  { timeout: 120_000 },
  async (t) => {
    const folder = await temporaryFolder(t);
    const env = { TMPDIR: folder, CI: "true" };
    const { exitCode, stdout, stderr } = await new TidemarkProcess(["demo", "flights", "--json"], { env }).ended;
    assert.equal(exitCode, 0, stderr);
    const result = JSON.parse(stdout) as {
      records: number;
      kills: number;
      equal: boolean;
      outputs: { rows: number }[];
    };
    assert.partialDeepStrictEqual(result, { records: 20_000, kills: 1, equal: true });
    assert.ok(result.outputs.every(({ rows }) => rows > 0));
    assert.match(stderr, /SIGKILL after [\d,]+ flights[^]*going on from checkpoint \d+[^]*equal: after 1 kill/);
    assert.match(stderr, /event time 2001-.* behind · checkpoint \d+ in /);
    assert.deepEqual(await readdir(folder), []);
  },
);

test("a demo that is interrupted takes its engine and its folder with it", { timeout: 120_000 }, async (t) => {
  const folder = await temporaryFolder(t);
  const demo = new TidemarkProcess(["demo"], { env: { TMPDIR: folder } });
  await demo.says("· checkpoint ");
  demo.kill("SIGTERM");
  const { exitCode, stderr } = await demo.ended;
  assert.equal(exitCode, 143, stderr);
  assert.deepEqual(await readdir(folder), []);
});
