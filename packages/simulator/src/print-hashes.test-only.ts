import { runReadings } from "./readings-scenario.test-only.ts";

/** Prints the trace hash of each seed given, for a test that compares processes. */
for (const seed of (process.argv[2] ?? "").split(",").map(Number)) {
  const faults = { disk: { latencyMs: 3, slow: 0.02, slowMs: 40 }, messages: { latencyMs: 2 }, time: { passes: 0.05 } };
  const { simulation } = await runReadings({ seed, sinks: "memory", faults });
  process.stdout.write(`${simulation.trace.hash()}\n`);
}
