import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { memorySink } from "../connector/memory-sink.ts";
import { script } from "../connector/script.ts";
import { pipeline } from "../dsl/pipeline.ts";
import { start } from "../run/start.ts";
import { memoryHost } from "../testing/memory-host.ts";

test("a checkpoint asked for after the end is refused and does not wait for ever", async () => {
  const host = memoryHost();
  const made = pipeline("ends", (p) => {
    p.source("rows", z.object({ n: z.number() })).to(p.sink("out"));
  });
  const bind = { rows: script([{ record: { n: 1 } }, "end"]), out: memorySink() };
  const { job, result } = await host.runUntil(start(made, { host, bind, stateDirectory: "/state" }));
  assert.equal((await host.runUntil(result)).outcome, "finished");
  await assert.rejects(job?.checkpoint() ?? Promise.resolve(), { code: "TM_STOPPED" });
});
