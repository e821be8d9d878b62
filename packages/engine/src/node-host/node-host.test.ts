import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { hostConformance } from "../host/host.conformance.ts";
import type { HostUnderTest } from "../host/host-under-test.ts";
import { nodeHost, type NodeHostOptions } from "./node-host.ts";

async function open(options: NodeHostOptions): Promise<HostUnderTest> {
  const host = nodeHost(options);
  const directory = await mkdtemp(join(tmpdir(), "tidemark-host-"));
  return {
    host,
    directory,
    pass: (ms) => host.timers.sleep(ms),
    close: () => rm(directory, { recursive: true }),
  };
}

for (const lockKind of ["kernel", "sqlite"] as const) {
  describe(`host conformance: node, ${lockKind} lock`, () => {
    for (const { name, run } of hostConformance(() => open({ lockKind }))) test(name, run);
  });
}
