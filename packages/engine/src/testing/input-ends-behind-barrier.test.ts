import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { memorySink } from "../connector/memory-sink.ts";
import { script } from "../connector/script.ts";
import { count } from "../dsl/aggregates.ts";
import { pipeline } from "../dsl/pipeline.ts";
import { tumbling } from "../dsl/windows.ts";
import { start, type Started } from "../run/start.ts";
import { CrashSignal } from "./memory-host-life.ts";
import { memoryHost, type MemoryHost } from "./memory-host.ts";

test("a checkpoint whose input ends while it is written is not the last one", async () => {
  const counted = pipeline("counted", (p) => {
    p.source("in", z.object({ t: z.number() }), { eventTime: (r) => r.t })
      .keyBy(() => "all")
      .window(tumbling("1s"))
      .aggregate("n", { n: count() })
      .to(p.sink("out"));
  });
  const source = script([{ record: { t: 1 } }]);
  const sink = memorySink();
  const run = (host: MemoryHost): Promise<Started> =>
    host.runUntil(
      start(counted, {
        host,
        bind: { in: source, out: sink },
        stateDirectory: "/state",
        checkpoint: { every: "manual" },
      }),
    );
  const host = memoryHost();
  const { job } = await run(host);
  await host.settle();
  host.onFailpoint = (name) => {
    if (name === "checkpoint.manifest.after-durable") throw new CrashSignal(name);
  };
  job?.checkpoint().catch(() => undefined);
  source.append("0", "end");
  await host.settle();
  const next = host.crash();
  next.onFailpoint = () => {};
  assert.deepEqual(sink.committed, []);
  const restarted = await run(next);
  assert.notEqual(restarted.job, null);
  await next.runUntil(restarted.result);
  assert.deepEqual(sink.committed, [{ key: "all", window: { start: 0, end: 1_000 }, revision: 0, n: 1 }]);
});
