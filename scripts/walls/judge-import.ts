import { isBuiltin } from "node:module";
import { posix } from "node:path";
import {
  ENGINE_PACKAGE,
  HOST_ROOM,
  isRoom,
  LOADER_ROOMS,
  PACKAGES,
  reachableRooms,
  type Room,
  TOP_ROOMS,
} from "./diagram.ts";

/** Where a source file stands; `path` is relative to the workspace, with `/`. */
export interface Place {
  readonly path: string;
  /** Folder name under packages/; null for scripts, examples and files at the top. */
  readonly package: string | null;
  /** Only in the engine; null for a folder that the diagram does not know. */
  readonly room: Room | null;
  readonly isTest: boolean;
}

/** Places a file by its path. */
export function placeOf(path: string): Place {
  const [top, name, source, room] = path.split("/");
  const isTest = /\.test(-only)?\.ts$/.test(path);
  if (top !== "packages" || name === undefined) return { path, package: null, room: null, isTest };
  const inRoom = name === ENGINE_PACKAGE && source === "src" && room !== undefined && isRoom(room);
  return { path, package: name, room: inRoom ? room : null, isTest };
}

/** What is wrong with where the file stands, or null. */
export function judgePlace(place: Place): string | null {
  if (place.package === null) return null;
  if (!Object.hasOwn(PACKAGES, place.package)) {
    return `package "${place.package}" is not in the diagram; add it to scripts/walls/diagram.ts and docs/ARCHITECTURE.md`;
  }
  if (place.package === ENGINE_PACKAGE && place.path.split("/")[2] === "src" && place.room === null) {
    return "this file is in no room of the diagram; every engine source is in a room of scripts/walls/diagram.ts";
  }
  return null;
}

/** Whether the file may use Node, clocks and randomness directly rather than through Host. */
export function isHostPlace(place: Place): boolean {
  if (place.isTest || place.package === null) return true;
  return place.room === HOST_ROOM || PACKAGES[place.package]?.host === "own";
}

/** Why `place` may not import `specifier`, or null if it may. `null` for the specifier: one known only at run time. */
export function judgeImport(place: Place, specifier: string | null): string | null {
  if (specifier === null) return judgeComputedImport(place);
  if (specifier.startsWith(".") || specifier.startsWith("/") || specifier.startsWith("file:")) {
    return judgeRelative(place, specifier);
  }
  if (isBuiltin(specifier)) {
    if (isHostPlace(place)) return null;
    return `${specifier} is Node's; only ${HOST_ROOM} imports node:*, everything else goes through Host`;
  }
  return judgePackage(place, specifier);
}

function judgeComputedImport(place: Place): string | null {
  if (isHostPlace(place) || (place.room !== null && LOADER_ROOMS.includes(place.room))) return null;
  return `only ${LOADER_ROOMS.join(" and ")} load code by a computed name; write the specifier as a literal`;
}

function judgeRelative(place: Place, specifier: string): string | null {
  if (place.package === null) return null;
  const target = placeOf(posix.join(posix.dirname(place.path), specifier));
  if (!specifier.startsWith(".") || target.package !== place.package) {
    return `${specifier} leaves the package "${place.package}"; import the other package by its name and public entry`;
  }
  if (place.room === null || place.isTest) return null;
  if (target.room === null) return `${specifier} leads to no room of the diagram`;
  if (target.room === place.room) return null;
  if (TOP_ROOMS.includes(target.room)) return `nothing imports ${target.room} but tests`;
  if (!reachableRooms(place.room).has(target.room)) {
    return `room ${place.room} may not import ${target.room}, not even a type: it is not below it in the diagram`;
  }
  if (/\/(index|entry)\.ts$/.test(target.path)) {
    return `${specifier} is a public entry; import the file that owns the name`;
  }
  return null;
}

function judgePackage(place: Place, specifier: string): string | null {
  if (place.package === null || !/^(@tidemark\/|tidemark($|\/))/.test(specifier)) return null;
  const uses = PACKAGES[place.package]?.uses ?? [];
  // Tests of a package run it in a job: they see what its users see.
  if (place.isTest && place.package !== ENGINE_PACKAGE) return null;
  const isOwnName = specifier.replace("@tidemark/", "").split("/")[0] === place.package;
  if (isOwnName && place.room !== null && !place.isTest)
    return `${specifier} is this very package; import the file that owns the name`;
  if (uses === "public" || isOwnName || uses.includes(specifier)) return null;
  const allowed = uses.length === 0 ? "none" : uses.join(", ");
  return `package "${place.package}" may not import ${specifier}; workspace entries it may use: ${allowed}`;
}
