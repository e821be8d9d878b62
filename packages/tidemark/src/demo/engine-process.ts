// The process that the demo kills: runs the flights pipeline and tells its parent where it stands.
import { start } from "@tidemark/engine";
import { jobFacts } from "@tidemark/engine/inspect";
import type { EngineMessage } from "./engine-message.ts";

const send = (message: EngineMessage): void => {
  process.send?.(message);
};

const { job, result } = await start(import.meta.resolve("#demo-flights"), {
  config: import.meta.resolve("#demo-config"),
  onEvent: (event) => {
    if (event.kind === "restored") send({ kind: "restored", checkpoint: event.checkpoint, records: event.records });
    if (event.kind === "checkpoint") send({ kind: "checkpoint", checkpoint: event.summary.checkpoint, records: event.summary.records, durationMs: event.summary.durationMs });
  },
});
const ticker = setInterval(() => {
  if (job === null) return;
  void jobFacts(job).then(({ watermark, recordsRead }) => {
    send({ kind: "facts", watermark: typeof watermark === "number" ? watermark : null, recordsRead });
  });
}, 100);
const ended = await result;
clearInterval(ticker);
send({ kind: "finished", records: ended.records });
process.disconnect?.();
