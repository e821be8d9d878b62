import type { FileStat } from "@tidemark/engine/host";
import type { Choices } from "../random.ts";
import { diskError } from "./disk-error.ts";
import { FileContent } from "./file-content.ts";
import { DirectoryNode, NameJournal, type DiskNode, type FileNode, type NameChange } from "./name-journal.ts";

/** Where a name is, or would be. */
interface Place {
  readonly directory: DirectoryNode;
  readonly name: string;
}

/**
 * The file system of one machine. Calls take effect at once, here; when, and whether, a process learns of it is not this class's matter.
 * What is durable: bytes after `sync` of their content, names after `syncDirectory`.
 */
export class Volume {
  readonly #choices: Choices;
  readonly #isOrdered: boolean;
  readonly #root = new DirectoryNode();
  readonly #journal = new NameJournal();
  /** Bytes that it holds; may be changed while it runs. */
  capacityBytes: number = Number.POSITIVE_INFINITY;

  constructor(options: { choices: Choices; powerLoss: "posix" | "ordered" }) {
    this.#choices = options.choices;
    this.#isOrdered = options.powerLoss === "ordered";
  }

  /** The power failed. Files whose names are lost are gone. Locks end with their processes. `choices` decide what is left of what was not synced. */
  losePower(choices: Choices = this.#choices): void {
    this.#journal.losePower(choices, this.#isOrdered);
    const seen = new Set<DiskNode>();
    const visit = (node: DiskNode): void => {
      if (seen.has(node)) return;
      seen.add(node);
      if (node.kind === "file") {
        node.content.losePower(choices, this.#isOrdered);
        node.lockedBy = null;
        return;
      }
      node.names.clear();
      for (const [name, below] of node.durable) {
        node.names.set(name, below);
        visit(below);
      }
    };
    visit(this.#root);
  }

  /** Everything that is there becomes durable, as a long quiet time does it. */
  syncAll(): void {
    const visit = (directory: DirectoryNode): void => {
      this.#journal.sync(directory);
      for (const node of directory.names.values()) {
        if (node.kind === "file") node.content.sync();
        else visit(node);
      }
    };
    visit(this.#root);
  }

  file(path: string, doing: string): FileNode {
    const node = this.#node(path);
    if (node === null) throw diskError("ENOENT", doing, path);
    if (node.kind === "directory") throw diskError("EISDIR", doing, path);
    return node;
  }

  /** Opens or makes a file. */
  openWrite(path: string, mode: "create" | "append" | "lock", doing: string): FileNode {
    const place = this.#place(path, doing);
    const found = place.directory.names.get(place.name);
    if (found !== undefined && mode === "create") throw diskError("EEXIST", doing, path);
    if (found?.kind === "directory") throw diskError("EISDIR", doing, path);
    if (found !== undefined) return found;
    const made: FileNode = { kind: "file", content: new FileContent(), lockedBy: null };
    this.#journal.change([{ ...place, node: made }]);
    return made;
  }

  link(from: string, to: string): boolean {
    const node = this.file(from, "link");
    const place = this.#place(to, "link");
    if (place.directory.names.has(place.name)) return false;
    this.#journal.change([{ ...place, node }]);
    return true;
  }

  rename(from: string, to: string): void {
    const source = this.#place(from, "rename");
    const node = source.directory.names.get(source.name);
    if (node === undefined) throw diskError("ENOENT", "rename", from);
    const target = this.#place(to, "rename");
    const replaced = target.directory.names.get(target.name);
    if (replaced === node) return;
    if (replaced?.kind === "directory") throw diskError(node.kind === "file" ? "EISDIR" : "ENOTEMPTY", "rename", to);
    if (replaced !== undefined && node.kind === "directory") throw diskError("ENOTDIR", "rename", to);
    this.#journal.change([
      { ...source, node: null },
      { ...target, node },
    ]);
  }

  remove(path: string): void {
    const place = this.#placeOrNull(path);
    const node = place?.directory.names.get(place.name);
    if (place === null || node === undefined) return;
    if (node.kind === "directory") throw diskError("EISDIR", "remove", path);
    this.#journal.change([{ ...place, node: null }]);
  }

  /** From the leaves up, as it is done in truth: a crash may leave any part of it. */
  removeTree(path: string): void {
    const place = this.#placeOrNull(path);
    const node = place?.directory.names.get(place.name);
    if (place === null || node === undefined) return;
    for (const change of removals(node)) this.#journal.change([change]);
    this.#journal.change([{ ...place, node: null }]);
  }

  list(path: string): readonly string[] {
    return [...this.directory(path, "list").names.keys()].sort();
  }

  stat(path: string): FileStat | null {
    const node = this.#node(path);
    if (node === null) return null;
    return node.kind === "file"
      ? { kind: "file", sizeBytes: node.content.length }
      : { kind: "directory", sizeBytes: 0 };
  }

  makeDirectory(path: string): void {
    let directory = this.#root;
    for (const name of pathParts(path)) {
      let found = directory.names.get(name);
      if (found === undefined) this.#journal.change([{ directory, name, node: (found = new DirectoryNode()) }]);
      if (found.kind === "file") throw diskError("ENOTDIR", "make the directory", path);
      directory = found;
    }
  }

  syncDirectory(path: string): void {
    const directory = this.directory(path, "sync the directory");
    if (this.#isOrdered) this.#journal.syncAll();
    else this.#journal.sync(directory);
  }

  syncFile(content: FileContent): void {
    if (this.#isOrdered) this.#journal.syncAll();
    content.sync();
  }

  failSyncDirectory(path: string): void {
    this.#journal.failSync(this.directory(path, "sync the directory"), this.#choices);
  }

  failSyncFile(content: FileContent): void {
    content.failSync(this.#choices);
  }

  directory(path: string, doing: string): DirectoryNode {
    const node = this.#node(path);
    if (node === null) throw diskError("ENOENT", doing, path);
    if (node.kind === "file") throw diskError("ENOTDIR", doing, path);
    return node;
  }

  /** Bytes of all files that have a name. */
  usedBytes(): number {
    const files = new Set<FileNode>();
    const visit = (directory: DirectoryNode): void => {
      for (const node of directory.names.values()) {
        if (node.kind === "file") files.add(node);
        else visit(node);
      }
    };
    visit(this.#root);
    return [...files].reduce((sum, { content }) => sum + content.length, 0);
  }

  /** Flips a bit of a file, for ever. */
  rot(path: string, options: { offset: number; bit: number }): void {
    this.file(path, "damage").content.rot(options.offset, options.bit);
  }

  #node(path: string): DiskNode | null {
    let node: DiskNode = this.#root;
    for (const name of pathParts(path)) {
      const below: DiskNode | undefined = node.kind === "directory" ? node.names.get(name) : undefined;
      if (below === undefined) return null;
      node = below;
    }
    return node;
  }

  #place(path: string, doing: string): Place {
    const place = this.#placeOrNull(path);
    if (place === null) throw diskError("ENOENT", doing, path);
    return place;
  }

  #placeOrNull(path: string): Place | null {
    const parts = pathParts(path);
    const name = parts.at(-1);
    if (name === undefined) return null;
    const directory = this.#node(parts.slice(0, -1).join("/"));
    return directory?.kind === "directory" ? { directory, name } : null;
  }
}

function removals(node: DiskNode): readonly NameChange[] {
  if (node.kind === "file") return [];
  return [...node.names].flatMap(([name, below]) => [...removals(below), { directory: node, name, node: null }]);
}

/** The parts of a path; `.` and `..` are resolved, the working directory is the root. */
function pathParts(path: string): readonly string[] {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts;
}
