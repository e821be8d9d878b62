import type { Job } from "../job/job.ts";
import type { StepTime, TimeUse } from "../task/self-times.ts";

/** One step's part of a job's time, over all its subtasks. */
export interface JobTime extends StepTime {
  /** Its own time a record, nanoseconds; null for what has no records. */
  readonly nsPerRecord: number | null;
  /** Of the workers' time that was not idle, 0 to 1. */
  readonly share: number;
}

/** Where the time of a job's workers went since they began to run; each moment is in exactly one step. */
export interface JobTimes {
  /** Steps that ran, in the order of the pipeline, then what no step owns. */
  readonly steps: readonly JobTime[];
  /** Sums by use, the greatest first, idle time left out. */
  readonly uses: readonly { readonly use: TimeUse; readonly ms: number; readonly share: number }[];
  /** Records read by all sources in this run. */
  readonly recordsRead: number;
  /** Of all workers together. */
  readonly busyMs: number;
  readonly idleMs: number;
}

/** Asks every worker, also one last time after the job has ended in order; a failed job tells what it had told last. */
export async function jobTimes(job: Job): Promise<JobTimes> {
  await job.facts();
  return sumTimes(job.times);
}

/** What `workers` told, put together. */
export function sumTimes(workers: readonly (readonly StepTime[])[]): JobTimes {
  const sums = new Map<string, StepTime>();
  for (const { name, use, records, calls, ms } of workers.flat()) {
    const id = `${use} ${name}`;
    const sum = sums.get(id) ?? { name, use, records: 0, calls: 0, ms: 0 };
    sums.set(id, { name, use, records: sum.records + records, calls: sum.calls + calls, ms: sum.ms + ms });
  }
  const steps = [...sums.values()].filter(({ calls, ms }) => calls > 0 || ms > 0);
  const total = (wanted: readonly StepTime[]): number => wanted.reduce((sum, { ms }) => sum + ms, 0);
  const busy = steps.filter(({ use }) => use !== "idle");
  const busyMs = total(busy);
  const shareOf = (ms: number): number => (busyMs === 0 ? 0 : ms / busyMs);
  const uses = [...Map.groupBy(busy, ({ use }) => use)]
    .map(([use, of]) => ({ use, ms: total(of), share: shareOf(total(of)) }))
    .toSorted((a, b) => b.ms - a.ms);
  return {
    steps: steps.map((step) => ({
      ...step,
      nsPerRecord: step.records === 0 ? null : (step.ms * 1e6) / step.records,
      share: step.use === "idle" ? 0 : shareOf(step.ms),
    })),
    uses,
    recordsRead: steps.filter(({ use }) => use === "decode").reduce((sum, { records }) => sum + records, 0),
    busyMs,
    idleMs: total(steps.filter(({ use }) => use === "idle")),
  };
}
