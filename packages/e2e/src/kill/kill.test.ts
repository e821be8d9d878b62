import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { FAILPOINTS } from "@tidemark/engine/host";
import { compareOutputs, referenceRun } from "@tidemark/engine/testing";
import { TidemarkProcess } from "../tidemark-process.ts";
import { makeClicks, random, type Click } from "./input.ts";
import pipeline from "./pipeline.ts";

const RECORDS = 200_000;
const RANDOM_KILLS = 30;
const SEED = 20_260_101;
const PORTS = ["per-minute", "hopping", "sessions", "sprees", "late"] as const;

test("killed at every step of a checkpoint and at random moments, the output is the reference's", { timeout: 300_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-kill-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const clicks = makeClicks(RECORDS, SEED);
  await writeFile(join(folder, "clicks.jsonl"), clicks.map((click) => `${JSON.stringify(click)}\n`).join(""));

  for (const name of FAILPOINTS) {
    const { signal, stderr } = await run(folder, { TIDEMARK_FAILPOINT: name }).ended;
    assert.equal(signal, "SIGKILL", `failpoint ${name} was not reached:\n${stderr}`);
  }

  const next = random(SEED);
  for (let kills = 0; kills < RANDOM_KILLS; kills++) {
    const process = run(folder, {});
    const timer = setTimeout(() => process.kill("SIGKILL"), 500 + next() * 900);
    const { signal, stderr } = await process.ended;
    clearTimeout(timer);
    assert.equal(signal, "SIGKILL", `the input ended before kill ${kills + 1}; make it longer or slower:\n${stderr}`);
  }

  const last = await run(folder, { KILL_RATE: "1000000" }).ended;
  assert.equal(last.exitCode, 0, last.stderr);
  await assertEqualsReference(folder, clicks);
});

function run(folder: string, env: Record<string, string>): TidemarkProcess {
  const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  return new TidemarkProcess(["run", file("./pipeline.ts"), "--config", file("./kill.config.ts")], { env: { KILL_FOLDER: folder, ...env } });
}

async function assertEqualsReference(folder: string, clicks: readonly Click[]): Promise<void> {
  const input = clicks.map((value) => ({ kind: "record", value }) as const);
  const reference = referenceRun(pipeline.graph, { clicks: [input] }, { now: Date.now() });
  for (const port of PORTS) {
    const expected = JSON.parse(JSON.stringify(reference.sinks[port])) as unknown[];
    const committed = (await readFile(join(folder, `${port}.jsonl`), "utf8")).split("\n");
    assert.equal(committed.pop(), "", `${port} ends with a whole line`);
    assert.ok(expected.length > 0, `the reference has rows for ${port}`);
    const { missing, extra, outOfOrder, report } = compareOutputs(committed.map((line) => JSON.parse(line) as unknown), expected, { keyOf: keyOf(port) });
    assert.deepEqual({ lost: missing.length, duplicated: extra.length, outOfOrder: outOfOrder.length }, { lost: 0, duplicated: 0, outOfOrder: 0 }, `${port}: ${report}`);
  }
}

function keyOf(port: (typeof PORTS)[number]): (row: unknown) => unknown {
  return (row) => (row as Record<string, unknown>)[port === "sprees" || port === "late" ? "user" : "key"];
}
