import { describe, test } from "node:test";
import { hostConformance, type HostUnderTest } from "@tidemark/engine/host";
import { Simulation } from "./simulation.ts";

/** A simulated process whose world goes on by itself, so that code that only awaits can be run against it. */
async function open(seed: number): Promise<HostUnderTest> {
  const simulation = new Simulation({ seed });
  const process = simulation.machine().spawn();
  let isClosed = false;
  const { host } = process;
  const world = (async () => {
    while (!isClosed) await simulation.run({ stepsMax: 100, until: () => isClosed });
  })();
  await host.disk.makeDirectory("/test");
  return {
    host,
    directory: "/test",
    pass: (ms) => host.timers.sleep(ms),
    close: async () => {
      isClosed = true;
      await world;
    },
  };
}

for (const seed of [1, 2]) {
  describe(`host conformance: simulator, seed ${seed}`, () => {
    for (const { name, run } of hostConformance(() => open(seed))) test(name, run);
  });
}
