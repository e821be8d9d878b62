import assert from "node:assert/strict";
import type { Host } from "@tidemark/engine/host";
import type { SimulatedProcess } from "./process.ts";
import type { Simulation } from "./simulation.ts";

/** Lets the world go on until a program in a process is over; gives what it returned, throws what it threw. */
export async function drive<T>(
  simulation: Simulation,
  process: SimulatedProcess,
  main: (host: Host) => Promise<T>,
): Promise<T> {
  const run = process.run(main);
  assert.equal(await simulation.run({ until: () => run.isOver, stepsMax: 100_000 }), "done");
  if (run.outcome.kind === "failed") throw run.outcome.error;
  assert.ok(run.outcome.kind === "returned", run.outcome.kind);
  return run.outcome.value;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Makes or extends a file, and makes of it durable what is asked for. */
export async function write(
  host: Host,
  path: string,
  content: string | Uint8Array,
  sync: "nothing" | "bytes" | "all",
): Promise<void> {
  const file = await host.disk.openWrite(path, "append");
  await file.write(typeof content === "string" ? bytes(content) : content);
  if (sync !== "nothing") await file.sync();
  await file.close();
  if (sync === "all") await host.disk.syncDirectory(path.slice(0, path.lastIndexOf("/")) || "/");
}

/** Content of a file as text; null if it is absent. */
export async function text(host: Host, path: string): Promise<string | null> {
  if ((await host.disk.stat(path)) === null) return null;
  return new TextDecoder().decode(await host.disk.readFile(path));
}
