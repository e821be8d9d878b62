/** What user code did that gives another result each time. */
export interface GlobalUse {
  readonly kind: "wall-clock" | "randomness";
  readonly what: string;
  /** Where it was called, from the stack. */
  readonly at: string;
}

/**
 * Runs `work`, which must be synchronous, and tells which wall clock or randomness it asked for. Globals are replaced only meanwhile.
 */
export function watchGlobals<T>(work: () => T): { readonly result: T; readonly uses: readonly GlobalUse[] } {
  const uses = new Map<string, GlobalUse>();
  const note = (kind: GlobalUse["kind"], what: string): void => {
    const at = callerOf(new Error("where"));
    uses.set(`${what} ${at}`, { kind, what, at });
  };
  const RealDate = globalThis.Date;
  const realRandom = Math.random;
  class WatchedDate extends RealDate {
    constructor(...given: ConstructorParameters<DateConstructor> | []) {
      super(...(given as ConstructorParameters<DateConstructor>));
      if (given.length === 0) note("wall-clock", "new Date()");
    }
    static override now(): number {
      note("wall-clock", "Date.now()");
      return RealDate.now();
    }
  }
  globalThis.Date = WatchedDate as DateConstructor;
  Math.random = () => {
    note("randomness", "Math.random()");
    return realRandom();
  };
  try {
    return { result: work(), uses: [...uses.values()] };
  } finally {
    globalThis.Date = RealDate;
    Math.random = realRandom;
  }
}

/** The first frame that is not of this file. */
function callerOf(error: Error): string {
  const frames = (error.stack ?? "")
    .split("\n")
    .filter((line) => line.includes(" at ") && !line.includes("watched-globals"));
  return frames[0]?.trim().replace(/^at /, "") ?? "an unknown place";
}
