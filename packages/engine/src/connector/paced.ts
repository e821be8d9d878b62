import type { ReaderContext, SourceConnector, SplitReader } from "./source-connector.ts";

/** A source that gives at most `recordsPerSecond`, so that one can watch; positions are the inner source's. */
export function paced(inner: SourceConnector, recordsPerSecond: number): SourceConnector {
  return {
    description: `${inner.description} at ${recordsPerSecond} records/s`,
    bounded: inner.bounded,
    splits: (context) => inner.splits(context),
    openReader: async (split, position, context) =>
      pacedReader(await inner.openReader(split, position, context), recordsPerSecond, context),
  };
}

function pacedReader(inner: SplitReader, recordsPerSecond: number, { host }: ReaderContext): SplitReader {
  let startedAt: number | null = null;
  let given = 0;
  const isAhead = (): boolean => {
    startedAt ??= host.clock.monotonicMs();
    return given > ((host.clock.monotonicMs() - startedAt) / 1_000) * recordsPerSecond;
  };
  return {
    poll: () => {
      if (isAhead()) return { kind: "waiting" };
      const poll = inner.poll();
      if (poll.kind === "batch") given += poll.batch.length;
      return poll;
    },
    position: () => inner.position(),
    ready: () => (isAhead() ? host.timers.sleep(10) : inner.ready()),
    close: () => inner.close(),
  };
}
