import { start, type Job, type JobEvent, type JobResult } from "@tidemark/engine";
import { jobFacts } from "@tidemark/engine/inspect";
import { EXIT } from "./failure.ts";
import { configUrl, fileUrl, readBindings, readSettings, type JobFlags } from "./settings.ts";
import { formatBytes, formatCount, formatDuration, formatTime, type Terminal } from "./terminal.ts";

export interface RunFlags extends JobFlags {
  readonly json?: boolean;
  readonly shutdownTimeout: string;
}

/** `tidemark run FILE`: runs a pipeline file until its input ends or a signal comes; returns the exit code. */
export async function runCommand(file: string, flags: RunFlags, terminal: Terminal): Promise<number> {
  const { settings } = readSettings(flags);
  const config = configUrl(flags.config);
  const startedAt = Date.now();
  const { job, result } = await start(fileUrl(file), {
    ...settings,
    bind: readBindings(flags.bind),
    ...(config !== undefined && { config }),
    onEvent: (event) => {
      sayEvent(event, terminal);
    },
  });
  if (job === null) {
    const ended = await result;
    terminal.say(`nothing to do: all input was processed by checkpoint ${ended.checkpoint}; remove the state directory to run it afresh`);
    return finish(ended, startedAt, flags, terminal);
  }
  const signals = stopOnSignals(job, Number.parseFloat(flags.shutdownTimeout) * 1_000, terminal);
  const ticker = showProgress(job, terminal);
  try {
    return finish(await result, startedAt, flags, terminal);
  } finally {
    ticker();
    signals();
  }
}

function finish(result: JobResult, startedAt: number, flags: RunFlags, terminal: Terminal): number {
  const elapsedMs = Date.now() - startedAt;
  if (flags.json === true) terminal.result(JSON.stringify({ ...result, elapsedMs }));
  terminal.say(`${result.outcome}: ${formatCount(result.records)} records, checkpoint ${result.checkpoint}, ${formatDuration(elapsedMs)}`);
  return EXIT.ok;
}

function sayEvent(event: JobEvent, terminal: Terminal): void {
  switch (event.kind) {
    case "restored":
      for (const { checkpoint, why } of event.skipped) terminal.say(terminal.style("yellow", `passed over checkpoint ${checkpoint}: ${why}`));
      terminal.say(`going on from checkpoint ${event.checkpoint}, the newest that is whole (${formatCount(event.records)} records)`);
      return;
    case "started":
      terminal.say(event.fresh ? "running from the beginning" : "running");
      return;
    case "checkpoint":
      if (!terminal.isInteractive && event.summary.reason !== "interval") {
        terminal.say(`checkpoint ${event.summary.checkpoint} (${event.summary.reason}): ${formatBytes(event.summary.sizeBytes)} in ${formatDuration(event.summary.durationMs)}`);
      }
      return;
    case "input-ended":
      terminal.say("all input is read; taking the last checkpoint");
      return;
  }
}

/** First signal: last checkpoint, exit 0. Second, or past the deadline: exit at once; the newest checkpoint stays. */
function stopOnSignals(job: Job, timeoutMs: number, terminal: Terminal): () => void {
  let isStopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    const exitCode = signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
    if (isStopping) process.exit(exitCode);
    isStopping = true;
    terminal.say(`${signal}: taking a last checkpoint (again to exit at once)`);
    setTimeout(() => {
      terminal.say("the last checkpoint took too long; the job goes on from the one before when it is started again");
      process.exit(exitCode);
    }, timeoutMs).unref();
    // A failure settles the job's result, which the command reports.
    job.stop().catch(() => undefined);
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  return () => {
    process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
  };
}

/** A status line each second on a terminal, a plain line each ten seconds elsewhere. */
function showProgress(job: Job, terminal: Terminal): () => void {
  let before = { at: Date.now(), records: 0 };
  let ticks = 0;
  const tick = async (): Promise<void> => {
    const facts = await jobFacts(job);
    if (facts.tasks.length === 0) return;
    const now = Date.now();
    const rate = ((facts.recordsRead - before.records) / (now - before.at)) * 1_000;
    before = { at: now, records: facts.recordsRead };
    const time = typeof facts.watermark === "number" ? `, event time ${formatTime(facts.watermark)}` : "";
    const checkpoint = facts.newestCheckpoint === null ? "" : `, checkpoint ${facts.newestCheckpoint.checkpoint} ${formatDuration(now - facts.newestCheckpoint.startedAt)} ago`;
    const line = `${formatCount(facts.recordsRead)} records, ${formatCount(rate)}/s${time}${checkpoint}`;
    terminal.status(line);
    if (!terminal.isInteractive && ++ticks % 10 === 0) terminal.say(line);
  };
  const timer = setInterval(() => {
    void tick();
  }, 1_000);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
