/**
 * What a call of a dead in-memory process throws: the process was killed, nothing after this line ran. Code under test does
 * not catch it; a test that kills its process expects it.
 */
export class CrashSignal extends Error {
  override readonly name = "CrashSignal";

  constructor(where: string) {
    super(`the process was killed: ${where}`);
  }
}

/** The life of one in-memory process. Every call to its host passes through here, so that a dead process does nothing. */
export class MemoryLife {
  #diedAt: string | null = null;
  /** Calls so far; a turn in which it stays the same was idle. */
  calls = 0;
  /** Calls that wait for something outside virtual time, such as the compression threads. */
  pending = 0;

  get alive(): boolean {
    return this.#diedAt === null;
  }

  /** Ends the life; the first reason stays. */
  end(where: string): void {
    this.#diedAt ??= where;
  }

  /** Notes a call; throws CrashSignal if the process is dead. */
  enter(): void {
    this.calls += 1;
    if (this.#diedAt !== null) throw new CrashSignal(this.#diedAt);
  }

  /** Runs a call that takes effect at once and answers a moment later, if the process is still alive then. */
  async call<T>(act: () => T): Promise<T> {
    this.enter();
    const result = act();
    await Promise.resolve();
    this.enter();
    return result;
  }

  /** Runs a call that takes real time; virtual time stands still until it is done. */
  async callOutside<T>(act: () => Promise<T>): Promise<T> {
    this.enter();
    this.pending += 1;
    try {
      return await act();
    } finally {
      this.pending -= 1;
      this.enter();
    }
  }
}
