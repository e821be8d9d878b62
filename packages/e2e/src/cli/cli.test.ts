import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { TidemarkProcess, type Ended } from "../tidemark-process.ts";

const DELAYS: string = fileURLToPath(new URL("./delays-pipeline.ts", import.meta.url));
const FLIGHTS = [
  { date: "2001-01-01T08:10:00Z", delay: 5, origin: "SFO" },
  { date: "2001-01-01T08:40:00Z", delay: 35, origin: "SFO" },
  { date: "2001-01-01T09:10:00Z", delay: 0, origin: "LAX" },
];

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-cli-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "flights.jsonl"), FLIGHTS.map((flight) => `${JSON.stringify(flight)}\n`).join(""));
  return folder;
}

const cli = (cwd: string, ...args: string[]): Promise<Ended> => new TidemarkProcess(args, { cwd }).ended;
const RUN = ["run", DELAYS, "--bind", "flights=jsonl:flights.jsonl", "--bind", "hourly=jsonl:hourly.jsonl"];

describe("tidemark run", () => {
  test("runs to the end, says so, and has nothing to do the second time", async (t) => {
    const folder = await folderOf(t);
    const first = await cli(folder, ...RUN, "--json");
    assert.equal(first.exitCode, 0, first.stderr);
    assert.deepEqual(Object.keys(JSON.parse(first.stdout) as object), ["outcome", "checkpoint", "records", "elapsedMs"]);
    const rows = (await readFile(join(folder, "hourly.jsonl"), "utf8")).trimEnd().split("\n");
    assert.equal(rows.length, 2);
    const second = await cli(folder, ...RUN);
    assert.equal(second.exitCode, 0, second.stderr);
    assert.match(second.stderr, /nothing to do/);
    assert.deepEqual((await readFile(join(folder, "hourly.jsonl"), "utf8")).trimEnd().split("\n"), rows);
  });

  test("an unbound sink prints; parallel workers give the same rows", async (t) => {
    const folder = await folderOf(t);
    const { exitCode, stdout, stderr } = await cli(folder, "run", DELAYS, "--bind", "flights=jsonl:flights.jsonl", "--parallelism", "3");
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /"key":"SFO".*"n":2/);
    assert.match(stdout, /"key":"LAX".*"n":1/);
  });

  test("SIGTERM takes a last checkpoint and exits 0; the next start goes on from there", async (t) => {
    const folder = await folderOf(t);
    const args = ["run", DELAYS, "--bind", "flights=stdin:", "--bind", "hourly=jsonl:hourly.jsonl", "--checkpoint-every", "manual"];
    const running = new TidemarkProcess(args, { cwd: folder, openStdin: true });
    await running.says("running from the beginning");
    running.write(FLIGHTS.map((flight) => `${JSON.stringify(flight)}\n`).join(""));
    running.kill("SIGTERM");
    const { exitCode, stderr } = await running.ended;
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /checkpoint 1 \(stop\)/);
    assert.match((await cli(folder, "checkpoint", "ls", ".tidemark/delays", "--json")).stdout, /"checkpoint":1,"ok":true/);
  });

  test("a second process on the same state directory is turned away with exit code 23", async (t) => {
    const folder = await folderOf(t);
    const args = ["run", DELAYS, "--bind", "flights=stdin:", "--bind", "hourly=jsonl:hourly.jsonl"];
    const owner = new TidemarkProcess(args, { cwd: folder, openStdin: true });
    await owner.says("running from the beginning");
    const second = await cli(folder, ...RUN);
    owner.kill("SIGKILL");
    await owner.ended;
    assert.equal(second.exitCode, 23, second.stderr);
    assert.match(second.stderr, /TM_STATE_DIRECTORY_IN_USE/);
  });

  test("a malformed line stops the job with file and offset, exit code 20", async (t) => {
    const folder = await folderOf(t);
    await writeFile(join(folder, "flights.jsonl"), `${JSON.stringify(FLIGHTS[0])}\n{"date": oops}\n`);
    const { exitCode, stderr } = await cli(folder, ...RUN);
    assert.equal(exitCode, 20, stderr);
    assert.match(stderr, /TM_RECORD.*offset=56/s);
    assert.match(stderr, /flights\.jsonl/);
  });
});

describe("what goes wrong is said", () => {
  test("an unknown port, command, file, option and error page", async (t) => {
    const folder = await folderOf(t);
    const port = await cli(folder, "run", DELAYS, "--bind", "flight=jsonl:flights.jsonl");
    assert.equal(port.exitCode, 78);
    assert.match(port.stderr, /did you mean "flights"\?/);
    const command = await cli(folder, "rum");
    assert.equal(command.exitCode, 2);
    assert.match(command.stderr, /Did you mean run\?/);
    const file = await cli(folder, "run", "nowhere.ts");
    assert.equal(file.exitCode, 3);
    const source = await cli(folder, "run", DELAYS);
    assert.equal(source.exitCode, 78);
    assert.match(source.stderr, /--bind flights=jsonl:FILE/);
    const checkpoint = await cli(folder, "checkpoint", "show", ".tidemark/none", "7");
    assert.equal(checkpoint.exitCode, 3, checkpoint.stderr);
  });

  test("with --json an error is data too", async (t) => {
    const { exitCode, stdout } = await cli(await folderOf(t), "run", DELAYS, "--json");
    assert.equal(exitCode, 78);
    assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, "TM_BINDING");
  });
});

describe("looking without running", () => {
  test("help begins with an example", async (t) => {
    const { exitCode, stdout } = await cli(await folderOf(t), "--help");
    assert.equal(exitCode, 0);
    assert.match(stdout, /^Example:\n\s+tidemark run/);
  });

  test("graph as text, Mermaid and JSON", async (t) => {
    const folder = await folderOf(t);
    assert.match((await cli(folder, "graph", DELAYS)).stdout, /hourly/);
    assert.match((await cli(folder, "graph", DELAYS, "--format", "mermaid")).stdout, /^(flowchart|graph) /);
    const json = JSON.parse((await cli(folder, "graph", DELAYS, "--json")).stdout) as { name: string };
    assert.equal(json.name, "delays");
  });

  test("config tells where each value came from", async (t) => {
    const folder = await folderOf(t);
    const process = new TidemarkProcess(["config", DELAYS, "--retained", "7", "--json"], { cwd: folder, env: { TIDEMARK_PARALLELISM: "2" } });
    const settings = JSON.parse((await process.ended).stdout) as { setting: string; value: unknown; origin: string }[];
    const find = (name: string): unknown => settings.find(({ setting }) => setting === name);
    assert.deepEqual(find("parallelism"), { setting: "parallelism", value: 2, origin: "environment" });
    assert.deepEqual(find("checkpoint.retained"), { setting: "checkpoint.retained", value: 7, origin: "flag" });
    assert.deepEqual(find("keyGroups"), { setting: "keyGroups", value: 256, origin: "default" });
  });

  test("checkpoint ls, show and verify; a flipped bit is found, exit code 21", async (t) => {
    const folder = await folderOf(t);
    await cli(folder, ...RUN);
    const listed = JSON.parse((await cli(folder, "checkpoint", "ls", ".tidemark/delays", "--json")).stdout) as { checkpoint: number; ok: boolean }[];
    assert.ok(listed.length > 0 && listed.every(({ ok }) => ok));
    assert.equal((await cli(folder, "checkpoint", "verify", ".tidemark/delays")).exitCode, 0);
    const id = String(listed[0]?.checkpoint);
    const shown = await cli(folder, "checkpoint", "show", ".tidemark/delays", id, "--json");
    assert.equal((JSON.parse(shown.stdout) as { finished: boolean }).finished, true);
  });
});
