import { join } from "node:path";
import { formatCount, formatDuration, formatTime, table, type Terminal } from "../cli/terminal.ts";
import { Airports, type HourlyRow } from "./airports.ts";
import { CommittedLines } from "./committed-lines.ts";
import type { DemoEngine } from "./demo-engine.ts";
import { departureOf, type DemoFlight } from "./demo-flights.ts";

const AIRPORTS_SHOWN_MAX = 12;
const NOTES_SHOWN_MAX = 4;
const RATE_MS = 3_000;
/** Lines of the picture that are neither airports nor notes. */
const OTHER_LINES = 8;

/**
 * Draws the demo: a live table on a terminal, a plain line a second elsewhere. Counts of airports come from committed output only, read
 * as any reader of the file would.
 */
export class DemoView {
  /** Rejects if the output cannot be read. */
  readonly failed: Promise<never>;
  readonly #engine: DemoEngine;
  readonly #flights: readonly DemoFlight[];
  readonly #terminal: Terminal;
  readonly #isWatched: boolean;
  readonly #tail: CommittedLines;
  readonly #airports = new Airports();
  readonly #notes: string[] = [];
  readonly #failure = Promise.withResolvers<never>();
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> | null = null;
  #linesDrawn = 0;
  /** Where the engine stood over the last RATE_MS, oldest first. */
  #samples: { readonly at: number; readonly records: number }[] = [];

  constructor(options: {
    folder: string;
    engine: DemoEngine;
    flights: readonly DemoFlight[];
    terminal: Terminal;
    isWatched: boolean;
  }) {
    this.#engine = options.engine;
    this.#flights = options.flights;
    this.#terminal = options.terminal;
    this.#isWatched = options.isWatched;
    this.#tail = new CommittedLines(join(options.folder, "hourly.jsonl"));
    this.failed = this.#failure.promise;
    // Whoever runs the demo awaits it; until then it must not end the process.
    this.failed.catch(() => undefined);
  }

  start(): void {
    const tick = (): void => {
      // A slow disk must not have two of them read the same lines.
      this.#ticking ??= this.#tick()
        .catch((error: unknown) => {
          this.#failure.reject(error);
        })
        .finally(() => {
          this.#ticking = null;
        });
    };
    this.#timer = setInterval(tick, this.#isWatched ? 250 : 1_000);
    if (this.#isWatched) process.stderr.on("resize", this.#onResize);
  }

  /** Shows the last state and stops. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    process.stderr.off("resize", this.#onResize);
    await this.#ticking;
    if (this.#isWatched) await this.#tick();
  }

  /** Keeps a line in sight. */
  say(text: string): void {
    if (this.#isWatched) this.#notes.push(text);
    else this.#terminal.say(text);
  }

  async #tick(): Promise<void> {
    for (const line of await this.#tail.read()) this.#airports.add(JSON.parse(line) as HourlyRow);
    const at = Date.now();
    this.#samples.push({ at, records: this.#engine.records });
    while ((this.#samples[0]?.at ?? at) < at - RATE_MS) this.#samples.shift();
    if (this.#isWatched) this.#draw();
    else this.#terminal.say(`${this.#progress()} · ${this.#eventTime()} · ${this.#checkpoint()}`);
  }

  /** Records a second, lately; batches arrive in steps. */
  #rate(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at === first.at) return 0;
    return (1_000 * Math.max(0, last.records - first.records)) / (last.at - first.at);
  }

  #progress(): string {
    const { records, phase } = this.#engine;
    const total = this.#flights.length;
    const left = total - records;
    const done = `${formatCount(records)} of ${formatCount(total)} flights`;
    switch (phase) {
      case "starting":
        return `${done}, the engine is starting`;
      case "killed":
        return `${done}, the engine is dead`;
      case "finished":
        return done;
      case "running": {
        const rate = this.#rate();
        const eta = rate > 0 && left > 0 ? `, ${formatDuration((left / rate) * 1_000)} left` : "";
        return `${done}, ${formatCount(rate)}/s${eta}`;
      }
    }
  }

  /** The watermark, and how far it lies behind the clock of the replay: when the last flight left. */
  #eventTime(): string {
    const { watermark, records } = this.#engine;
    const last = this.#flights[Math.min(records, this.#flights.length) - 1];
    if (watermark === null || last === undefined) return "event time unknown yet";
    const delay = Math.max(0, departureOf(last) - watermark);
    return `event time ${formatTime(watermark)}, ${formatDuration(delay)} behind`;
  }

  #checkpoint(): string {
    const { checkpoint } = this.#engine;
    if (checkpoint === null) return "no checkpoint yet";
    const age = formatDuration(Date.now() - checkpoint.at);
    return `checkpoint ${checkpoint.id} in ${formatDuration(checkpoint.durationMs)}, ${age} ago`;
  }

  #draw(): void {
    const { columns = 80, rows = 24 } = process.stderr;
    const notes = this.#notes.slice(-NOTES_SHOWN_MAX);
    const shown = Math.max(1, Math.min(AIRPORTS_SHOWN_MAX, rows - OTHER_LINES - notes.length - 1));
    const airports = this.#airports
      .busiest(shown)
      .map(({ airport, flights, hours, meanDelay, worstP95 }) => [
        airport,
        flights,
        hours,
        Math.round(meanDelay),
        Math.round(worstP95),
      ]);
    const cut = (line: string): string => line.slice(0, columns - 1);
    const lines = [
      this.#terminal.style("bold", cut(this.#progress())),
      cut(this.#eventTime()),
      cut(this.#checkpoint()),
      "",
      ...table(["airport", "flights", "hours", "mean delay, min", "worst p95, min"], airports).split("\n").map(cut),
      "",
      ...notes.map(cut),
      this.#terminal.style("dim", cut("k kills the engine process (SIGKILL) · q quits")),
    ];
    const up = this.#linesDrawn > 0 ? `\u001b[${this.#linesDrawn}A\r` : "";
    process.stderr.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join("")}\u001b[0J`);
    this.#linesDrawn = lines.length;
  }

  /** What was drawn may have wrapped: begin on an empty screen. */
  readonly #onResize = (): void => {
    process.stderr.write("\u001b[2J\u001b[H");
    this.#linesDrawn = 0;
  };
}
