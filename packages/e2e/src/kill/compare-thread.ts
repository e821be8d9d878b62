import { workerData } from "node:worker_threads";
import { ClicksJob } from "./clicks-job.ts";
import { ExpectedOutput } from "./expected-output.ts";
import { makeClicks } from "./input.ts";

/** A finished job's folder, and the clicks that it read. */
export interface OutputToCompare {
  readonly folder: string;
  readonly records: number;
  readonly seed: number;
}

// The thread of a kill test: compares a job's output with the reference's and throws, which ends both, if they differ.
const { folder, records, seed } = workerData as OutputToCompare;
await new ExpectedOutput(makeClicks(records, seed)).assertOutputOf(new ClicksJob({ folder, input: "" }));
