import { pipelineError } from "./pipeline-error.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const GENERATED = /^(?:map|filter|flatMap|merge|keyBy)-\d+$/;

/**
 * Checks a name that a user chose. Pipelines, ports and stable ids appear in file names, in `--bind PORT=KIND:ARG` and
 * in checkpoints, so they are 1 to 64 letters, digits, `.`, `_`, `-` and begin with a letter or digit. TM_PIPELINE otherwise.
 */
export function checkName(name: unknown, what: string, pipeline: string | undefined): asserts name is string {
  if (typeof name === "string" && NAME.test(name)) return;
  const given = typeof name === "string" ? JSON.stringify(name) : `a value of type ${typeof name}`;
  throw pipelineError(
    `${what} needs a name of 1 to 64 letters, digits, ".", "_" or "-" that begins with a letter or digit, not ${given}`,
    { pipeline },
  );
}

/** True for names such as "map-3", which the graph gives to steps without a stable id. */
export function isGeneratedName(name: string): boolean {
  return GENERATED.test(name);
}
