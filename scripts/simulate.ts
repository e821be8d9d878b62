/**
 * `npm run simulate -- --seeds 100000`: runs seeds of the simulator's scenarios on worker threads, and says what they violate.
 *
 *   --seeds N     how many; default 2,000
 *   --from N      the first; default a random one, which is printed
 *   --seed N      one seed, with its timeline and, if it fails, its simplest form
 *   --workers N   threads; default 2
 *   --json        the summary as JSON on standard output
 *   --quiet       no progress
 *
 * Progress goes to standard error. Exit code 0 only if no seed violates anything, 1 if one does, 2 for wrong arguments.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { failureText, notReached, runSeed, scenarioOf, shrink, shrunkText, type RunReport } from "@tidemark/simulator";

/** What a worker says of one seed, or that it is there. */
type WorkerMessage = { readonly kind: "ready" } | { readonly kind: "done"; readonly reports: readonly RunReport[] };

/** Seeds that a worker gets at once. */
const CHUNK = 20;
/** Failing seeds that are printed; all are counted. */
const FAILURES_SHOWN = 20;
const PROGRESS_EVERY_MS = 1_000;

const drain = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) return 2;
  return options.seed === null ? search(options) : replay(options.seed, options.json);
}

interface SearchOptions {
  readonly seed: number | null;
  readonly seeds: number;
  readonly from: number;
  readonly workers: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

function readOptions(): SearchOptions | null {
  const known = {
    seed: { type: "string" },
    seeds: { type: "string" },
    from: { type: "string" },
    workers: { type: "string" },
    json: { type: "boolean" },
    quiet: { type: "boolean" },
  } as const;
  try {
    const { values } = parseArgs({ options: known });
    const number = (name: "seed" | "seeds" | "from" | "workers", least: number): number | null => {
      const given = values[name];
      if (given === undefined) return null;
      const value = Number(given);
      if (!Number.isSafeInteger(value) || value < least)
        throw new Error(`--${name} takes a whole number from ${least}, not "${given}"`);
      return value;
    };
    return {
      seed: number("seed", 0),
      seeds: number("seeds", 1) ?? 2_000,
      from: number("from", 0) ?? randomInt(2 ** 40),
      workers: number("workers", 1) ?? 2,
      json: values.json ?? false,
      quiet: values.quiet ?? false,
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return null;
  }
}

/** One seed, twice: as it is, and in its simplest form if it fails. */
async function replay(seed: number, json: boolean): Promise<number> {
  const scenario = scenarioOf(seed);
  const report = await runSeed(scenario, seed, { drain, timeline: true });
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(`${report.timeline.join("\n")}\n${failureText(report)}\ntrace ${report.traceHash}\n`);
  if (report.violations.length === 0) return 0;
  const shrunk = await shrink(scenario, seed, { drain });
  if (shrunk !== null && !json) process.stdout.write(`${shrunkText(shrunk)}\n`);
  return 1;
}

async function search(options: SearchOptions): Promise<number> {
  const { seeds, from, quiet, json, workers } = options;
  const summary = new Summary(seeds);
  if (!quiet) process.stderr.write(`seeds ${from} to ${from + seeds - 1}\n`);
  const progress = setInterval(() => {
    if (!quiet) process.stderr.write(`${summary.progress()}\n`);
  }, PROGRESS_EVERY_MS);
  let next = from;
  const take = (): readonly number[] => {
    const chunk = Array.from({ length: Math.min(CHUNK, from + seeds - next) }, (_, index) => next + index);
    next += chunk.length;
    return chunk;
  };
  await Promise.all(Array.from({ length: Math.min(workers, seeds) }, () => runWorker(take, summary)));
  clearInterval(progress);
  if (!quiet) process.stderr.write(`${summary.progress()}\n`);
  process.stdout.write(json ? `${JSON.stringify(summary.json(from))}\n` : summary.text());
  return summary.isClean ? 0 : 1;
}

/** One thread, until there are no more seeds; whatever breaks it is a violation of the seeds that it had. */
function runWorker(take: () => readonly number[], summary: Summary): Promise<void> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL(import.meta.url), { execArgv: ["--conditions=@tidemark/source"] });
    let current: readonly number[] = [];
    let isOver = false;
    const go = (): void => {
      current = take();
      if (current.length === 0) {
        isOver = true;
        worker.postMessage(null);
      } else worker.postMessage(current);
    };
    worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "done") for (const report of message.reports) summary.add(report);
      go();
    });
    worker.on("error", (error: Error) => {
      summary.broken(current, error);
    });
    worker.on("exit", () => {
      if (!isOver && current.length === 0) summary.broken([], new Error("a worker ended before it began"));
      resolve();
    });
  });
}

function work(): void {
  const port = parentPort;
  if (port === null) return;
  port.on("message", (seeds: readonly number[] | null) => {
    if (seeds === null) port.close();
    else void runAll(seeds).then((reports) => port.postMessage({ kind: "done", reports } satisfies WorkerMessage));
  });
  port.postMessage({ kind: "ready" } satisfies WorkerMessage);
}

async function runAll(seeds: readonly number[]): Promise<readonly RunReport[]> {
  const reports: RunReport[] = [];
  for (const seed of seeds) reports.push(await runSeed(scenarioOf(seed), seed, { drain }));
  return reports;
}

/** What came of the seeds so far. */
class Summary {
  readonly #total: number;
  readonly #startedMs = performance.now();
  readonly #reached: Record<string, number> = {};
  readonly #failures: RunReport[] = [];
  readonly #broken: string[] = [];
  #done = 0;
  #failed = 0;
  #crashes = 0;
  #checkpoints = 0;
  #virtualMs = 0;

  constructor(total: number) {
    this.#total = total;
  }

  get isClean(): boolean {
    return this.#failed === 0 && this.#broken.length === 0 && this.#done === this.#total;
  }

  add(report: RunReport): void {
    this.#done++;
    this.#crashes += report.crashes;
    this.#checkpoints += report.checkpoints;
    this.#virtualMs += report.virtualMs;
    for (const [name, times] of Object.entries(report.reached))
      this.#reached[name] = (this.#reached[name] ?? 0) + times;
    if (report.violations.length === 0) return;
    this.#failed++;
    if (this.#failures.length >= FAILURES_SHOWN) return;
    this.#failures.push(report);
    process.stderr.write(`${failureText(report)}\n`);
  }

  /** A thread died: an error that nobody caught, such as an unhandled rejection. */
  broken(seeds: readonly number[], error: Error): void {
    const text = `one of the seeds ${seeds[0] ?? "?"} to ${seeds.at(-1) ?? "?"} broke its thread: ${error.stack ?? error.message}`;
    this.#broken.push(text);
    process.stderr.write(`${text}\n`);
  }

  progress(): string {
    const seconds = (performance.now() - this.#startedMs) / 1_000;
    const rate = this.#done / Math.max(seconds, 0.001);
    const left = rate > 0 ? `${Math.ceil((this.#total - this.#done) / rate)} s left` : "starting";
    return `${this.#done} of ${this.#total} seeds, ${rate.toFixed(1)} seeds/s, ${left}, ${this.#failed} failed`;
  }

  json(from: number): Record<string, unknown> {
    const seconds = (performance.now() - this.#startedMs) / 1_000;
    return {
      from,
      seeds: this.#done,
      failed: this.#failed,
      failures: this.#failures.map(({ seed, scenario, violations }) => ({ seed, scenario, violations })),
      broken: this.#broken,
      crashes: this.#crashes,
      checkpoints: this.#checkpoints,
      virtualMs: Math.round(this.#virtualMs),
      seconds: Math.round(seconds * 10) / 10,
      reached: this.#reached,
      notReached: notReached(this.#reached),
    };
  }

  text(): string {
    const hours = (this.#virtualMs / 3_600_000).toFixed(1);
    const missed = notReached(this.#reached);
    return [
      `${this.#done} seeds, ${this.#failed} failed, ${this.#broken.length} threads broken`,
      `${this.#crashes} crashes, ${this.#checkpoints} checkpoints, ${hours} virtual hours`,
      `never reached: ${missed.length === 0 ? "nothing" : missed.join(", ")}`,
      "",
    ].join("\n");
  }
}

if (isMainThread) process.exitCode = await main();
else work();
