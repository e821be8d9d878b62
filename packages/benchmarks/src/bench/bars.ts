import type { InputMode } from "../nexmark/run-query.ts";

/** A figure that is to be reached, as a ratio where the other side is another program. */
export interface Bar {
  readonly bar: string;
  readonly of: string;
  readonly value: number;
  /** At least or at most this. */
  readonly atLeast: number | null;
  readonly atMost: number | null;
  readonly met: boolean;
}

/** What bars look at in a row of results. */
export interface BarredRow {
  readonly query: string;
  readonly mode: InputMode;
  readonly system: string;
  readonly recordsPerCpuSecond: number;
  readonly ofLimit: number | null;
  readonly stallP99Ms: number | null;
}

/**
 * Hazelcast Jet 5.6.0 exactly-once on decoded events, thousand events per CPU-second of the whole process; one core of another two-core
 * virtual machine (AMD EPYC), 5,000,000 events.
 */
const JET_EXACTLY_ONCE: Readonly<Record<string, number>> = { q5: 1_570, q11: 1_825, q17: 960, q18: 293 };
/** Flink 2.3.0 SQL on JSON Lines, the same machine, 1,000,000 events, start of the job included, which makes it up to two times too low. */
const FLINK_JSON_LINES: Readonly<Record<string, number>> = { q0: 89, q2: 213, q5: 112, q11: 156, q18: 112 };
/** By how much the naive program is to be beaten on JSON Lines. */
const TIMES_NAIVE: Readonly<Record<string, number>> = { q0: 4, q1: 4, q2: 4, q5: 8, q18: 8 };
const TIMES_JET = 5;
const TIMES_FLINK = 10;
const OF_HAND_WRITTEN = 0.4;
const STALL_P99_MS = 10;

export function atLeast(bar: string, of: string, value: number, wanted: number): Bar {
  return { bar, of, value, atLeast: wanted, atMost: null, met: value >= wanted };
}

export function atMost(bar: string, of: string, value: number, wanted: number): Bar {
  return { bar, of, value, atLeast: null, atMost: wanted, met: value <= wanted };
}

/** The bars that rows of Nexmark say something about. */
export function nexmarkBars(rows: readonly BarredRow[]): Bar[] {
  return rows.filter(({ system }) => system === "engine").flatMap(barsOf);
}

function barsOf({ query, mode, recordsPerCpuSecond, ofLimit, stallP99Ms }: BarredRow): Bar[] {
  const of = `${query} ${mode}`;
  const bars: Bar[] = [];
  const jet = JET_EXACTLY_ONCE[query];
  const flink = FLINK_JSON_LINES[query];
  const naive = TIMES_NAIVE[query];
  if (mode === "columns") {
    if (jet !== undefined) bars.push(atLeast("times Jet exactly-once", of, recordsPerCpuSecond / 1e3 / jet, TIMES_JET));
    if (ofLimit !== null) bars.push(atLeast("of the hand-written loop", of, ofLimit, OF_HAND_WRITTEN));
  }
  if (mode === "jsonl") {
    if (flink !== undefined) {
      bars.push(atLeast("times Flink's JSON Lines", of, recordsPerCpuSecond / 1e3 / flink, TIMES_FLINK));
    }
    if (naive !== undefined && ofLimit !== null) bars.push(atLeast("times the naive program", of, ofLimit, naive));
  }
  if (stallP99Ms !== null) bars.push(atMost("stall p99, ms", of, stallP99Ms, STALL_P99_MS));
  return bars;
}

/** Bars as lines to read: value, what is wanted, met or not. */
export function barLines(bars: readonly Bar[]): string {
  const lines = bars.map(({ bar, of, value, atLeast: least, atMost: most, met }) => {
    const wanted = least === null ? `at most ${most}` : `at least ${least}`;
    return [of, bar, value.toFixed(value < 10 ? 2 : 0), wanted, met ? "met" : "NOT MET"];
  });
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const met = bars.filter((bar) => bar.met).length;
  const text = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${text.join("\n")}\n${met} of ${bars.length} bars met\n`;
}
