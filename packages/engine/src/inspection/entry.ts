export { listCheckpoints, type CheckpointListing } from "../checkpoint/list-checkpoints.ts";
export type { Manifest } from "../checkpoint/manifest.ts";
export { verifyCheckpoint } from "../checkpoint/verify-checkpoint.ts";
export { graphJson } from "../graph/graph-json.ts";
export { graphMermaid } from "../graph/graph-mermaid.ts";
export { graphText } from "../graph/graph-text.ts";
export type { TaskFacts } from "../job/worker-protocol.ts";
export type { WatermarkHolder, WatermarkJson } from "../time/watermark-holder.ts";
export { jobFacts, type JobFacts } from "./job-facts.ts";
