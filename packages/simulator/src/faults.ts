/** Probabilities per operation, and bounds of delays, of the faults of a disk. */
export interface DiskFaults {
  /** Answers take up to this long. */
  readonly latencyMs: number;
  /** An answer takes up to `slowMs` instead. */
  readonly slow: number;
  readonly slowMs: number;
  /** EIO on reading; a part of the target may have been filled. */
  readonly readError: number;
  /** EIO on writing or truncating; a part of the bytes may have been written. */
  readonly writeError: number;
  /** EIO on sync of a file or directory: what was not synced is lost, and no later sync brings it back. */
  readonly syncError: number;
  /** ENOSPC on writing or making a name, although the disk has room by `capacityBytes`. */
  readonly noSpace: number;
  /** A read meets a bit that has flipped, and stays so. */
  readonly rot: number;
  /**
   * What a power failure may leave. "posix": whatever the contract of a disk allows: any part of what was not synced. "ordered": what
   * a journal keeps, such as that of ext4 by default: changes of names in the order in which they were made, each sync including all
   * before it, and appended bytes up to some point.
   */
  readonly powerLoss: "posix" | "ordered";
  /** Bytes that the disk holds. */
  readonly capacityBytes: number;
  /** False: every process gets every lock, as on some network file systems. */
  readonly locksWork: boolean;
}

/** Probabilities per request, and bounds of delays, of the faults of an object store. */
export interface StoreFaults {
  readonly latencyMs: number;
  /** A request is refused with "throttled", and has no effect. */
  readonly throttled: number;
  /** A request is answered with "unavailable"; it may have had its effect. */
  readonly unavailable: number;
  /** No answer: after `timeoutMs` the caller gets "timeout". Half of these requests take effect, some of them much later. */
  readonly lost: number;
  readonly timeoutMs: number;
  /** A request that was not answered arrives up to this late, also if its sender died since. */
  readonly zombieMs: number;
  /** A conditional write meets another one and is refused for now. */
  readonly conflict: number;
  /** A listing may not show changes younger than this. */
  readonly listLagMs: number;
}

/** What may go wrong by itself. Kills, power losses and pauses are the explorer's to order. */
export interface Faults {
  readonly disk: DiskFaults;
  readonly store: StoreFaults;
  readonly messages: {
    /** A message between threads takes up to this long. */
    readonly latencyMs: number;
  };
  readonly time: {
    /** Virtual time that reading a clock takes. */
    readonly clockReadMs: number;
    /** Probability, per step, that time passes although something could happen. */
    readonly passes: number;
  };
}

/** Part of {@link Faults}: what is left out does not happen. */
export interface FaultOptions {
  readonly disk?: Partial<DiskFaults>;
  readonly store?: Partial<StoreFaults>;
  readonly messages?: Partial<Faults["messages"]>;
  readonly time?: Partial<Faults["time"]>;
}

/** A world in which nothing fails and nothing takes long. */
export const NO_FAULTS: Faults = {
  disk: {
    latencyMs: 0,
    slow: 0,
    slowMs: 10_000,
    readError: 0,
    writeError: 0,
    syncError: 0,
    noSpace: 0,
    rot: 0,
    powerLoss: "posix",
    capacityBytes: Number.POSITIVE_INFINITY,
    locksWork: true,
  },
  store: {
    latencyMs: 0,
    throttled: 0,
    unavailable: 0,
    lost: 0,
    timeoutMs: 10_000,
    zombieMs: 120_000,
    conflict: 0,
    listLagMs: 0,
  },
  messages: { latencyMs: 0 },
  time: { clockReadMs: 0.05, passes: 0 },
};

export function faultsOf({ disk, store, messages, time }: FaultOptions): Faults {
  return {
    disk: { ...NO_FAULTS.disk, ...disk },
    store: { ...NO_FAULTS.store, ...store },
    messages: { ...NO_FAULTS.messages, ...messages },
    time: { ...NO_FAULTS.time, ...time },
  };
}
