// The process that the demo kills: runs the flights pipeline and tells its parent where it stands.
import { start } from "@tidemark/engine";
import { jobFacts } from "@tidemark/engine/inspect";
import type { EngineMessage } from "./engine-message.ts";

const send = (message: EngineMessage): void => {
  if (process.connected) process.send?.(message);
};

// Nobody is left to watch: end, rather than go on unseen.
process.on("disconnect", () => process.exit(1));
// Ctrl-C reaches the whole process group; the parent decides what it means.
process.on("SIGINT", () => undefined);

const { job, result } = await start(import.meta.resolve("#demo-flights"), {
  config: import.meta.resolve("#demo-config"),
  onEvent: (event) => {
    if (event.kind === "restored") {
      send({ kind: "restored", checkpoint: event.checkpoint, records: event.records });
    } else if (event.kind === "started") {
      send({ kind: "started" });
    } else if (event.kind === "checkpoint") {
      const { checkpoint, records, durationMs } = event.summary;
      send({ kind: "checkpoint", checkpoint, records, durationMs });
    }
  },
});
const ticker = setInterval(() => {
  if (job === null) return;
  void jobFacts(job).then(({ tasks, watermark, recordsRead }) => {
    if (tasks.length === 0) return;
    send({ kind: "facts", watermark: typeof watermark === "number" ? watermark : null, recordsRead });
  });
}, 100);
const ended = await result;
clearInterval(ticker);
send({ kind: "finished", records: ended.records });
process.removeAllListeners("disconnect");
process.disconnect?.();
