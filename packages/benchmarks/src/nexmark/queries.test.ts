import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { makeRows } from "./binary-rows.ts";
import { checkQuery } from "./check-query.ts";
import { openDataset, type Dataset } from "./dataset.ts";
import { openOracle, type Oracle } from "./oracle.ts";
import { QUERIES } from "./queries.ts";

// Either size spans 100 seconds of event time, so that windows fire and sessions end.
const IS_FULL = process.env["NEXMARK_FULL"] !== undefined;
const EVENTS = IS_FULL ? 1_000_000 : 20_000;
const GAP_MICROS = 100_000_000 / EVENTS;

for (const { order, groupSize, mode } of [
  { order: "in order", groupSize: 1, mode: "columns" },
  { order: "in order", groupSize: 1, mode: "rows" },
  // Within the four seconds that the queries allow for.
  { order: "out of order", groupSize: IS_FULL ? 1_000 : 500, mode: "jsonl" },
] as const) {
  describe(`${EVENTS} events ${order} as ${mode} give DuckDB's answers`, () => {
    let dataset: Dataset;
    let oracle: Oracle;
    before(async () => {
      dataset = openDataset({ events: EVENTS, groupSize, gapMicros: GAP_MICROS });
      await makeRows(dataset, ["persons", "auctions", "bids"]);
      oracle = await openOracle(dataset);
    });
    after(() => oracle.close());

    for (const query of QUERIES) {
      test(query.name, async () => {
        const { rows, differences, wrongRetractions } = await checkQuery(query, { dataset, oracle, mode });
        assert.deepEqual({ differences, wrongRetractions }, { differences: [], wrongRetractions: 0 });
        assert.ok(rows > 0, "the answer is not empty");
      });
    }

    test("another answer is noticed", async () => {
      for (const { name, sql } of [
        { name: "q2", sql: "SELECT auction, price FROM bids WHERE auction % 123 = 1" },
        {
          name: "q18",
          sql: "SELECT * FROM bids QUALIFY row_number() OVER (PARTITION BY bidder, auction ORDER BY rowid) = 1",
        },
      ]) {
        const query = QUERIES.find((known) => known.name === name);
        assert.ok(query !== undefined);
        const wrong = { ...query, answer: { ...query.answer, sql } };
        const { differences } = await checkQuery(wrong, { dataset, oracle, mode });
        assert.ok(differences.length > 0, name);
      }
    });
  });
}
