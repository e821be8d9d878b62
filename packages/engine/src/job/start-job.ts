import { TidemarkError } from "../foundation/error.ts";
import { makeDurableDirectory } from "../host/durable-directory.ts";
import type { CheckpointStore } from "../checkpoint/checkpoint-store.ts";
import { openCheckpointStore } from "../checkpoint/open-checkpoint-store.ts";
import type { Manifest } from "../checkpoint/manifest.ts";
import { DEAD_LETTER_PORT, type LogicalGraph } from "../graph/logical-graph.ts";
import type { CommittedSink } from "./checkpoint-coordinator.ts";
import type { JobOptions, JobResult } from "./job-options.ts";
import { Job } from "./job.ts";
import { checkCompatible, refuseNewInput, type DiscoveredSource } from "./restore-plan.ts";
import { sinkScratch, sinksDirectory } from "./state-directory.ts";

/** A job, or why there is nothing to run: the restored checkpoint says that all input was processed. */
export type StartedJob = { readonly job: Job } | { readonly finished: JobResult };

/**
 * Opens the state directory (taking ownership), completes the commit of the newest whole checkpoint, and starts workers
 * from it.
 */
export async function startJob(options: JobOptions): Promise<StartedJob> {
  const { host, graph, settings, owner } = options;
  const store = await openCheckpointStore(host, {
    directory: settings.stateDirectory,
    job: graph.name,
    ...(owner !== undefined && { owner }),
  });
  let prepared: PreparedStart;
  try {
    prepared = await prepareStart(options, store);
  } catch (error) {
    await store.close();
    throw error;
  }
  const { manifest, sinks, sources } = prepared;
  if (manifest?.finished === true) {
    // Its last commit is completed by now, whatever else is there.
    await closeAll(sinks, store);
    refuseNewInput(sources, manifest);
    return { finished: { outcome: "finished", checkpoint: manifest.checkpoint, records: recordsOf(manifest) } };
  }
  const job = new Job(options, store, sinks);
  await job.open(manifest, sources);
  return { job };
}

interface PreparedStart {
  readonly manifest: Manifest | null;
  readonly sinks: readonly CommittedSink[];
  readonly sources: readonly DiscoveredSource[];
}

/** Chooses the checkpoint to start from, checks that the code fits it, and completes its commit. */
async function prepareStart(options: JobOptions, store: CheckpointStore): Promise<PreparedStart> {
  const { graph, settings, onEvent } = options;
  const { manifest, skipped } = await store.newestVerified();
  if (manifest !== null) {
    checkCompatible(manifest, {
      job: graph.name,
      keyGroupBits: settings.keyGroupBits,
      operators: statefulNames(graph),
      sources: graph.nodes.filter(({ kind }) => kind === "source").map(({ name }) => name),
      sinks: sinkPorts(options),
    });
    onEvent({ kind: "restored", checkpoint: manifest.checkpoint, records: recordsOf(manifest), skipped });
  } else if (skipped.length > 0) {
    throw new TidemarkError(
      "TM_CHECKPOINT_CORRUPT",
      "checkpoints exist but none is whole; restore the directory from a copy, or start afresh in another one",
      {
        facts: { directory: settings.stateDirectory, newest: skipped[0]?.checkpoint, why: skipped[0]?.why },
      },
    );
  }
  const sources = await discoverSources(options, manifest);
  return { manifest, sinks: await openSinks(options, store, manifest), sources };
}

function recordsOf(manifest: Manifest): number {
  return Number(manifest.statistics["records"] ?? 0);
}

async function closeAll(sinks: readonly CommittedSink[], store: CheckpointStore): Promise<void> {
  for (const { committer } of sinks) await committer.close();
  await store.close();
}

/** Opens committers and completes what the restored checkpoint had prepared. */
async function openSinks(
  options: JobOptions,
  store: CheckpointStore,
  manifest: Manifest | null,
): Promise<CommittedSink[]> {
  const { host, bindings, settings } = options;
  const sinks: CommittedSink[] = [];
  await makeDurableDirectory(host.disk, sinksDirectory(settings.stateDirectory));
  for (const port of sinkPorts(options)) {
    const binding = bindings.get(port);
    if (binding?.sink === undefined) {
      throw new TidemarkError("TM_BINDING", `sink port "${port}" is not bound to a sink`, { facts: { port } });
    }
    const scratch = sinkScratch(settings.stateDirectory, port);
    await makeDurableDirectory(host.disk, scratch);
    const committer = await binding.sink.openCommitter({ host, port, scratch });
    const state = manifest?.sinks.find((each) => each.port === port);
    if (state === undefined || manifest === null) await committer.recover(null, null, []);
    else await committer.recover(store.permitForRestored(manifest), state.plan, state.prepared);
    sinks.push({ port, description: binding.description, committer });
  }
  return sinks;
}

function sinkPorts({ graph, bindings }: JobOptions): string[] {
  const ports = graph.nodes.filter(({ kind }) => kind === "sink").map(({ name }) => name);
  return bindings.has(DEAD_LETTER_PORT) ? [...ports, DEAD_LETTER_PORT] : ports;
}

async function discoverSources(
  { host, graph, bindings }: JobOptions,
  manifest: Manifest | null,
): Promise<DiscoveredSource[]> {
  const sources: DiscoveredSource[] = [];
  for (const node of graph.nodes) {
    if (node.kind !== "source") continue;
    const source = bindings.get(node.name)?.source;
    if (source === undefined) {
      throw new TidemarkError(
        "TM_BINDING",
        `source port "${node.name}" is not bound to a source; give --bind ${node.name}=KIND:ARG or bind it in tidemark.config.ts`,
        {
          facts: { port: node.name },
        },
      );
    }
    const splits = source.splits({ host, port: node.name });
    // Of a job that has finished the input may be gone; whether there is more of it is all that counts.
    sources.push({
      port: node.name,
      splits: manifest?.finished === true ? await splits.catch(() => []) : await splits,
    });
  }
  return sources;
}

function statefulNames(graph: LogicalGraph): string[] {
  const stateful = new Set(["window", "aggregate", "reduce", "process", "lookup"]);
  return graph.nodes.filter(({ kind }) => stateful.has(kind)).map(({ name }) => name);
}
