import { start, jsonl } from "@tidemark/engine";
import type { Manifest } from "@tidemark/engine/inspect";
import { fastCompression } from "../explore/fast-compression.ts";
import { listSource } from "../explore/list-source.ts";
import type { RunOptions } from "../explore/scenario.ts";
import type { SeenManifest } from "../explore/seen-manifest.ts";
import { fileBytes, filesUnder, putFile } from "../explore/volume-files.ts";
import { OUTPUT_DIRECTORY, outputPath, STATE_DIRECTORY, World } from "../explore/world.ts";
import type { Operation } from "../operation.ts";
import type { Choices } from "../random.ts";
import { firstComeFirstServed } from "../schedule-strategy.ts";
import { Simulation } from "../simulation.ts";

const ID = "checkpoint-restores";

/** Of so many runs one has its checkpoints restored. */
const ONE_OF = 4;
/** Moments at which they are, in one such run, at most. */
const MOMENTS_MAX = 2;
const STEPS_MAX = 40_000;

type Files = ReadonlyMap<string, Uint8Array>;

/** A checkpoint as it stood at a moment: its own files and no others. */
interface Snapshot {
  readonly seen: SeenManifest;
  readonly files: Files;
  readonly when: string;
}

/**
 * Every retained checkpoint restores, alone, to the reference's state at its positions: a copy of the disk that holds nothing else, with
 * outputs cut back to what it had committed, runs on to the end and gives the whole output. At all times, so also in the midst of a commit and of a deletion.
 */
export class RestoreChecks {
  readonly #world: World;
  readonly #options: RunOptions;
  readonly #choices: Choices;
  readonly #isOn: boolean;
  readonly #snapshots: Snapshot[] = [];
  #moments = 0;

  constructor(world: World, options: RunOptions, choices: Choices) {
    this.#world = world;
    this.#options = options;
    this.#choices = choices;
    const isDrawn = choices.integer(ONE_OF) === 0;
    this.#isOn = (options.restores ?? isDrawn) && world.scenario.settings.sinks === undefined;
  }

  onCommitted(): void {
    if (this.#isOn && this.#moments < MOMENTS_MAX && this.#choices.chance(0.3)) this.#take("at a commit");
  }

  onOperation({ name, subject }: Operation): void {
    if (!this.#isOn || this.#moments >= MOMENTS_MAX || name !== "remove" || !subject.startsWith(STATE_DIRECTORY))
      return;
    if (this.#choices.chance(0.05)) this.#take(`after the removal of ${subject}`);
  }

  /** Restores what was collected, after the run: another world must not disturb it. */
  async finish(isFinished: boolean): Promise<void> {
    if (!this.#isOn || this.#world.violations.length > 0) return;
    if (isFinished) this.#take("at the end");
    if (this.#world.hasRot) return;
    const seen = new Set<string>();
    for (const snapshot of this.#snapshots) {
      // The same checkpoint at another moment is the same copy, if nothing of it is missing.
      const name = `${snapshot.seen.path} ${[...snapshot.files.keys()].join(" ")}`;
      if (seen.has(name)) continue;
      seen.add(name);
      await this.#restore(snapshot);
    }
  }

  #take(when: string): void {
    if (this.#world.hasRot) return;
    this.#moments++;
    const { volume } = this.#world;
    const staged = filesUnder(volume, `${STATE_DIRECTORY}/sinks`);
    for (const seen of this.#world.manifests()) {
      const paths = [seen.path, ...seen.manifest.segments.map(({ path }) => `${STATE_DIRECTORY}/${path}`), ...staged];
      const files = new Map<string, Uint8Array>();
      for (const path of paths) {
        const bytes = fileBytes(volume, path);
        if (bytes === null)
          this.#world.violate(ID, `${when}, checkpoint ${seen.manifest.checkpoint} names ${path}, which is gone`);
        else files.set(path, bytes);
      }
      for (const [path, bytes] of this.#outputs(seen)) files.set(path, bytes);
      this.#snapshots.push({ seen, files, when });
    }
  }

  /** The outputs as they were once this checkpoint was committed; where that is not done yet, as they are. */
  #outputs({ manifest }: SeenManifest): Files {
    const files = new Map<string, Uint8Array>();
    for (const { plan } of manifest.sinks) {
      const { file, to } = plan as unknown as { readonly file: string; readonly to: number };
      const bytes = fileBytes(this.#world.volume, file);
      if (bytes !== null) files.set(file, bytes.subarray(0, to));
    }
    return files;
  }

  async #restore({ seen, files, when }: Snapshot): Promise<void> {
    const { scenario, plan, expected } = this.#world;
    const simulation = new Simulation({
      seed: 1,
      strategy: firstComeFirstServed(),
      compression: fastCompression(),
      ...(this.#options.drain !== undefined && { drain: this.#options.drain }),
    });
    const { volume } = simulation.machine();
    for (const [path, bytes] of files) putFile(volume, path, bytes);
    volume.makeDirectory(OUTPUT_DIRECTORY);
    volume.syncAll();
    const plantHost = this.#options.plantHost ?? ((host) => host);
    const plantBinding = this.#options.plantBinding ?? ((binding) => binding);
    const copy = new World({ scenario, plan, volume, expected });
    const sources = Object.entries(scenario.inputs).map(([port, splits]) => [
      port,
      plantBinding(listSource(splits, { batchRows: 64, paceMs: 1 }), port),
    ]);
    const sinks = copy.sinkPorts.map((port) => [port, plantBinding(jsonl(outputPath(port)), port)]);
    const run = simulation
      .machine()
      .spawn()
      .run(async (host) => {
        const job = await start(scenario.pipeline, {
          host: plantHost(host),
          // Another one than the checkpoint's, if there is a choice.
          parallelism: 1 + (seen.manifest.parallelism % Math.min(3, plan.keyGroups)),
          keyGroups: plan.keyGroups,
          stateDirectory: STATE_DIRECTORY,
          checkpoint: { every: "manual" },
          bind: Object.fromEntries([...sources, ...sinks]),
        });
        return job.result;
      });
    const end = await simulation.run({ until: () => run.isOver, stepsMax: STEPS_MAX });
    const about = `checkpoint ${seen.manifest.checkpoint} of epoch ${seen.manifest.epoch}, as it was ${when}, restored alone`;
    this.#world.reach("checkpoint restored alone");
    if (isOfChanges(seen.manifest)) this.#world.reach("checkpoint of changes restored alone");
    if (run.outcome.kind !== "returned") {
      const why = run.outcome.kind === "failed" ? String(run.outcome.error) : `is not finished (${end})`;
      this.#world.violate(ID, `${about}: ${why}`);
      return;
    }
    for (const port of copy.sinkPorts) {
      const { equal, report } = expected.compare(port, copy.lines(port) ?? [], expected.whole(port));
      if (!equal) this.#world.violate(ID, `${about}, gives another output of port "${port}": ${report}`);
    }
  }
}

/** It needs segments that were written for earlier checkpoints. */
function isOfChanges({ checkpoint, segments }: Manifest): boolean {
  return segments.some(({ path }) => Number(/^segments\/(\d+)-/.exec(path)?.[1]) < checkpoint);
}
