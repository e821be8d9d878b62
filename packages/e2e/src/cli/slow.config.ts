// Binds ./flights.jsonl at SLOW_RATE records a second, so that a signal finds the job at work.
import { defineConfig, jsonl } from "tidemark";
import { paced } from "@tidemark/engine/connector";

const flights = jsonl("flights.jsonl");
if (flights.source === undefined) throw new Error("jsonl is a source");

export default defineConfig({
  checkpoint: { every: "50ms" },
  bind: {
    flights: { description: "slow flights", source: paced(flights.source, Number(process.env["SLOW_RATE"] ?? "1")) },
  },
});
