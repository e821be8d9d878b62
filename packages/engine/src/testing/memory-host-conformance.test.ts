import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Compression } from "../host/compression.ts";
import type { Timers } from "../host/clock.ts";
import type { Disk } from "../host/disk.ts";
import { hostConformance } from "../host/host.conformance.ts";
import type { HostUnderTest } from "../host/host-under-test.ts";
import type { Threads } from "../host/threads.ts";
import { memoryHost, type MemoryHost } from "./memory-host.ts";

async function open(faults: Partial<Faults> = {}): Promise<HostUnderTest> {
  const memory = memoryHost();
  await memory.disk.makeDirectory("/test");
  const host = {
    ...memory,
    disk: { ...memory.disk, ...faults.disk?.(memory) },
    timers: { ...memory.timers, ...faults.timers?.(memory) },
    compression: { ...memory.compression, ...faults.compression?.(memory) },
    threads: { ...memory.threads, ...faults.threads?.(memory) },
  };
  return { host, directory: "/test", pass: (ms) => memory.advance(ms), close: async () => {} };
}

describe("host conformance: memory", () => {
  for (const { name, run } of hostConformance(() => open())) test(name, run);
});

/** What a planted fault puts in place of a method. */
interface Faults {
  disk(good: MemoryHost): Partial<Disk>;
  timers(good: MemoryHost): Partial<Timers>;
  compression(good: MemoryHost): Partial<Compression>;
  threads(good: MemoryHost): Partial<Threads>;
}

/** Mistakes a host could make, and the case that must find each. */
const PLANTED: readonly { fault: string; foundBy: string; faults: Partial<Faults> }[] = [
  {
    fault: "link takes a name that exists",
    foundBy: "disk: link gives a second name, and never takes one that exists",
    faults: { disk: ({ disk }) => ({ link: async (from, to) => (await disk.remove(to), disk.link(from, to)) }) },
  },
  {
    fault: "create opens what exists",
    foundBy: "disk: a created file is empty, and only created if it does not exist",
    faults: { disk: ({ disk }) => ({ openWrite: (path) => disk.openWrite(path, "append") }) },
  },
  {
    fault: "list has no order",
    foundBy: "disk: list is sorted by code unit",
    faults: { disk: ({ disk }) => ({ list: async (path) => [...(await disk.list(path))].reverse() }) },
  },
  {
    fault: "removing what is absent fails",
    foundBy: "disk: remove removes a file, twice is fine, a directory is not removed",
    faults: { disk: ({ disk }) => ({ remove: async (path) => (await disk.readFile(path), disk.remove(path)) }) },
  },
  {
    fault: "readFile ignores its bound",
    foundBy: "disk: readFile refuses more than maxBytes",
    faults: { disk: ({ disk }) => ({ readFile: (path) => disk.readFile(path) }) },
  },
  {
    fault: "anyone gets the lock",
    foundBy: "disk: a lock is held once, also within the process, until it is released",
    faults: { disk: ({ disk }) => ({ lock: async (path) => (await disk.lock(path)) ?? { release: async () => {} } }) },
  },
  {
    fault: "syncing an absent directory succeeds",
    foundBy: "disk: what is absent is TM_NOT_FOUND with path and errno",
    faults: { disk: () => ({ syncDirectory: async () => {} }) },
  },
  {
    fault: "cancel does not cancel",
    foundBy: "timers: a cancelled one never runs; cancelling again or too late is fine",
    faults: { timers: ({ timers }) => ({ after: (delayMs, run) => (timers.after(delayMs, run), () => {}) }) },
  },
  {
    fault: "long delays overflow",
    foundBy: "timers: a delay beyond what a platform timer holds does not fire at once",
    faults: {
      timers: ({ timers }) => ({ after: (delayMs, run) => timers.after(delayMs >= 2 ** 31 ? 1 : delayMs, run) }),
    },
  },
  {
    fault: "a timer runs within the call",
    foundBy: "timers: one runs once, in order of its delay, never within the call",
    faults: { timers: () => ({ after: (_, run) => (run(), () => {}) }) },
  },
  {
    fault: "yield does not give way",
    foundBy: "timers: yield gives way to what is ready",
    faults: { timers: () => ({ yield: () => Promise.resolve() }) },
  },
  {
    fault: "unzstd ignores its bound",
    foundBy: "compression: unzstd is the inverse of zstd, up to exactly maxBytes",
    faults: { compression: ({ compression }) => ({ unzstd: (bytes) => compression.unzstd(bytes, 2 ** 30) }) },
  },
  {
    fault: "the end of a gzip file is not checked",
    foundBy: "compression: a truncated gzip file is TM_SOURCE",
    faults: {
      compression: ({ compression }) => ({
        decoder(format) {
          const good = compression.decoder(format);
          return { push: (bytes) => good.push(bytes), end: async () => new Uint8Array(0) };
        },
      }),
    },
  },
  {
    fault: "messages are not copied",
    foundBy: "channel: a message is a copy",
    faults: { threads: () => ({ channel: sharingChannel }) },
  },
];

/** A channel that hands the very object over. */
function sharingChannel(): ReturnType<Threads["channel"]> {
  const inbox: unknown[] = [];
  const left = { post: (message: unknown) => void inbox.push(message), onMessage: () => {}, close: () => {} };
  const right = {
    post: () => {},
    onMessage: (receive: (message: unknown) => void) => inbox.forEach(receive),
    close: () => {},
  };
  return [{ open: () => left }, { open: () => right }];
}

describe("the host conformance suite finds", () => {
  for (const { fault, foundBy, faults } of PLANTED) {
    test(fault, async () => {
      const found = hostConformance(() => open(faults)).find(({ name }) => name === foundBy);
      assert.ok(found, foundBy);
      await assert.rejects(found.run());
    });
  }
});
