import { watermarkHolder, watermarkJson, type WatermarkHolder } from "../time/watermark-holder.ts";
import type { Task } from "../task/task.ts";
import type { TaskFacts } from "./worker-protocol.ts";

/** Where one subtask stands, from its own counters. */
export function taskFacts(task: Task): TaskFacts {
  return {
    task: task.name,
    subtask: task.subtask,
    watermark: watermarkJson(task.watermark),
    ended: task.ended,
    operators: task.chain.links.map((link) => {
      const size = link.state?.size();
      return {
        name: link.name,
        kind: link.kind,
        recordsIn: link.counters.recordsIn,
        recordsOut: link.counters.recordsOut,
        counts: { ...link.counters.named },
        keys: size?.rows ?? null,
        stateBytes: size?.bytes ?? null,
      };
    }),
    holders: task.source === null ? gateHolders(task) : [...task.source.holders()],
    source: task.source === null ? null : { port: task.source.port, ...task.source.counts },
  };
}

function gateHolders(task: Task): WatermarkHolder[] {
  return task.gates.flatMap((gate) =>
    gate.facts().map(({ watermark, idle }, from) =>
      watermarkHolder({
        kind: "input",
        name: `${task.name}[${task.subtask}] ← ${gate.name}[${from}]`,
        watermark,
        idle,
        since: null,
      }),
    ),
  );
}
