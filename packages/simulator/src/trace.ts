/** One line of a timeline. */
export interface TraceEntry {
  readonly step: number;
  /** Virtual milliseconds since the start. */
  readonly atMs: number;
  /** What happened, such as "disk", "message", "fault", "kill". */
  readonly kind: string;
  /** Whose: a process, a thread, the store. */
  readonly actor: string;
  readonly what: string;
}

/** Newest entries kept for people; the hash covers all. */
const ENTRIES_KEPT = 20_000;

/**
 * Everything visible that happened in a run, as a hash that is equal for equal runs, in any process. Whether entries are kept or
 * printed changes nothing about it.
 */
export class Trace {
  #low = 0x811c9dc5;
  #high = 0x9e3779b1;
  #count = 0;
  readonly #keeps: boolean;
  readonly #log: ((entry: TraceEntry) => void) | null;
  readonly #entries: TraceEntry[] = [];

  constructor(options: { keep?: boolean; log?: ((entry: TraceEntry) => void) | null } = {}) {
    this.#keeps = options.keep ?? false;
    this.#log = options.log ?? null;
  }

  note(entry: TraceEntry): void {
    this.#count++;
    this.#mixText(entry.kind);
    this.#mixText(entry.actor);
    this.#mixText(entry.what);
    this.#mixNumber(entry.step);
    this.#mixNumber(Math.round(entry.atMs * 1_000));
    this.#log?.(entry);
    if (!this.#keeps) return;
    this.#entries.push(entry);
    if (this.#entries.length > ENTRIES_KEPT) this.#entries.shift();
  }

  /** Bytes that took part: what was written, what was sent. */
  noteBytes(bytes: Uint8Array): void {
    this.#mixNumber(bytes.length);
    let low = this.#low;
    let high = this.#high;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      low = Math.imul(low ^ byte, 0x01000193);
      high = Math.imul(high ^ byte, 0x85ebca6b);
    }
    this.#low = low;
    this.#high = high;
  }

  /** 16 hex digits. */
  hash(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** Entries so far, kept or not. */
  get count(): number {
    return this.#count;
  }

  /** The newest entries; empty unless they are kept. */
  get entries(): readonly TraceEntry[] {
    return this.#entries;
  }

  /** The newest entries as text, a line each. */
  timeline(lines: number = 100): string {
    return this.#entries
      .slice(-lines)
      .map(({ step, atMs, kind, actor, what }) => `${step}\t${atMs.toFixed(3)} ms\t${kind}\t${actor}\t${what}`)
      .join("\n");
  }

  #mixText(text: string): void {
    let low = this.#low;
    let high = this.#high;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      low = Math.imul(low ^ unit, 0x01000193);
      high = Math.imul(high ^ unit, 0x85ebca6b);
    }
    // Ends the text, so that "ab", "c" and "a", "bc" differ.
    this.#low = Math.imul(low ^ 0x1ff, 0x01000193);
    this.#high = Math.imul(high ^ (high >>> 15) ^ 0x1ff, 0x85ebca6b);
  }

  #mixNumber(value: number): void {
    this.#mixText(String(value));
  }
}
