import { pipelineError } from "../graph/pipeline-error.ts";

/**
 * Refuses what cannot be a step's function, with TM_PIPELINE: steps are synchronous, and an async or generator function would
 * return an object that nobody awaits or reads.
 */
export function checkFunction(fn: unknown, what: string, pipeline: string | undefined): void {
  if (typeof fn !== "function") {
    throw pipelineError(`${what} needs a function, not ${fn === null ? "null" : `a value of type ${typeof fn}`}`, {
      pipeline,
    });
  }
  const kind = Object.prototype.toString.call(fn).slice("[object ".length, -1);
  if (kind === "Function") return;
  const instead = kind.startsWith("Async")
    ? `steps are synchronous, so an ${kind} cannot be one`
    : `a ${kind} returns an iterator that nobody reads; return an array`;
  throw pipelineError(`${what} needs a plain function: ${instead}`, { pipeline });
}
