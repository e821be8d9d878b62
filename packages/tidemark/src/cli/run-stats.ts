import type { JobTimes, TimeUse } from "@tidemark/engine/inspect";
import { formatCount, formatDuration, table, type Terminal } from "./terminal.ts";

/** Where the time of a run went, as `run --stats` shows it and `--json` prints it. */
export interface RunStats extends JobTimes {
  /** CPU time of the whole process since the job began: workers, checkpoints, compiler and garbage collector. */
  readonly cpuMs: number;
  /** Records read per second of it; null if none was used. */
  readonly recordsPerCpuSecond: number | null;
}

export function runStats(times: JobTimes, cpu: NodeJS.CpuUsage): RunStats {
  const cpuMs = (cpu.user + cpu.system) / 1_000;
  return { ...times, cpuMs, recordsPerCpuSecond: cpuMs === 0 ? null : (times.recordsRead * 1_000) / cpuMs };
}

/** What a person calls a use. */
const NAMES: Readonly<Record<TimeUse, string>> = {
  decode: "read, decode",
  "event-time": "event time",
  steps: "functions",
  keys: "keys",
  state: "state",
  encode: "encode, write",
  exchange: "to other tasks",
  snapshot: "snapshot",
  loop: "task loop",
  "event-loop": "files, timers",
  idle: "idle",
};

/** Shows a step a line, in the order of the pipeline, and the sums. */
export function sayStats(stats: RunStats, terminal: Terminal): void {
  const rows = stats.steps.map(({ name, use, records, calls, ms, nsPerRecord, share }) => [
    name,
    NAMES[use],
    nsPerRecord === null ? "" : formatCount(records),
    formatCount(calls),
    nsPerRecord === null ? "" : nsPerRecord < 10 ? nsPerRecord.toFixed(1) : formatCount(nsPerRecord),
    formatDuration(ms),
    use === "idle" ? "" : formatShare(share),
  ]);
  const header = ["step", "what", "records", "calls", "ns/record", "time", "share"];
  terminal.say(table(header, rows, { right: header.slice(2) }));
  const { uses, busyMs, idleMs, cpuMs, recordsRead, recordsPerCpuSecond } = stats;
  const sums = uses
    .filter(({ share }) => share >= 0.005)
    .map(({ use, share }) => `${NAMES[use]} ${formatShare(share)}`);
  terminal.say(`in all: ${sums.join(", ")}`);
  const rate = recordsPerCpuSecond === null ? "" : `: ${formatCount(recordsPerCpuSecond)} records per CPU-second`;
  terminal.say(
    `workers busy ${formatDuration(busyMs)}, idle ${formatDuration(idleMs)}; ${formatCount(recordsRead)} records in ${formatDuration(cpuMs)} of CPU time of the process${rate}`,
  );
}

function formatShare(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
