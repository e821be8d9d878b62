import { loadPipeline, start, type Job, type JobEvent, type JobResult } from "@tidemark/engine";
import { jobFacts, jobTimes, type JobFacts } from "@tidemark/engine/inspect";
import { EXIT } from "./exit-codes.ts";
import { runStats, sayStats } from "./run-stats.ts";
import { configUrl, fileUrl, readBindings, readDuration, readSettings, type JobFlags } from "./settings.ts";
import { StopOnSignals } from "./stop-on-signals.ts";
import { formatBytes, formatCount, formatDuration, formatTime, type Terminal } from "./terminal.ts";

export interface RunFlags extends JobFlags {
  readonly json?: boolean;
  readonly stats?: boolean;
  readonly shutdownTimeout: string;
}

/** `tidemark run FILE`: runs a pipeline file until its input ends or a signal comes; returns the exit code. */
export async function runCommand(file: string, flags: RunFlags, terminal: Terminal): Promise<number> {
  const { settings } = readSettings(flags);
  const timeoutMs = readDuration("--shutdown-timeout", flags.shutdownTimeout);
  const config = configUrl(flags.config);
  const startedAt = Date.now();
  const signals = new StopOnSignals({ timeoutMs, terminal });
  const progress = new Progress(terminal);
  try {
    const url = fileUrl(file);
    const { warnings } = await loadPipeline(url);
    for (const { message } of warnings) terminal.say(terminal.style("yellow", `warning: ${message}`));
    const { job, result } = await start(url, {
      ...settings,
      bind: readBindings(flags.bind),
      ...(config !== undefined && { config }),
      onEvent: (event) => {
        sayEvent(event, terminal);
        if (event.kind === "input-ended") progress.look();
      },
    });
    if (job === null) sayNothingToDo(await result, terminal);
    else {
      progress.follow(job);
      signals.whenAsked(() => {
        progress.look();
        // A failure settles the job's result, which is awaited below.
        job.stop().catch(() => undefined);
      });
    }
    const cpu = process.cpuUsage();
    const ended = await result;
    const elapsedMs = Date.now() - startedAt;
    const leftOut = await progress.leftOut();
    const stats =
      flags.stats === true && job !== null ? runStats(await jobTimes(job), process.cpuUsage(cpu)) : undefined;
    if (flags.json === true) terminal.result(JSON.stringify({ ...ended, elapsedMs, leftOut, ...(stats && { stats }) }));
    else if (stats !== undefined) sayStats(stats, terminal);
    sayEnd(ended, { elapsedMs, leftOut }, terminal);
    return EXIT.ok;
  } finally {
    progress.close();
    signals.close();
  }
}

function sayNothingToDo({ checkpoint }: JobResult, terminal: Terminal): void {
  terminal.say(
    `nothing to do: all input was processed by checkpoint ${checkpoint}; remove the state directory to run it afresh`,
  );
}

function sayEvent(event: JobEvent, terminal: Terminal): void {
  switch (event.kind) {
    case "restored":
      for (const { checkpoint, why } of event.skipped) {
        terminal.say(terminal.style("yellow", `passed over checkpoint ${checkpoint}: ${why}`));
      }
      terminal.say(
        `going on from checkpoint ${event.checkpoint}, the newest that is whole (${formatCount(event.records)} records)`,
      );
      return;
    case "started":
      terminal.say(event.fresh ? "running from the beginning" : "running");
      return;
    case "checkpoint": {
      const { checkpoint, reason, sizeBytes, writtenBytes, durationMs } = event.summary;
      if (reason === "interval") return;
      const earlier = writtenBytes === sizeBytes ? "" : ` of ${formatBytes(sizeBytes)}`;
      terminal.say(
        `checkpoint ${checkpoint} (${reason}): ${formatBytes(writtenBytes)}${earlier} in ${formatDuration(durationMs)}`,
      );
      return;
    }
    case "input-ended":
      terminal.say("all input is read; taking the last checkpoint");
      return;
  }
}

/** Records of this run that are in no output, by the reason. */
interface LeftOut {
  readonly invalid: number;
  readonly failed: number;
  readonly late: number;
}

function sayEnd(
  result: JobResult,
  { elapsedMs, leftOut }: { elapsedMs: number; leftOut: LeftOut },
  terminal: Terminal,
): void {
  const { outcome, records, checkpoint } = result;
  terminal.say(`${outcome}: ${formatCount(records)} records, checkpoint ${checkpoint}, ${formatDuration(elapsedMs)}`);
  const reasons = { invalid: "invalid", failed: "failed in user code", late: "late and dropped" } as const;
  const parts = Object.entries(reasons).flatMap(([name, reason]) => {
    const count = leftOut[name as keyof LeftOut];
    return count === 0 ? [] : [`${formatCount(count)} ${reason}`];
  });
  if (parts.length > 0) terminal.say(terminal.style("yellow", `left out as configured: ${parts.join(", ")}`));
}

/** A status line each second on a terminal, a plain line each ten seconds elsewhere; remembers the last facts. */
class Progress {
  readonly #terminal: Terminal;
  #job: Job | null = null;
  #timer: NodeJS.Timeout | undefined;
  #facts: JobFacts | null = null;
  #looking: Promise<void> = Promise.resolve();
  #before = { at: Date.now(), records: 0 };
  #ticks = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  follow(job: Job): void {
    this.#job = job;
    this.#timer = setInterval(() => {
      this.look();
    }, 1_000);
  }

  /** Asks where the job stands, and shows it. */
  look(): void {
    const job = this.#job;
    if (job === null) return;
    this.#looking = jobFacts(job).then((facts) => {
      // A job that has just ended has no more to say.
      if (facts.tasks.length === 0) return;
      this.#facts = facts;
      this.#show(facts);
    });
  }

  /** What the run left out, as far as its last facts tell. */
  async leftOut(): Promise<LeftOut> {
    await this.#looking;
    const tasks = this.#facts?.tasks ?? [];
    const count = (name: string): number =>
      tasks.flatMap(({ operators }) => operators).reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0);
    return {
      invalid: tasks.reduce((sum, { source }) => sum + (source?.invalid ?? 0), 0),
      failed: count("user-errors"),
      late: count("late-dropped"),
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#job = null;
  }

  #show({ recordsRead, watermark, newestCheckpoint }: JobFacts): void {
    if (this.#job === null) return;
    const now = Date.now();
    const rate = (1_000 * (recordsRead - this.#before.records)) / Math.max(1, now - this.#before.at);
    this.#before = { at: now, records: recordsRead };
    const parts = [`${formatCount(recordsRead)} records`, `${formatCount(rate)}/s`];
    if (typeof watermark === "number") parts.push(`event time ${formatTime(watermark)}`);
    if (newestCheckpoint !== null) {
      parts.push(`checkpoint ${newestCheckpoint.checkpoint} ${formatDuration(now - newestCheckpoint.startedAt)} ago`);
    }
    this.#terminal.status(parts.join(", "));
    if (!this.#terminal.isInteractive && ++this.#ticks % 10 === 0) this.#terminal.say(parts.join(", "));
  }
}
