import type { MemoryLife } from "./memory-host-life.ts";

/** A file: what was written, and the part of it that a sync made durable. */
export class MemoryFile {
  #bytes = new Uint8Array(256);
  #length = 0;
  /** Shares its buffer with `#bytes` as long as nothing below its end is overwritten. */
  #durable: Uint8Array = new Uint8Array(0);
  /** The process that holds the lock. */
  lockedBy: MemoryLife | null = null;

  get length(): number {
    return this.#length;
  }

  read(target: Uint8Array, offset: number): number {
    const piece = this.#bytes.subarray(offset, Math.min(this.#length, offset + target.length));
    target.set(piece);
    return piece.length;
  }

  append(bytes: Uint8Array): void {
    const end = this.#length + bytes.length;
    if (end > this.#bytes.length) this.#moveTo(Math.max(end, 2 * this.#bytes.length));
    this.#bytes.set(bytes, this.#length);
    this.#length = end;
  }

  truncate(length: number): void {
    if (length > this.#length) {
      this.append(new Uint8Array(length - this.#length));
      return;
    }
    this.#length = length;
    if (length < this.#durable.length) this.#moveTo(this.#bytes.length);
  }

  sync(): void {
    this.#durable = this.#bytes.subarray(0, this.#length);
  }

  /** Back to what was synced. */
  loseUnsynced(): void {
    this.#bytes = this.#durable.slice();
    this.#length = this.#bytes.length;
    this.sync();
  }

  #moveTo(capacity: number): void {
    const bytes = new Uint8Array(capacity);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}

export type MemoryNode = MemoryFile | MemoryDirectory;

/** A directory: its names, and the names that a sync of it made durable. */
export class MemoryDirectory {
  readonly names: Map<string, MemoryNode> = new Map();
  #durable: ReadonlyMap<string, MemoryNode> = new Map();

  sync(): void {
    this.#durable = new Map(this.names);
  }

  /** Back to the names that were synced, and so on below. */
  loseUnsynced(): void {
    this.names.clear();
    for (const [name, node] of this.#durable) {
      this.names.set(name, node);
      node.loseUnsynced();
    }
  }
}

/** The parts of a path; `.` and `..` are resolved, the working directory is the root. */
export function pathParts(path: string): readonly string[] {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts;
}
