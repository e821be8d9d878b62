// Makes packages/tidemark/data/flights.jsonl.gz from the npm package vega-datasets: 20,000 US flights of 2001, in the order in which
// they left (scheduled time + delay), so that event time (the schedule) is out of order as it really was.
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

interface Flight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

const root = new URL("../", import.meta.url);
const flights = JSON.parse(
  readFileSync(new URL("node_modules/vega-datasets/data/flights-20k.json", root), "utf8"),
) as Flight[];
// "2001/01/10 18:20" is read as local time by Date.parse; as UTC it is the same on every machine.
const rows = flights.map((flight) => ({
  ...flight,
  date: `${flight.date.replaceAll("/", "-").replace(" ", "T")}:00Z`,
}));
const leftAt = (flight: Flight): number => Date.parse(flight.date) + flight.delay * 60_000;
rows.sort((a, b) => leftAt(a) - leftAt(b));
const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const target = new URL("packages/tidemark/data/flights.jsonl.gz", root);
writeFileSync(target, gzipSync(text, { level: 9 }));
console.log(`${rows.length} flights, ${text.length} bytes of JSON Lines, written to ${target.pathname}`);
