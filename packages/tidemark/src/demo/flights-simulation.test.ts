import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "@tidemark/simulator";
import flights from "./flights.ts";

test("the flights of the demo survive a hundred seeds", async () => {
  const report = await simulate(flights, {
    seeds: 100,
    // Late flights have an output of their own.
    inputs: { flights: (random) => departures(random) },
  });
  assert.ok(report.crashes > 0);
});

/** Flights of three airports in the order in which they left, some of them hours late. */
function departures(random: () => number): unknown[] {
  let at = Date.UTC(2001, 0, 1);
  return Array.from({ length: 40 }, () => {
    at += Math.floor(random() * 1_200_000);
    const delay = random() < 0.2 ? Math.floor(random() * 600) : Math.floor(random() * 20) - 5;
    const date = new Date(at - delay * 60_000).toISOString();
    return { date, delay, distance: 100, origin: ["SFO", "LAX", "ORD"][Math.floor(random() * 3)], destination: "SEA" };
  });
}
