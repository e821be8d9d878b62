import { manifestOf, type SeenManifest } from "./seen-manifest.ts";
import type { Expected } from "./expected.ts";
import type { RunPlan } from "./run-plan.ts";
import type { Scenario, Violation } from "./scenario.ts";
import { fileBytes } from "./volume-files.ts";
import type { Volume } from "../disk/volume.ts";
import type { Operation } from "../operation.ts";

/** Where a job of a scenario keeps its state, and its outputs. */
export const STATE_DIRECTORY = "/state";
export const OUTPUT_DIRECTORY = "/out";

/** The file of a sink port. */
export function outputPath(port: string): string {
  return `${OUTPUT_DIRECTORY}/${port}.jsonl`;
}

/** Violations shown of one run: what follows from the first ones adds nothing. */
const VIOLATIONS_MAX = 10;

/** What invariants look at: the run as it stands. */
export class World {
  readonly scenario: Scenario;
  readonly plan: RunPlan;
  readonly volume: Volume;
  readonly expected: Expected;
  readonly violations: Violation[] = [];
  readonly reached: Record<string, number> = {};
  /** Bits were flipped: a job that halts because of it is right. */
  hasRot = false;
  /** What was appended to an output and is not durable may be anything: until the next start has repaired it, readers are promised nothing. */
  mayBeTorn = false;

  constructor(options: { scenario: Scenario; plan: RunPlan; volume: Volume; expected: Expected }) {
    this.scenario = options.scenario;
    this.plan = options.plan;
    this.volume = options.volume;
    this.expected = options.expected;
  }

  get sinkPorts(): readonly string[] {
    return this.scenario.pipeline.graph.nodes.filter(({ kind }) => kind === "sink").map(({ name }) => name);
  }

  violate(invariant: string, message: string): void {
    if (this.violations.length < VIOLATIONS_MAX) this.violations.push({ invariant, message });
  }

  reach(name: string): void {
    this.reached[name] = (this.reached[name] ?? 0) + 1;
  }

  /** Manifests that a process would find now, oldest first. Unreadable ones are left out. */
  manifests(): readonly SeenManifest[] {
    const directory = `${STATE_DIRECTORY}/manifests`;
    if (this.volume.stat(directory)?.kind !== "directory") return [];
    return this.volume
      .list(directory)
      .filter((name) => name.endsWith(".json"))
      .map((name) => manifestOf(this.volume, `${directory}/${name}`))
      .filter((seen) => seen !== null)
      .sort((a, b) => a.manifest.epoch - b.manifest.epoch || a.manifest.checkpoint - b.manifest.checkpoint);
  }

  /** Complete lines of a sink's file, as its readers take them; null where a line is no JSON. */
  lines(port: string): readonly unknown[] | null {
    const bytes = fileBytes(this.volume, outputPath(port));
    if (bytes === null) return [];
    try {
      return new TextDecoder("utf-8", { fatal: true })
        .decode(bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1))
        .split("\n")
        .slice(0, -1)
        .map((line): unknown => JSON.parse(line));
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError) return null;
      throw error;
    }
  }
}

/** Something that must always hold. Each has a file of its own; every call may report to the world. */
export interface Invariant {
  readonly id: string;
  /** An operation that changed something has happened. */
  operation?(operation: Operation): void;
  /** A process reports a checkpoint as committed. */
  committed?(manifest: SeenManifest): void;
  /** A process has died, or the power has failed. */
  crashed?(how: "kill" | "power"): void;
  /** A process ended with an error. */
  failed?(error: unknown): void;
  /** The job says that it has processed all of its input. */
  finished?(): void;
}
