import { pipelineError } from "../graph/pipeline-error.ts";

/**
 * Refuses what cannot be a step's function, with TM_PIPELINE: steps are synchronous, and an async or generator function would
 * return an object that nobody awaits or reads. `generators`: where the step reads iterables.
 */
export function checkFunction(
  fn: unknown,
  what: string,
  pipeline: string | undefined,
  { generators = false }: { readonly generators?: boolean } = {},
): void {
  if (typeof fn !== "function") {
    const given = fn === null ? "null" : `a value of type ${typeof fn}`;
    throw pipelineError(`${what} needs a function, not ${given}`, { pipeline });
  }
  const kind = Object.prototype.toString.call(fn).slice("[object ".length, -1);
  if (kind === "Function" || (generators && kind === "GeneratorFunction")) return;
  const instead = kind.startsWith("Async")
    ? `steps are synchronous, so an ${kind} cannot be one`
    : `a ${kind} returns an iterator that nobody reads`;
  throw pipelineError(`${what} needs a plain function: ${instead}`, { pipeline });
}
