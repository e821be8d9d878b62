/**
 * The walls of docs/ARCHITECTURE.md as data. This is the one place: the lint rules, the clock ban and the tests that plant
 * violations are all derived from it. A new room or package is a line here, and a sentence there.
 */

/** Rooms of the engine, each with the rooms directly below it. A room may import whatever is reachable downwards. */
export const ROOMS = {
  foundation: [],
  host: ["foundation"],
  record: ["host"],
  state: ["record"],
  time: ["state"],
  operator: ["time"],
  graph: ["operator"],
  dsl: ["graph"],
  connector: ["record"],
  format: ["record"],
  files: ["connector", "format"],
  checkpoint: ["state"],
  task: ["operator", "connector", "checkpoint"],
  job: ["task", "graph"],
  inspection: ["job"],
  "node-host": ["host"],
  run: ["dsl", "job", "inspection", "files", "node-host"],
  testing: ["run"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Room = keyof typeof ROOMS;

/** Rooms that nothing but tests may import. */
export const TOP_ROOMS: readonly Room[] = ["testing"];

/** The package that has rooms, and the only room of it that knows Node. */
export const ENGINE_PACKAGE = "engine";
export const HOST_ROOM: Room = "node-host";

/** Rooms that may load code by a URL known only at run time: the user's pipeline file, a worker's entry. */
export const LOADER_ROOMS: readonly Room[] = ["run", "node-host"];

/** Tests, and what only tests import; never published. */
export const TEST_FILES = ["**/*.test.ts", "**/*.test-only.ts"];

/** The one file that makes functions from text. */
export const CODE_GENERATION = `packages/${ENGINE_PACKAGE}/src/record/code-generation.ts`;

/**
 * Packages by folder name, each with the entries of workspace packages that it may import. "public" is every entry
 * that the other package exports.
 */
export const PACKAGES: Readonly<
  Record<string, { readonly uses: readonly string[] | "public"; readonly host: "own" | "ported" }>
> = {
  engine: { uses: [], host: "ported" },
  tidemark: { uses: "public", host: "own" },
  dashboard: { uses: ["@tidemark/engine/inspect"], host: "own" },
  kafka: { uses: ["@tidemark/engine/connector"], host: "ported" },
  "object-store": { uses: ["@tidemark/engine/connector"], host: "ported" },
  lmdb: { uses: ["@tidemark/engine/state-backend"], host: "ported" },
  rocksdb: { uses: ["@tidemark/engine/state-backend"], host: "ported" },
  arrow: { uses: ["@tidemark/engine/connector", "@tidemark/engine/files"], host: "ported" },
  simulator: { uses: "public", host: "ported" },
  benchmarks: { uses: "public", host: "own" },
  e2e: { uses: "public", host: "own" },
};

/** Globals that only the host may touch, with what to use instead. */
export const HOST_GLOBALS: Readonly<Record<string, string>> = {
  setTimeout: "host.timers.after or host.timers.sleep",
  setInterval: "host.timers.after, again from its own callback",
  setImmediate: "host.timers.yield",
  performance: "host.clock.monotonicMs",
  process: "a Host port, or a value that the caller passes in",
  Buffer: "Uint8Array, TextEncoder and TextDecoder",
  crypto: "host.random",
  console: "host.streams, or return what there is to say",
  fetch: "a connector package",
  Worker: "host.threads",
  MessageChannel: "host.threads.channel",
  globalThis: "the name itself, so that the lint sees it",
};

/** Properties that only the host may touch. */
export const HOST_PROPERTIES: readonly {
  readonly object: string;
  readonly property: string;
  readonly instead: string;
}[] = [
  { object: "Date", property: "now", instead: "host.clock.now" },
  { object: "Math", property: "random", instead: "host.random.next" },
];

/** The rooms that `room` may import, itself included. */
export function reachableRooms(room: Room): ReadonlySet<Room> {
  const found = new Set<Room>([room]);
  for (const next of found) {
    for (const below of ROOMS[next]) found.add(below);
  }
  return found;
}

/** Whether the name is a room of the diagram. */
export function isRoom(name: string): name is Room {
  return Object.hasOwn(ROOMS, name);
}
