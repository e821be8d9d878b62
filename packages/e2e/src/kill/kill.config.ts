import { defineConfig, jsonl } from "tidemark";
import { paced } from "@tidemark/engine/connector";

const folder = process.env["KILL_FOLDER"] ?? "";
const clicks = jsonl(process.env["KILL_INPUT"] ?? `${folder}/clicks.jsonl`);
if (clicks.source === undefined) throw new Error("jsonl is a source");

export default defineConfig({
  parallelism: 2,
  stateDirectory: `${folder}/state`,
  checkpoint: { every: "50ms", retained: 2 },
  bind: {
    // Slow enough that all kills fall into one pass over the input.
    clicks: { description: "paced clicks", source: paced(clicks.source, Number(process.env["KILL_RATE"] ?? "15000")) },
    "per-minute": jsonl(`${folder}/per-minute.jsonl`),
    hopping: jsonl(`${folder}/hopping.jsonl`),
    sessions: jsonl(`${folder}/sessions.jsonl`),
    sprees: jsonl(`${folder}/sprees.jsonl`),
    late: jsonl(`${folder}/late.jsonl`),
  },
});
