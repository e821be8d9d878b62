import { open } from "node:fs/promises";
import { join } from "node:path";
import { formatCount, formatDuration, formatTime, table, type Terminal } from "../cli/terminal.ts";
import type { DemoEngine } from "./demo-engine.ts";

interface HourlyRow {
  readonly key: string;
  readonly window: { readonly start: number };
  readonly n: number;
  readonly mean: number;
  readonly p95: number;
}
interface Airport {
  flights: number;
  delaySum: number;
  worstP95: number;
  /** Newest revision per hour, so that corrections replace what they correct. */
  readonly hours: Map<number, HourlyRow>;
}

const AIRPORTS_SHOWN = 12;
const TOTAL_RECORDS = 20_000;

/** Draws the demo: a live table on a terminal, a plain line a second elsewhere. Shows committed output only, as any reader of the file would. */
export class DemoView {
  readonly #engine: DemoEngine;
  readonly #terminal: Terminal;
  readonly #isWatched: boolean;
  readonly #tail: CommittedLines;
  readonly #airports = new Map<string, Airport>();
  readonly #notes: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #linesDrawn = 0;
  #rate = 0;
  #before = { at: Date.now(), records: 0 };

  constructor(folder: string, engine: DemoEngine, terminal: Terminal, isWatched: boolean) {
    this.#engine = engine;
    this.#terminal = terminal;
    this.#isWatched = isWatched;
    this.#tail = new CommittedLines(join(folder, "hourly.jsonl"));
  }

  start(): void {
    this.#timer = setInterval(() => void this.#tick(), this.#isWatched ? 250 : 1_000);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Keeps a line in sight. */
  say(text: string): void {
    if (this.#isWatched) this.#notes.push(text);
    else this.#terminal.say(text);
  }

  async #tick(): Promise<void> {
    for (const line of await this.#tail.read()) this.#add(JSON.parse(line) as HourlyRow);
    const now = Date.now();
    const { records } = this.#engine;
    this.#rate = (1_000 * Math.max(0, records - this.#before.records)) / (now - this.#before.at);
    this.#before = { at: now, records };
    if (this.#isWatched) this.#draw();
    else this.#terminal.say(this.#statusLine());
  }

  #add(row: HourlyRow): void {
    const airport = this.#airports.get(row.key) ?? { flights: 0, delaySum: 0, worstP95: -Infinity, hours: new Map() };
    const corrected = airport.hours.get(row.window.start);
    airport.flights += row.n - (corrected?.n ?? 0);
    airport.delaySum += row.n * row.mean - (corrected === undefined ? 0 : corrected.n * corrected.mean);
    airport.worstP95 = Math.max(airport.worstP95, row.p95);
    airport.hours.set(row.window.start, row);
    this.#airports.set(row.key, airport);
  }

  #statusLine(): string {
    const { records, watermark, checkpoint, isDown } = this.#engine;
    const left = TOTAL_RECORDS - records;
    const eta = this.#rate > 0 && left > 0 ? `, ${formatDuration((left / this.#rate) * 1_000)} left` : "";
    const time = watermark === null ? "" : ` · event time ${formatTime(watermark)}`;
    const age = checkpoint === null ? "" : ` · checkpoint ${checkpoint.id}, ${formatDuration(Date.now() - checkpoint.at)} ago`;
    return `${isDown ? "down · " : ""}${formatCount(records)} of ${formatCount(TOTAL_RECORDS)} flights (${formatCount(this.#rate)}/s${eta})${time}${age}`;
  }

  #draw(): void {
    const busiest = [...this.#airports].sort(([a, x], [b, y]) => y.flights - x.flights || (a < b ? -1 : 1)).slice(0, AIRPORTS_SHOWN);
    const rows = busiest.map(([airport, { flights, delaySum, worstP95, hours }]) => [airport, flights, hours.size, Math.round(delaySum / flights), Math.round(worstP95)]);
    const text = [
      "",
      this.#terminal.style("bold", this.#statusLine()),
      "",
      table(["airport", "flights", "hours", "mean delay, min", "worst p95, min"], rows),
      "",
      ...this.#notes.slice(-4),
      this.#terminal.style("dim", "k kills the engine process (SIGKILL) · q quits"),
    ].join("\n");
    const lines = text.split("\n");
    process.stderr.write(`${this.#linesDrawn > 0 ? `\u001b[${this.#linesDrawn}A` : ""}${lines.map((line) => `\u001b[2K${line}\n`).join("")}\u001b[0J`);
    this.#linesDrawn = lines.length;
  }
}

/** Complete lines of a growing file, each once; a last line without newline is not there yet. */
class CommittedLines {
  readonly #path: string;
  #offset = 0;
  #rest = "";

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<string[]> {
    const file = await open(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
    if (file === null) return [];
    try {
      const { size } = await file.stat();
      const bytes = Buffer.alloc(size - this.#offset);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, this.#offset);
      this.#offset += bytesRead;
      const lines = (this.#rest + bytes.toString("utf8", 0, bytesRead)).split("\n");
      this.#rest = lines.pop() ?? "";
      return lines;
    } finally {
      await file.close();
    }
  }
}
