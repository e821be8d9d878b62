import type { Compression } from "@tidemark/engine/host";
import type { Life } from "./life.ts";
import type { Scheduler } from "./scheduler.ts";

/**
 * Compression of one process: the real one, whose result is an event like any other. Virtual time stands still while the real work goes
 * on, so that its real duration changes nothing.
 */
export function simulatedCompression(options: {
  compression: Compression;
  scheduler: Scheduler;
  life: Life;
}): Compression {
  const { compression, scheduler, life } = options;
  const call = (what: string, work: () => Promise<Uint8Array>): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      if (!life.isAlive) return;
      const result = work();
      // Whoever waits is told when the event comes; if the process dies before, nobody is.
      result.catch(() => undefined);
      scheduler.schedule({
        kind: "compression",
        actor: life.name,
        what,
        life,
        run: () => result.then(resolve, reject),
      });
    });
  return {
    zstd: (bytes) => call(`zstd of ${bytes.length} bytes`, () => compression.zstd(bytes)),
    unzstd: (bytes, maxBytes) => call(`unzstd of ${bytes.length} bytes`, () => compression.unzstd(bytes, maxBytes)),
    decoder(format) {
      const decoder = compression.decoder(format);
      return {
        push: (bytes) => call(`decoding of ${bytes.length} bytes`, () => decoder.push(bytes)),
        end: () => call("end of decoding", () => decoder.end()),
      };
    },
  };
}
