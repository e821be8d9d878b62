import { defineConfig, jsonl, type TidemarkConfig } from "@tidemark/engine";
import { paced } from "@tidemark/engine/connector";
import { demoSettings } from "./settings.ts";

const { folder, recordsPerSecond, data } = demoSettings();
const flights = jsonl(data);
if (flights.source === undefined) throw new Error("jsonl is a source");

/** Binds the flights pipeline to the shipped data and to files in the demo's folder. */
const config: TidemarkConfig = defineConfig({
  parallelism: 2,
  stateDirectory: `${folder}/state`,
  checkpoint: { every: "500ms" },
  bind: {
    flights: { description: flights.description, source: paced(flights.source, recordsPerSecond) },
    hourly: jsonl(`${folder}/hourly.jsonl`),
    "too-late": jsonl(`${folder}/too-late.jsonl`),
    bursts: jsonl(`${folder}/bursts.jsonl`),
  },
});

export default config;
