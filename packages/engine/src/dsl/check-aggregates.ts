import { pipelineError } from "../graph/pipeline-error.ts";

/** Refuses, with TM_PIPELINE, no aggregates at all, names that are the result's own fields, and values that are no aggregates. */
export function checkAggregates(id: string, aggregates: unknown, ownFields: readonly string[], pipeline: string): void {
  const entries = typeof aggregates === "object" && aggregates !== null ? Object.entries(aggregates) : [];
  if (entries.length === 0) {
    throw pipelineError(`aggregate "${id}" needs at least one named aggregate, such as { n: count() }`, { pipeline });
  }
  for (const [name, aggregate] of entries) {
    if (ownFields.includes(name)) {
      throw pipelineError(
        `aggregate "${id}" names a result "${name}", which its results have already; choose another name`,
        {
          pipeline,
        },
      );
    }
    if (typeof aggregate !== "object" || aggregate === null || !("create" in aggregate)) {
      throw pipelineError(
        `result "${name}" of aggregate "${id}" is no aggregate; write a call such as count() or sum((r) => r.n)`,
        {
          pipeline,
        },
      );
    }
  }
}
