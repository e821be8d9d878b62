/** A row of the demo's hourly output. */
export interface HourlyRow {
  readonly key: string;
  readonly window: { readonly start: number };
  readonly n: number;
  readonly mean: number;
  readonly p95: number;
}

/** An airport over all its hours. */
export interface AirportTotals {
  readonly airport: string;
  readonly flights: number;
  readonly hours: number;
  readonly meanDelay: number;
  readonly worstP95: number;
}

/** What the hourly output says about each airport. */
export class Airports {
  /** Newest revision per airport and hour, so that a correction replaces what it corrects. */
  readonly #hours = new Map<string, Map<number, HourlyRow>>();

  add(row: HourlyRow): void {
    const hours = this.#hours.get(row.key) ?? new Map<number, HourlyRow>();
    this.#hours.set(row.key, hours.set(row.window.start, row));
  }

  /** The airports with the most flights. */
  busiest(count: number): AirportTotals[] {
    return [...this.#hours]
      .map(([airport, hours]) => totals(airport, [...hours.values()]))
      .sort((a, b) => b.flights - a.flights || (a.airport < b.airport ? -1 : 1))
      .slice(0, count);
  }
}

function totals(airport: string, hours: readonly HourlyRow[]): AirportTotals {
  const flights = hours.reduce((sum, { n }) => sum + n, 0);
  const delay = hours.reduce((sum, { n, mean }) => sum + n * mean, 0);
  const worstP95 = hours.reduce((worst, { p95 }) => Math.max(worst, p95), -Infinity);
  return { airport, flights, hours: hours.length, meanDelay: delay / flights, worstP95 };
}
