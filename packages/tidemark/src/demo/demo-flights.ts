import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { DEMO_DATA } from "./settings.ts";

/** A shipped flight. */
export interface DemoFlight {
  /** Scheduled departure. */
  readonly date: string;
  /** In minutes. */
  readonly delay: number;
}

/** The shipped flights, in the order in which they left. */
export async function readDemoFlights(): Promise<DemoFlight[]> {
  const flights: DemoFlight[] = [];
  for await (const line of createInterface(createReadStream(DEMO_DATA).pipe(createGunzip()))) {
    flights.push(JSON.parse(line) as DemoFlight);
  }
  return flights;
}

/** When a flight left, epoch ms: the clock of the replay. */
export function departureOf({ date, delay }: DemoFlight): number {
  return Date.parse(date) + delay * 60_000;
}
