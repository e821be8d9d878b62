import type { Choices } from "../random.ts";
import type { FileContent } from "./file-content.ts";
import type { Life } from "../life.ts";

/** A file: its bytes, apart from its names, and who has locked it. */
export interface FileNode {
  readonly kind: "file";
  readonly content: FileContent;
  lockedBy: Life | null;
}

/** A directory: its names as processes see them, and as they are on the disk. */
export class DirectoryNode {
  readonly kind = "directory";
  readonly names: Map<string, DiskNode> = new Map();
  readonly durable: Map<string, DiskNode> = new Map();
}

export type DiskNode = FileNode | DirectoryNode;

/** One name of one directory gets a node, or none. */
export interface NameChange {
  readonly directory: DirectoryNode;
  readonly name: string;
  readonly node: DiskNode | null;
}

/** What becomes of names that were not synced when the power fails; 0, the simplest, keeps all. */
const LOSSES = ["kept", "lost", "prefix", "any"] as const;

/**
 * Changes of names that no sync of their directory has made durable. What belongs together (both names of a rename) is one entry: within a
 * directory it happens whole or not at all.
 */
export class NameJournal {
  #entries: (readonly NameChange[])[] = [];

  /** True if a power failure could change anything. */
  get isDirty(): boolean {
    return this.#entries.length > 0;
  }

  /** Makes changes, visible at once, durable by a sync of their directories. */
  change(changes: readonly NameChange[]): void {
    for (const { directory, name, node } of changes) {
      if (node === null) directory.names.delete(name);
      else directory.names.set(name, node);
    }
    this.#entries.push(changes);
  }

  /** Makes every change of every directory durable. */
  syncAll(): void {
    for (const entry of this.#entries) apply(entry);
    this.#entries = [];
  }

  sync(directory: DirectoryNode): void {
    // Only what is still to be written: a change that an earlier sync failed to write stays lost.
    for (const entry of this.#entries) apply(entry.filter((change) => change.directory === directory));
    this.#drop(directory);
  }

  /** A sync that failed: each of the changes was written or is forgotten, and no later sync of the directory brings it back. */
  failSync(directory: DirectoryNode, choices: Choices): void {
    for (const entry of this.#entries) {
      const own = entry.filter((change) => change.directory === directory);
      if (own.length > 0 && !choices.chance(0.5)) apply(own);
    }
    this.#drop(directory);
  }

  /** The power failed: of what was not synced, everything, nothing, the oldest, or any part is there. */
  losePower(choices: Choices, isOrdered: boolean): void {
    const entries = this.#entries;
    this.#entries = [];
    if (entries.length === 0) return;
    const loss = LOSSES[choices.integer(isOrdered ? LOSSES.indexOf("any") : LOSSES.length)] as (typeof LOSSES)[number];
    if (loss === "lost") return;
    const kept = loss === "prefix" ? choices.integer(entries.length) : entries.length;
    for (const entry of entries.slice(0, kept)) if (loss !== "any" || choices.chance(0.5)) apply(entry);
  }

  #drop(directory: DirectoryNode): void {
    this.#entries = this.#entries
      .map((entry) => entry.filter((change) => change.directory !== directory))
      .filter((entry) => entry.length > 0);
  }
}

function apply(changes: readonly NameChange[]): void {
  for (const { directory, name, node } of changes) {
    if (node === null) directory.durable.delete(name);
    else directory.durable.set(name, node);
  }
}
