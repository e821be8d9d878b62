/** A call that reaches the world outside of its process. */
export interface Operation {
  readonly target: "disk" | "store";
  /** Such as "write", "sync", "rename", "put". */
  readonly name: string;
  /** A path, or a key of the store. */
  readonly subject: string;
  /** Name of the process or thread that called. */
  readonly actor: string;
  /** True if it changes anything: the places at which a crash makes a difference. */
  readonly changes: boolean;
  /** Running number among the operations of a simulation that change anything; of others, the number of the last such. */
  readonly sequence: number;
}

/**
 * Watches a simulation from within. Both calls may kill a process or cut the power, at that very place: what is killed in `before` has
 * not happened, what is killed in `after` has, and nobody got the answer.
 */
export interface Watcher {
  before?(operation: Operation): void;
  after?(operation: Operation): void;
  /** A named failpoint is passed; a process that is killed here stops at this line. */
  failpoint?(name: string, actor: string): void;
}

/** All watchers of a simulation, and the numbering of operations. */
export class Watchers {
  readonly #watchers = new Set<Watcher>();
  #sequence = 0;

  /** Adds a watcher; gives what removes it. */
  add(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Operations so far that changed anything. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Numbers an operation, at the moment at which it takes effect. */
  operation(given: Omit<Operation, "sequence">): Operation {
    if (given.changes) this.#sequence++;
    return { ...given, sequence: this.#sequence };
  }

  before(operation: Operation): void {
    for (const watcher of this.#watchers) watcher.before?.(operation);
  }

  after(operation: Operation): void {
    for (const watcher of this.#watchers) watcher.after?.(operation);
  }

  failpoint(name: string, actor: string): void {
    for (const watcher of this.#watchers) watcher.failpoint?.(name, actor);
  }
}
