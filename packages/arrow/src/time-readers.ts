import { DataType, DateUnit, TimeUnit, type Data } from "apache-arrow";
import { cellsOf, halvesOf } from "./number-readers.ts";
import { texts } from "./text-readers.ts";
import type { ReadCells } from "./row-range.ts";

/** Units of a time in a millisecond (above 1), or milliseconds in a unit. */
export interface TimeScale {
  readonly perMs: number;
  readonly ms: number;
  readonly isWide: boolean;
}

const UNITS: Readonly<Record<TimeUnit, TimeScale>> = {
  [TimeUnit.SECOND]: { perMs: 1, ms: 1_000, isWide: true },
  [TimeUnit.MILLISECOND]: { perMs: 1, ms: 1, isWide: true },
  [TimeUnit.MICROSECOND]: { perMs: 1_000, ms: 1, isWide: true },
  [TimeUnit.NANOSECOND]: { perMs: 1_000_000, ms: 1, isWide: true },
};
const DAYS: TimeScale = { perMs: 1, ms: 86_400_000, isWide: false };

/** The scale of a type that is a point in time; null for any other. */
export function unitMs(type: DataType): TimeScale | null {
  if (DataType.isTimestamp(type)) return UNITS[type.unit];
  if (DataType.isDate(type)) return type.unit === DateUnit.DAY ? DAYS : UNITS[TimeUnit.MILLISECOND];
  return null;
}

/** Times as epoch milliseconds, or as texts of ISO 8601. What is finer than a millisecond is a fraction of one. */
export function readTimes(scale: TimeScale, asText: boolean): ReadCells {
  return (data, range) => {
    const { from, rows, presence } = range;
    const times = scale.isWide ? wideTimes(data, from, rows, scale) : days(data, from, rows);
    if (!asText) return { kind: "float64", presence, values: times };
    return texts(
      Array.from(times, (ms, row) => (presence === null || presence[row] === 0 ? isoText(ms) : "")),
      presence,
    );
  };
}

function days(data: Data, from: number, rows: number): Float64Array {
  return Float64Array.from(cellsOf(data, from, rows), (day) => day * DAYS.ms);
}

function wideTimes(data: Data, from: number, rows: number, { perMs, ms }: TimeScale): Float64Array {
  const halves = halvesOf(data, from, rows);
  const times = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const high = halves[2 * row + 1] as number;
    const low = (halves[2 * row] as number) >>> 0;
    times[row] = perMs === 1 ? (high * 4_294_967_296 + low) * ms : divided(high, low, perMs);
  }
  return times;
}

/** (high · 2³² + low) / by, exact where the result is whole: the number itself may have more digits than a double. */
function divided(high: number, low: number, by: number): number {
  const whole = Math.floor(high / by);
  const rest = (high - whole * by) * 4_294_967_296 + low;
  return whole * 4_294_967_296 + rest / by;
}

/** What no date can be stays a number, for the schema to judge. */
function isoText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
