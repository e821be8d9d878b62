import { measureKeys, type KeysTask } from "./keys.ts";
import { measure, type Task } from "./measure.ts";
import { measurePipelines, type PipelinesTask } from "./pipelines.ts";

// The child of measure-process.ts: one task in, one measurement out.
const task = JSON.parse(process.argv[2] ?? "") as Task | PipelinesTask | KeysTask;
process.stdout.write(JSON.stringify(await measured(task)));

function measured(given: typeof task): Promise<object> {
  if (!("bench" in given)) return measure(given);
  return given.bench === "keys" ? measureKeys(given) : measurePipelines(given);
}
