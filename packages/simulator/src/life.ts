/** Thrown out of a synchronous call, such as a failpoint, in which the process was killed. Nothing after it counts. */
export class ProcessKilled extends Error {
  override readonly name = "ProcessKilled";

  constructor(who: string) {
    super(`${who} was killed`);
  }
}

/**
 * The life of a process or of a thread in it.
 *
 *     running ⇄ paused
 *        └────────┴──→ dead
 *
 * A dead one does nothing: its pending calls never settle, new ones never either, its timers and messages are gone.
 */
export class Life {
  readonly name: string;
  /** The process of a thread; itself for a process. */
  readonly process: Life;
  readonly #children = new Set<Life>();
  readonly #parent: Life | null;
  #state: "running" | "paused" | "dead" = "running";

  constructor(name: string, parent: Life | null = null) {
    this.name = name;
    this.#parent = parent;
    this.process = parent?.process ?? this;
    parent?.adopt(this);
  }

  get isAlive(): boolean {
    return this.#state !== "dead";
  }

  /** Paused with its process. */
  get isPaused(): boolean {
    return this.process.#state === "paused";
  }

  adopt(child: Life): void {
    this.#children.add(child);
  }

  /** Ends this life and those within it; gives all that ended now. */
  end(): readonly Life[] {
    if (!this.isAlive) return [];
    this.#state = "dead";
    this.#parent?.release(this);
    return [this, ...[...this.#children].flatMap((child) => child.end())];
  }

  pause(): void {
    if (this.#state === "running") this.#state = "paused";
  }

  resume(): void {
    if (this.#state === "paused") this.#state = "running";
  }

  release(child: Life): void {
    this.#children.delete(child);
  }
}
