export { jobFacts, type JobFacts } from "./job-facts.ts";
export type { TaskFacts } from "../job/worker-protocol.ts";
export type { WatermarkHolder, WatermarkJson } from "../time/watermark-holder.ts";
