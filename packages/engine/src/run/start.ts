import { TidemarkError } from "../foundation/error.ts";
import type { Host } from "../host/host.ts";
import type { Binding } from "../connector/binding.ts";
import type { Pipeline } from "../dsl/pipeline.ts";
import type { Job } from "../job/job.ts";
import type { JobEvent, JobResult } from "../job/job-options.ts";
import { startJob } from "../job/start-job.ts";
import { planPhysicalGraph } from "../job/physical-graph.ts";
import { holdProcess } from "../node-host/keep-alive.ts";
import { processFacts } from "../node-host/process-facts.ts";
import { nodeHost } from "../node-host/node-host.ts";
import { memoryBackend } from "../state/memory-backend.ts";
import type { StateBackend } from "../state/state-backend.ts";
import { resolveBindings, type BindOptions } from "./bindings.ts";
import { loadConfig, loadPipeline } from "./load-pipeline.ts";
import { localWorkers } from "./local-workers.ts";
import { mergeSettings, settingsOf, type SettingsOptions } from "./settings.ts";
import { threadWorkers } from "./thread-workers.ts";

/** Options of {@link start}; settings are data, components (host, backend) behaviour. */
export interface StartOptions extends SettingsOptions {
  /** Bindings of ports; with a pipeline given by URL they must be specs, since threads cannot share objects. */
  readonly bind?: BindOptions;
  /** URL of a config file; its settings and bindings are the defaults under those given here. */
  readonly config?: URL | string;
  /** Called with what happens, as it happens. */
  readonly onEvent?: (event: JobEvent) => void;
  /** Default: this process. */
  readonly host?: Host;
  /** Default: in memory. Only with a pipeline object. */
  readonly backend?: StateBackend;
}

/** A job that was started. `job` is null if the state directory says that all input was processed before. */
export interface Started {
  readonly job: Job | null;
  /** How it ended; rejects with the error that stopped it. */
  readonly result: Promise<JobResult>;
}

/**
 * Starts a pipeline. Given as an object it runs in the calling thread; given as the URL of a file that exports it, each
 * subtask runs in a worker thread. It goes on from the newest whole checkpoint of its state directory. Rejects with TM_STATE_DIRECTORY_IN_USE,
 * TM_STATE_INCOMPATIBLE, TM_BINDING, TM_CONFIG or TM_CHECKPOINT_CORRUPT before any record is read.
 */
export async function start(pipeline: Pipeline | URL | string, options: StartOptions = {}): Promise<Started> {
  const isFile = typeof pipeline === "string" || pipeline instanceof URL;
  const loaded = isFile ? await loadPipeline(String(pipeline)) : pipeline;
  const configUrl = options.config === undefined ? null : String(options.config);
  const config = configUrl === null ? {} : await loadConfig(configUrl);
  const { graph } = loaded;
  const settings = settingsOf(graph.name, mergeSettings(config, options));
  const bindings = resolveBindings(graph, [config.bind ?? {}, options.bind ?? {}]);
  const host = options.host ?? nodeHost();
  const physical = planPhysicalGraph(graph);
  const subtasks = Array.from({ length: settings.parallelism }, (_, subtask) => subtask);
  const backend = backendOf(options.backend, settings.stateBytesMax);
  const started = await startJob({
    host,
    graph,
    physical,
    bindings,
    settings,
    ...(options.host === undefined && { owner: processFacts() }),
    workers: isFile ? subtasks.map((subtask) => [subtask]) : [subtasks],
    startWorker: isFile
      ? threadWorkers({
          host,
          pipelineUrl: String(pipeline),
          configUrl,
          specs: specsOf(options.bind ?? {}),
          stateBytesMax: settings.stateBytesMax,
          workers: settings.parallelism,
        })
      : localWorkers({ host, graph: physical, bindings, backend }),
    onEvent: options.onEvent ?? (() => undefined),
  });
  if ("job" in started) {
    if (options.host === undefined) holdUntil(started.job.result);
    return { job: started.job, result: started.job.result };
  }
  return { job: null, result: Promise.resolve(started.finished) };
}

function backendOf(given: StateBackend | undefined, stateBytesMax: number): StateBackend {
  if (given === undefined) return memoryBackend({ bytesMax: stateBytesMax });
  if (stateBytesMax === Infinity) return given;
  throw new TidemarkError(
    "TM_CONFIG",
    "stateBytesMax limits the default state backend; give the limit to the backend that `backend` names",
    { facts: { option: "stateBytesMax", given: stateBytesMax } },
  );
}

/** Timers of the host let the process end; a job that waits must not. */
function holdUntil(result: Promise<unknown>): void {
  const release = holdProcess();
  result.then(release, release);
}

/** Bindings as text, for threads. */
function specsOf(bind: BindOptions): Record<string, string> {
  const specs: Record<string, string> = {};
  for (const [port, binding] of Object.entries(bind) as [string, Binding | string][]) {
    if (typeof binding !== "string") {
      throw new TidemarkError(
        "TM_BINDING",
        `port "${port}" is bound to an object, which worker threads cannot share; give a spec such as "jsonl:FILE", bind it in a config file, or start the pipeline object itself`,
        {
          facts: { port },
        },
      );
    }
    specs[port] = binding;
  }
  return specs;
}
