import { TidemarkError } from "../foundation/error.ts";
import type { Manifest, OperatorStates, SplitPosition } from "../checkpoint/manifest.ts";
import type { Split } from "../connector/source-connector.ts";
import { NO_WATERMARK } from "../time/watermark.ts";
import type { AssignedSplit } from "./worker-protocol.ts";

/** A source port with the splits it has now. */
export interface DiscoveredSource {
  readonly port: string;
  readonly splits: readonly Split[];
}

/**
 * Gives every split to a subtask, round robin in the order of the connector, with the position that the manifest noted. A split that the
 * manifest knows, had not ended and is gone now is an error: its records would be lost silently.
 */
export function assignSplits(
  sources: readonly DiscoveredSource[],
  manifest: Manifest | null,
  parallelism: number,
): AssignedSplit[] {
  const assigned: AssignedSplit[] = [];
  for (const { port, splits } of sources) {
    const known = new Map<string, SplitPosition>();
    for (const position of manifest?.sources ?? []) if (position.port === port) known.set(position.split, position);
    for (const [index, split] of splits.entries()) {
      const position = known.get(split.id) ?? null;
      known.delete(split.id);
      assigned.push({ port, subtask: index % parallelism, split, position });
    }
    for (const gone of known.values()) {
      if (gone.ended) continue;
      throw new TidemarkError(
        "TM_SOURCE",
        "a split that the checkpoint was reading is gone; bring it back, or start afresh in another state directory",
        {
          facts: { port, split: gone.split, checkpoint: manifest?.checkpoint, position: JSON.stringify(gone.position) },
        },
      );
    }
  }
  return assigned;
}

/**
 * Refuses input that came after a job had finished: at the end of its input every window fired, so it cannot be counted with what it belongs
 * to, and must not be passed over either.
 */
export function refuseNewInput(sources: readonly DiscoveredSource[], finished: Manifest): void {
  const known = new Set(finished.sources.map(({ port, split }) => `${port}/${split}`));
  for (const { port, splits } of sources) {
    const added = splits.filter(({ id }) => !known.has(`${port}/${id}`)).map(({ id }) => id);
    if (added.length === 0) continue;
    throw new TidemarkError(
      "TM_SOURCE",
      "the job has finished, and there is input that it has not read: what the end of the input made final cannot be added to. Process it with a job of its own, in another state directory",
      { facts: { port, added: added.length, first: added[0], checkpoint: finished.checkpoint } },
    );
  }
}

/**
 * Refuses a restore that would lose or misread state: the job's key groups, every operator with state, and every schema
 * must match the checkpoint's, and every port it read from or wrote to must still be there: unread input would vanish, and output that
 * it had prepared would never be committed. `operators` are the stateful steps of the code.
 */
export function checkCompatible(
  manifest: Manifest,
  code: {
    job: string;
    keyGroupBits: number;
    operators: readonly string[];
    sources: readonly string[];
    sinks: readonly string[];
  },
): void {
  const incompatible = (what: string, facts: Record<string, string | number>): never => {
    throw new TidemarkError("TM_STATE_INCOMPATIBLE", what, { facts: { checkpoint: manifest.checkpoint, ...facts } });
  };
  if (manifest.job !== code.job) {
    incompatible("the state directory belongs to another pipeline; give each pipeline its own", {
      found: manifest.job,
      pipeline: code.job,
    });
  }
  if (manifest.keyGroupBits !== code.keyGroupBits) {
    incompatible("the number of key groups is fixed when a job first starts", {
      found: manifest.keyGroupBits,
      configured: code.keyGroupBits,
    });
  }
  for (const { operator } of manifest.operators) {
    if (!code.operators.includes(operator)) {
      incompatible(
        "the checkpoint holds state of an operator that the pipeline no longer has; keep its id, or start afresh in another state directory",
        { operator },
      );
    }
  }
  const portGone = (kind: string, port: string): never =>
    incompatible(
      `the checkpoint knows a ${kind} port that the pipeline no longer has; keep its name, or start afresh in another state directory`,
      { port },
    );
  for (const { port, ended } of manifest.sources) if (!ended && !code.sources.includes(port)) portGone("source", port);
  for (const { port } of manifest.sinks) if (!code.sinks.includes(port)) portGone("sink", port);
}

/**
 * Where event time stood in a task at the checkpoint, NO_WATERMARK if nowhere yet: the least over its subtasks, which are alike in a keyed one. A split
 * that was idle holds nothing back then, and must not again after the restore, until its first record shows that it is back: windows
 * that have fired and gone would be made anew. An end of all input (max) is not kept: what still comes, a new file say, is not late for it.
 */
export function restoredWatermark(task: string, watermarks: Manifest["watermarks"]): number {
  let least = Infinity;
  for (const [subtask, watermark] of Object.entries(watermarks)) {
    if (subtask.slice(0, subtask.lastIndexOf("-")) !== task || watermark === "max") continue;
    least = Math.min(least, watermark ?? NO_WATERMARK);
  }
  return least === Infinity ? NO_WATERMARK : least;
}

/** Refuses an operator whose states are declared otherwise than the checkpoint wrote them. */
export function checkOperatorStates(saved: OperatorStates, declared: OperatorStates, checkpoint: number): void {
  const differs = describeDifference(saved, declared);
  if (differs === null) return;
  throw new TidemarkError(
    "TM_STATE_INCOMPATIBLE",
    `the state of operator "${saved.operator}" is declared otherwise than the checkpoint wrote it: ${differs}; undo the change, or start afresh in another state directory`,
    {
      facts: { checkpoint, operator: saved.operator },
    },
  );
}

function describeDifference(saved: OperatorStates, declared: OperatorStates): string | null {
  if (saved.kind !== declared.kind) return `it was a ${saved.kind} and is a ${declared.kind}`;
  for (const timer of saved.timers) {
    if (!declared.timers.includes(timer)) return `timer "${timer}" is gone`;
  }
  for (const state of saved.states) {
    const now = declared.states.find(({ name }) => name === state.name);
    if (now === undefined) return `state "${state.name}" is gone`;
    if (now.kind !== state.kind) return `state "${state.name}" was a ${state.kind} and is a ${now.kind}`;
    if (now.schemaHash !== state.schemaHash) return `the schema of state "${state.name}" has changed`;
  }
  return null;
}
