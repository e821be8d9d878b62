import type { Binding } from "@tidemark/engine";
import { recordOf, ROW_KINDS, type SinkCommitter, type SinkWriter } from "@tidemark/engine/connector";
import type { Checksum } from "./checksum.ts";

/** A sink that only sums up what reaches it. */
export function checksumSink(checksum: Checksum): Binding {
  return outputSink((batch) => checksum.addBatch(batch));
}

/** A sink that hands on each record, and whether it retracts one. */
export function recordSink(take: (record: unknown, retracts: boolean) => void): Binding {
  return outputSink((batch) => {
    for (let row = 0; row < batch.length; row++) {
      const kind = batch.rowKinds?.[row] ?? ROW_KINDS.insert;
      take(recordOf(batch, row), kind === ROW_KINDS.updateBefore || kind === ROW_KINDS.delete);
    }
  });
}

function outputSink(write: SinkWriter["write"]): Binding {
  const writer: SinkWriter = {
    borrows: true,
    write,
    backlogBytes: () => 0,
    drained: () => Promise.resolve(),
    prepare: () => Promise.resolve(null),
    close: () => Promise.resolve(),
  };
  return {
    description: "output",
    sink: {
      description: "output",
      guarantee: "at-least-once",
      openWriter: () => Promise.resolve(writer),
      openCommitter: () => Promise.resolve(COMMITTER),
    },
  };
}

const COMMITTER: SinkCommitter = {
  plan: () => null,
  commit: () => Promise.resolve(),
  recover: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
