import type { CheckpointSummary } from "../job/checkpoint-coordinator.ts";
import type { Job } from "../job/job.ts";
import type { TaskFacts } from "../job/worker-protocol.ts";
import {
  heldBackBy,
  watermarkJson,
  watermarkOf,
  type WatermarkHolder,
  type WatermarkJson,
} from "../time/watermark-holder.ts";

/** What a running job is doing. */
export interface JobFacts {
  readonly epoch: number;
  readonly tasks: readonly TaskFacts[];
  /** Records read by all sources in this run. */
  readonly recordsRead: number;
  /** The least watermark of all tasks: how far event time has come everywhere. */
  readonly watermark: WatermarkJson;
  /** The splits and inputs that keep it from rising. */
  readonly heldBackBy: readonly WatermarkHolder[];
  readonly newestCheckpoint: CheckpointSummary | null;
}

/** Asks every worker; resolves when all have answered. */
export async function jobFacts(job: Job): Promise<JobFacts> {
  const tasks = await job.facts();
  const watermarks = tasks.map(({ watermark }) => watermarkOf(watermark));
  const splits = tasks.flatMap(({ holders }) => holders).filter(({ kind }) => kind === "split");
  return {
    epoch: job.epoch,
    tasks,
    recordsRead: tasks.reduce((sum, { source }) => sum + (source?.records ?? 0), 0),
    watermark: tasks.length === 0 ? null : watermarkJson(Math.min(...watermarks)),
    heldBackBy: heldBackBy(splits),
    newestCheckpoint: job.checkpoints.at(-1) ?? null,
  };
}
