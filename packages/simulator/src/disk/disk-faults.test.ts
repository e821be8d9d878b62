import assert from "node:assert/strict";
import { test } from "node:test";
import type { Host, TidemarkError } from "@tidemark/engine/host";
import { bytes, drive, text, write } from "../drive.test-only.ts";
import type { FaultOptions } from "../faults.ts";
import type { Machine } from "../machine.ts";
import { Simulation } from "../simulation.ts";
import { failCalls } from "./disk-rule.ts";

function world(
  seed: number = 1,
  faults: FaultOptions = {},
): { simulation: Simulation; machine: Machine; run: <T>(main: (host: Host) => Promise<T>) => Promise<T> } {
  const simulation = new Simulation({ seed, faults });
  const machine = simulation.machine();
  const process = machine.spawn();
  return { simulation, machine, run: (main) => drive(simulation, process, main) };
}

const failsWith = (errno: string) => (error: unknown) => {
  const { code, facts } = error as TidemarkError;
  assert.deepEqual([code, facts["errno"]], ["TM_IO", errno]);
  return true;
};

test("the nth call of a name and path fails, once or for ever", async () => {
  const { machine, run } = world();
  machine.addDiskRule(failCalls({ errno: "EIO" }, { name: "write", path: "f", nth: 2 }));
  const forEver = failCalls(
    { errno: "EROFS" },
    { name: "open for writing", path: "read-only", times: Number.POSITIVE_INFINITY },
  );
  const remove = machine.addDiskRule(forEver);
  await run(async (host) => {
    await write(host, "/g", "other file", "nothing");
    await write(host, "/f", "first", "nothing");
    await assert.rejects(write(host, "/f", "second", "nothing"), failsWith("EIO"));
    await write(host, "/f", " third", "nothing");
    for (let i = 0; i < 3; i++) await assert.rejects(write(host, "/read-only", "", "nothing"), failsWith("EROFS"));
    assert.equal(await text(host, "/f"), "first third");
  });
  remove();
  await run((host) => write(host, "/read-only", "", "nothing"));
});

test("a failing write or read may do a part", async () => {
  const { machine, run } = world();
  machine.addDiskRule(failCalls({ errno: "EIO", part: 0.5 }, { name: "write", path: "torn" }));
  machine.addDiskRule(failCalls({ errno: "EIO", part: 0.5 }, { name: "read", path: "short" }));
  await run(async (host) => {
    await assert.rejects(write(host, "/torn", "12345678", "nothing"), failsWith("EIO"));
    assert.equal(await text(host, "/torn"), "1234");
    await write(host, "/short", "12345678", "nothing");
    const file = await host.disk.openRead("/short");
    const target = bytes("........");
    await assert.rejects(file.read(target, 0), failsWith("EIO"));
    assert.equal(new TextDecoder().decode(target), "1234....");
    assert.equal(await file.read(target, 0), 8);
  });
});

test("a failed sync loses what it should have written: a second sync succeeds and brings nothing back", async () => {
  let lost = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { simulation, machine, run } = world(seed);
    await run(async (host) => {
      await write(host, "/f", "", "all");
      machine.addDiskRule(failCalls({ errno: "EIO" }, { name: "sync", path: "/f" }));
      const file = await host.disk.openWrite("/f", "append");
      await file.write(bytes("x".repeat(2_048)));
      await assert.rejects(file.sync(), failsWith("EIO"));
      await file.sync();
    });
    machine.losePower();
    const found = (await drive(simulation, machine.spawn(), (host) => text(host, "/f"))) as string;
    if (found.length !== 2_048 || found.includes("\0")) lost++;
  }
  assert.ok(lost > 30, `${lost} of 40`);
});

test("after a failed sync the cache may show what is lost, or not", async () => {
  const seen = new Set<boolean>();
  for (let seed = 0; seed < 40; seed++) {
    const { machine, run } = world(seed);
    machine.addDiskRule(failCalls({ errno: "EIO" }, { name: "sync", path: "/f" }));
    await run(async (host) => {
      await assert.rejects(write(host, "/f", "x".repeat(5_000), "bytes"));
      seen.add((await text(host, "/f")) === "x".repeat(5_000));
    });
  }
  assert.deepEqual(seen, new Set([true, false]));
});

test("a failed sync of a directory loses names for good", async () => {
  const seen = new Set<string | null>();
  for (let seed = 0; seed < 40; seed++) {
    const { simulation, machine, run } = world(seed);
    machine.addDiskRule(failCalls({ errno: "EIO" }, { name: "sync directory" }));
    await run(async (host) => {
      await assert.rejects(write(host, "/f", "x", "all"), failsWith("EIO"));
      await host.disk.syncDirectory("/");
    });
    machine.losePower();
    seen.add(await drive(simulation, machine.spawn(), (host) => text(host, "/f")));
  }
  assert.deepEqual(seen, new Set(["x", null]));
});

test("a full disk takes what there is room for, and takes more once there is room again", async () => {
  const { machine, run } = world(1, { disk: { capacityBytes: 10 } });
  await run(async (host) => {
    await write(host, "/a", "123456", "nothing");
    await assert.rejects(write(host, "/b", "abcdefgh", "nothing"), failsWith("ENOSPC"));
    assert.equal(await text(host, "/b"), "abcd");
    await host.disk.remove("/a");
    await write(host, "/b", "efgh", "nothing");
    assert.equal(await text(host, "/b"), "abcdefgh");
  });
  assert.equal(machine.volume.usedBytes(), 8);
});

test("rates make every kind of failure happen", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 30; seed++) {
    const { run } = world(seed, { disk: { readError: 0.2, writeError: 0.2, syncError: 0.2, noSpace: 0.2, rot: 0.3 } });
    await run(async (host) => {
      const note = (error: unknown): void => void seen.add(String((error as TidemarkError).facts["errno"]));
      await write(host, "/f", "aaaa", "all").catch(note);
      const found = await text(host, "/f").catch(note);
      if (typeof found === "string" && found.length === 4 && found !== "aaaa") seen.add("rot");
    });
  }
  assert.deepEqual([...seen].sort(), ["EIO", "ENOSPC", "rot"]);
});

test("a flipped bit stays flipped, also after a power failure", async () => {
  const { simulation, machine, run } = world();
  await run((host) => write(host, "/f", "aaaa", "all"));
  machine.volume.rot("/f", { offset: 2, bit: 1 });
  machine.losePower();
  assert.equal(await drive(simulation, machine.spawn(), (host) => text(host, "/f")), "aaca");
});

test("a slow disk takes its time, and nothing else stands still", async () => {
  const { simulation, machine, run } = world();
  machine.addDiskRule(failCalls({ delayMs: 5_000 }, { name: "sync" }));
  const order: string[] = [];
  await run(async (host) => {
    const slow = write(host, "/f", "x", "bytes").then(() => order.push("synced"));
    await host.timers.sleep(1_000);
    order.push("slept");
    await slow;
  });
  assert.deepEqual(order, ["slept", "synced"]);
  assert.ok(simulation.scheduler.nowMs >= 5_000);
});

test("latency reorders what was asked for at the same time", async () => {
  const orders = new Set<string>();
  for (let seed = 0; seed < 10; seed++) {
    const { run } = world(seed, { disk: { latencyMs: 10, slow: 0.2, slowMs: 100 } });
    const order: string[] = [];
    await run((host) =>
      Promise.all(["a", "b", "c"].map((name) => write(host, `/${name}`, "", "nothing").then(() => order.push(name)))),
    );
    orders.add(order.join(""));
  }
  assert.ok(orders.size > 2, [...orders].join());
});

test("a lock ends with its process, not with a thread; a paused process keeps it", async () => {
  const { simulation, machine } = world();
  const first = machine.spawn();
  assert.notEqual(await drive(simulation, first, (host) => host.disk.lock("/LOCK")), null);
  const second = machine.spawn();
  first.pause();
  assert.equal(await drive(simulation, second, (host) => host.disk.lock("/LOCK")), null);
  first.kill();
  assert.notEqual(await drive(simulation, second, (host) => host.disk.lock("/LOCK")), null);
  machine.losePower();
  assert.notEqual(await drive(simulation, machine.spawn(), (host) => host.disk.lock("/LOCK")), null);
});

test("on a file system whose locks do not work everyone gets them", async () => {
  const { simulation, machine } = world(1, { disk: { locksWork: false } });
  for (let i = 0; i < 2; i++)
    assert.notEqual(await drive(simulation, machine.spawn(), (host) => host.disk.lock("/LOCK")), null);
});
