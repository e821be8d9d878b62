import { fileURLToPath } from "node:url";

/** What the demo's processes tell each other through the environment. */
export interface DemoSettings {
  /** Folder of outputs and state. */
  readonly folder: string;
  readonly recordsPerSecond: number;
  /** The shipped flights. */
  readonly data: string;
}

export const DEMO_DATA: string = fileURLToPath(import.meta.resolve("../../data/flights.jsonl.gz"));

/** Settings of this process; set by {@link demoEnvironment} in its parent. */
export function demoSettings(): DemoSettings {
  return {
    folder: process.env["TIDEMARK_DEMO_FOLDER"] ?? ".tidemark/demo",
    recordsPerSecond: Number(process.env["TIDEMARK_DEMO_RATE"] ?? "2000"),
    data: DEMO_DATA,
  };
}

export function demoEnvironment(settings: Omit<DemoSettings, "data">): Record<string, string> {
  return { TIDEMARK_DEMO_FOLDER: settings.folder, TIDEMARK_DEMO_RATE: String(settings.recordsPerSecond) };
}
