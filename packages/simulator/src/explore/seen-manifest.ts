import type { Manifest } from "@tidemark/engine/inspect";
import type { FileNode } from "../disk/name-journal.ts";
import type { Volume } from "../disk/volume.ts";
import { fileBytes } from "./volume-files.ts";

/** A manifest on the simulated disk. */
export interface SeenManifest {
  readonly path: string;
  readonly manifest: Manifest;
}

/** Manifests never change once they have their name; a file that does is read again. */
const read = new WeakMap<FileNode, { readonly version: number; readonly manifest: Manifest | null }>();

/** The manifest of a file, or null if there is none. Checksums are the engine's to check. */
export function manifestOf(volume: Volume, path: string): SeenManifest | null {
  if (volume.stat(path)?.kind !== "file") return null;
  const node = volume.file(path, "look at");
  const { version } = node.content;
  const known = read.get(node);
  if (known?.version === version) return known.manifest === null ? null : { path, manifest: known.manifest };
  const manifest = parsed(fileBytes(volume, path) ?? new Uint8Array());
  read.set(node, { version, manifest });
  return manifest === null ? null : { path, manifest };
}

function parsed(bytes: Uint8Array): Manifest | null {
  try {
    return (JSON.parse(new TextDecoder().decode(bytes)) as { readonly manifest: Manifest }).manifest;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
