import assert from "node:assert/strict";
import { test } from "node:test";
import { CrashSignal } from "./memory-host-life.ts";
import { memoryHost, type MemoryHost } from "./memory-host.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = async (host: MemoryHost, path: string): Promise<string> =>
  new TextDecoder().decode(await host.disk.readFile(path));

async function write(host: MemoryHost, path: string, content: string, sync: boolean): Promise<void> {
  const file = await host.disk.openWrite(path, "append");
  await file.write(bytes(content));
  if (sync) await file.sync();
  await file.close();
}

test("timers run in order of their time, then of their making, each at its time", async () => {
  const host = memoryHost({ startAt: 1_000 });
  const ran: string[] = [];
  const note = (name: string) => () => void ran.push(`${name}@${host.clock.now()}`);
  host.timers.after(20, note("c"));
  host.timers.after(10, note("a"));
  host.timers.after(10, note("b"));
  const cancel = host.timers.after(15, note("cancelled"));
  host.timers.after(Number.POSITIVE_INFINITY, note("never"));
  cancel();
  cancel();
  await host.advance(19);
  assert.deepEqual(ran, ["a@1010", "b@1010"]);
  await host.advance(1);
  assert.deepEqual(ran.at(-1), "c@1020");
  assert.equal(host.clock.now(), 1_020);
  assert.equal(host.clock.monotonicMs(), 20);
});

test("what a timer sets off runs at its time, further timers included", async () => {
  const host = memoryHost({ startAt: 0 });
  const at: number[] = [];
  const loop = (async () => {
    for (let i = 0; i < 3; i++) {
      await host.timers.sleep(10);
      await write(host, "/f", "x", true);
      await host.compression.zstd(new Uint8Array(100_000));
      at.push(host.clock.now());
    }
  })();
  await host.advance(100);
  await loop;
  assert.deepEqual(at, [10, 20, 30]);
});

test("runUntil lets time pass until the promise settles, and says when it cannot", async () => {
  const host = memoryHost({ startAt: 0 });
  const slow = (async () => {
    await host.timers.sleep(3_600_000);
    return host.clock.now();
  })();
  assert.equal(await host.runUntil(slow), 3_600_000);
  await assert.rejects(host.runUntil(new Promise(() => {})), /no timer is left/);
  host.timers.after(1_000, () => {});
  await assert.rejects(host.runUntil(new Promise(() => {}), { maxMs: 999 }), /too much virtual time/);
  await assert.rejects(host.runUntil(Promise.reject(new Error("boom"))), /boom/);
});

test("a power failure keeps synced bytes under synced names and nothing else", async () => {
  let host = memoryHost();
  await host.disk.makeDirectory("/d");
  await host.disk.syncDirectory("/");
  await write(host, "/d/both", "durable", true);
  await write(host, "/d/bytes-only", "unsynced", false);
  await host.disk.syncDirectory("/d");
  await write(host, "/d/both", " and lost", false);
  await write(host, "/d/nameless", "synced", true);
  await host.disk.makeDirectory("/gone");
  host = host.crash();
  assert.deepEqual(await host.disk.list("/"), ["d"]);
  assert.deepEqual(await host.disk.list("/d"), ["both", "bytes-only"]);
  assert.equal(await text(host, "/d/both"), "durable");
  assert.equal(await text(host, "/d/bytes-only"), "");
});

test("a removal, a rename and a truncation are undone by a power failure unless synced", async () => {
  let host = memoryHost();
  await write(host, "/removed", "r", true);
  await write(host, "/old", "o", true);
  await write(host, "/cut", "0123456789", true);
  await host.disk.syncDirectory("/");
  await host.disk.remove("/removed");
  await host.disk.rename("/old", "/new");
  const cut = await host.disk.openWrite("/cut", "append");
  await cut.truncate(4);
  await cut.write(bytes("XY"));
  assert.equal(await text(host, "/cut"), "0123XY");
  host = host.crash();
  assert.deepEqual(await host.disk.list("/"), ["cut", "old", "removed"]);
  assert.equal(await text(host, "/cut"), "0123456789");
  await host.disk.rename("/old", "/new");
  await host.disk.syncDirectory("/");
  host = host.crash();
  assert.deepEqual(await host.disk.list("/"), ["cut", "new", "removed"]);
});

test("a killed process leaves what it wrote, also unsynced", async () => {
  let host = memoryHost();
  await write(host, "/f", "unsynced", false);
  host = host.crash({ keepUnsynced: true });
  assert.equal(await text(host, "/f"), "unsynced");
});

test("a dead process does nothing more", async () => {
  const host = memoryHost();
  const file = await host.disk.openWrite("/f", "create");
  let fired = false;
  host.timers.after(10, () => (fired = true));
  const writing = file.write(bytes("in flight"));
  const packing = host.compression.zstd(new Uint8Array(1_000));
  const next = host.crash({ keepUnsynced: true });
  await assert.rejects(writing, CrashSignal);
  await assert.rejects(packing, CrashSignal);
  await assert.rejects(file.write(bytes("later")), CrashSignal);
  await assert.rejects(host.disk.removeTree("/"), CrashSignal);
  await assert.rejects(host.timers.yield(), CrashSignal);
  assert.throws(() => host.failpoint("commit.before"), CrashSignal);
  await next.advance(100);
  assert.equal(fired, false);
});

test("a lock shuts out a second process until its owner releases it or dies", async () => {
  const first = memoryHost();
  const second = first.anotherProcess();
  const lock = await first.disk.lock("/LOCK");
  assert.notEqual(lock, null);
  assert.equal(await first.disk.lock("/LOCK"), null);
  assert.equal(await second.disk.lock("/LOCK"), null);
  await lock?.release();
  assert.notEqual(await second.disk.lock("/LOCK"), null);
  assert.equal(await first.disk.lock("/LOCK"), null);
  await lock?.release();
  assert.equal(await first.disk.lock("/LOCK"), null);
  second.crash({ keepUnsynced: true });
  assert.notEqual(await first.disk.lock("/LOCK"), null);
});

test("a CrashSignal at a failpoint kills the process before anything can tidy up", async () => {
  const host = memoryHost();
  await write(host, "/f", "keep me", true);
  host.onFailpoint = (name) => {
    if (name === "commit.before") throw new CrashSignal(name);
  };
  const commit = async (): Promise<void> => {
    host.failpoint("commit.after");
    try {
      host.failpoint("commit.before");
    } finally {
      await host.disk.remove("/f").catch(() => {});
    }
  };
  await assert.rejects(commit(), CrashSignal);
  const next = host.crash({ keepUnsynced: true });
  assert.equal(await text(next, "/f"), "keep me");
});

test("the same seed gives the same randomness, another seed another", () => {
  const draw = (seed: number): unknown[] => {
    const { random } = memoryHost({ seed });
    return [random.next(), random.id(), random.next(), random.id()];
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  const { random } = memoryHost();
  const mean = Array.from({ length: 10_000 }, () => random.next()).reduce((sum, x) => sum + x, 0) / 10_000;
  assert.ok(Math.abs(mean - 0.5) < 0.02, `mean ${mean}`);
});

test("standard streams are fed and read by the test", async () => {
  const host = memoryHost();
  const reading = (async () => [
    await host.streams.readInput(),
    await host.streams.readInput(),
    await host.streams.readInput(),
  ])();
  host.console.feed("a");
  await host.settle();
  host.console.feed(bytes("b"));
  host.console.endInput();
  assert.deepEqual(await reading, [bytes("a"), bytes("b"), null]);
  await host.streams.writeOutput(bytes("grüße").subarray(0, 3));
  await host.streams.writeOutput(bytes("grüße").subarray(3));
  await host.streams.writeError(bytes("!"));
  assert.equal(host.console.outputText(), "grüße");
  assert.equal(host.console.errorText(), "!");
});

test("a thread is refused with what to do", () => {
  assert.throws(() => memoryHost().threads.start({ name: "w", start: null, ports: [] }), /give the pipeline object/);
});
