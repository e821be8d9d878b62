import type { Choices } from "../random.ts";

/** What a disk writes whole or not at all. */
export const SECTOR_BYTES = 512;

/** What becomes of bytes that were not synced when the power fails; 0, the simplest, keeps all. */
const LOSSES = ["kept", "lost", "torn", "empty", "garbage"] as const;

/**
 * The bytes of a file, twice: as processes see them (the cache), and as they are on the disk. `sync` makes the second equal to the first.
 */
export class FileContent {
  #cached = new Uint8Array(0);
  #length = 0;
  #durable = new Uint8Array(0);
  #durableLength = 0;
  /** Sectors whose cached bytes the next sync has to write. */
  readonly #dirty = new Set<number>();
  #version = 0;

  get length(): number {
    return this.#length;
  }

  /** True if a power failure could change anything. */
  get isDirty(): boolean {
    return this.#dirty.size > 0 || this.#length !== this.#durableLength;
  }

  /** True if the bytes on the disk are those that processes see, which after a failed sync they may not be although nothing is dirty. */
  get isDurable(): boolean {
    if (this.isDirty) return false;
    for (let at = 0; at < this.#length; at++) if (this.#cached[at] !== this.#durable[at]) return false;
    return true;
  }

  /** Changes whenever the visible bytes may have. */
  get version(): number {
    return this.#version;
  }

  append(bytes: Uint8Array): void {
    this.#version++;
    const end = this.#length + bytes.length;
    this.#cached = grown(this.#cached, end);
    this.#cached.set(bytes, this.#length);
    this.#markDirty(this.#length, end);
    this.#length = end;
  }

  truncate(length: number): void {
    this.#version++;
    this.#cached = grown(this.#cached, length);
    const from = Math.min(length, this.#length);
    this.#cached.fill(0, from, Math.max(length, this.#length));
    this.#markDirty(from, Math.max(length, this.#length));
    this.#length = length;
  }

  read(target: Uint8Array, offset: number): number {
    const part = this.#cached.subarray(Math.min(offset, this.#length), Math.min(offset + target.length, this.#length));
    target.set(part);
    return part.length;
  }

  sync(): void {
    this.#durable = grown(this.#durable, this.#length);
    for (const sector of this.#dirty) this.#write(sector);
    this.#durable.fill(0, this.#length);
    this.#durableLength = this.#length;
    this.#dirty.clear();
  }

  /**
   * A sync that failed: some sectors were written, the rest is forgotten. The cache counts as clean from now on, so that no later sync writes
   * them; whether it still shows them, too, depends on the file system.
   */
  failSync(choices: Choices): void {
    this.#version++;
    this.#durable = grown(this.#durable, this.#length);
    const isDropped = choices.chance(0.5);
    for (const sector of [...this.#dirty].sort((a, b) => a - b)) {
      if (choices.chance(0.5)) {
        const from = sector * SECTOR_BYTES;
        if (isDropped)
          this.#cached.set(this.#durable.subarray(from, Math.min(from + SECTOR_BYTES, this.#length)), from);
      } else {
        this.#write(sector);
      }
    }
    this.#dirty.clear();
    this.#durableLength = this.#length;
  }

  /** Flips one bit, in the cache and on the disk. */
  rot(offset: number, bit: number): void {
    this.#version++;
    for (const bytes of [this.#cached, this.#durable]) {
      if (offset < bytes.length) bytes[offset] = (bytes[offset] as number) ^ (1 << bit);
    }
  }

  /** The power failed: any part of what was not synced may be there, the rest is as it was, nothing, or garbage. */
  losePower(choices: Choices, isOrdered: boolean): void {
    this.#version++;
    if (this.isDirty) {
      if (isOrdered) this.#keepPrefix(choices);
      else this.#loseUnsynced(choices);
    }
    this.#dirty.clear();
    this.#cached = this.#durable.slice(0, this.#durableLength);
    this.#length = this.#durableLength;
  }

  #loseUnsynced(choices: Choices): void {
    const loss = LOSSES[choices.integer(LOSSES.length)] as (typeof LOSSES)[number];
    if (loss === "lost") return;
    const synced = this.#durableLength;
    this.#durable = grown(this.#durable, Math.max(this.#length, synced));
    if (loss === "kept") {
      this.sync();
      return;
    }
    // The size is in the inode: it may have been written without the bytes, and the bytes without it.
    const low = Math.min(synced, this.#length);
    const length = loss === "empty" ? this.#length : low + choices.upTo(Math.abs(this.#length - synced));
    for (const sector of [...this.#dirty].sort((a, b) => a - b)) {
      const from = sector * SECTOR_BYTES;
      if (loss === "torn" && choices.chance(0.5)) this.#write(sector);
      // A sector that was not allocated before may show what was on the disk there; one that was holds its old bytes.
      if (loss === "garbage" && from >= synced) {
        for (let at = from; at < Math.min(from + SECTOR_BYTES, length); at++) this.#durable[at] = 0xa5 ^ (at * 31);
      }
    }
    this.#durable.fill(0, length);
    this.#durableLength = length;
  }

  /** The size never gets ahead of the bytes: appended ones are there up to some point, a cut happened or not. */
  #keepPrefix(choices: Choices): void {
    const synced = this.#durableLength;
    if (choices.chance(0.5)) return;
    this.sync();
    this.#durableLength -= choices.upTo(Math.max(0, this.#length - synced));
    this.#durable.fill(0, this.#durableLength);
  }

  #write(sector: number): void {
    const from = sector * SECTOR_BYTES;
    if (from < this.#length)
      this.#durable.set(this.#cached.subarray(from, Math.min(from + SECTOR_BYTES, this.#length)), from);
  }

  #markDirty(from: number, to: number): void {
    for (let sector = Math.floor(from / SECTOR_BYTES); sector * SECTOR_BYTES < to; sector++) this.#dirty.add(sector);
  }
}

/** The same bytes with room for `length`, zeros behind. */
function grown(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (length <= bytes.length) return bytes;
  const larger = new Uint8Array(Math.max(length, bytes.length * 2, SECTOR_BYTES));
  larger.set(bytes);
  return larger;
}
