import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { pipeline } from "../dsl/pipeline.ts";
import { jsonl } from "../files/file-binding.ts";
import { start } from "../run/start.ts";
import { CrashSignal } from "../testing/memory-host-life.ts";
import { memoryHost, type MemoryHost } from "../testing/memory-host.ts";

const COPY = pipeline("copy", (p) => {
  p.source("rows", z.object({ n: z.number() })).to(p.sink("out"));
});

async function run(host: MemoryHost): Promise<string> {
  const bind = { rows: jsonl("/in/*.jsonl"), out: jsonl("/out.jsonl") };
  const { result } = await host.runUntil(start(COPY, { host, bind, stateDirectory: "/state" }));
  return (await host.runUntil(result)).outcome;
}

async function write(host: MemoryHost, path: string, text: string): Promise<void> {
  const file = await host.disk.openWrite(path, "append");
  await file.write(new TextEncoder().encode(text));
  await file.sync();
  await file.close();
  await host.disk.syncDirectory("/in");
}

test("killed between its last manifest and the commit, then a new file: the output is completed, the file is refused", async () => {
  let host = memoryHost();
  await host.disk.makeDirectory("/in");
  await write(host, "/in/a.jsonl", '{"n":1}\n{"n":2}\n');
  host.onFailpoint = (name) => {
    if (name === "commit.before") throw new CrashSignal(name);
  };
  await assert.rejects(run(host), CrashSignal);

  host = host.crash();
  host.onFailpoint = () => {};
  await write(host, "/in/b.jsonl", '{"n":3}\n');
  await assert.rejects(run(host), { code: "TM_SOURCE" });
  assert.equal(new TextDecoder().decode(await host.disk.readFile("/out.jsonl")), '{"n":1}\n{"n":2}\n');

  await host.disk.remove("/in/b.jsonl");
  assert.equal(await run(host), "finished");
});
