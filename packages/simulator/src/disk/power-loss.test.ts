import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, drive, text, write } from "../drive.test-only.ts";
import type { FaultOptions } from "../faults.ts";
import type { Host } from "@tidemark/engine/host";
import { Simulation } from "../simulation.ts";

/** What a scenario leaves behind a power failure, over many seeds: each outcome as text. */
async function outcomes(
  before: (host: Host) => Promise<void>,
  after: (host: Host) => Promise<unknown>,
  faults: FaultOptions = {},
): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const simulation = new Simulation({ seed, faults });
    const machine = simulation.machine();
    await drive(simulation, machine.spawn(), before);
    machine.losePower();
    seen.add(JSON.stringify(await drive(simulation, machine.spawn(), after)));
  }
  return seen;
}

const allOf = (...values: readonly unknown[]): Set<string> => new Set(values.map((value) => JSON.stringify(value)));

test("synced bytes under a synced name are there, always", async () => {
  const seen = await outcomes(
    (host) => write(host, "/f", "x".repeat(2_000), "all"),
    async (host) => (await text(host, "/f")) === "x".repeat(2_000),
  );
  assert.deepEqual(seen, allOf(true));
});

test("a name that was not synced may be lost with all that was synced in it", async () => {
  const seen = await outcomes(
    (host) => write(host, "/f", "synced", "bytes"),
    (host) => text(host, "/f"),
  );
  assert.deepEqual(seen, allOf("synced", null));
});

test("a directory whose own name was not synced may be lost with everything below it", async () => {
  const seen = await outcomes(
    async (host) => {
      await host.disk.makeDirectory("/a/b");
      await write(host, "/a/b/f", "x", "all");
      await host.disk.syncDirectory("/a");
    },
    (host) => text(host, "/a/b/f"),
  );
  assert.deepEqual(seen, allOf("x", null));
});

test("bytes that were not synced may be there, in part, as zeros, as garbage, or not", async () => {
  const content = "y".repeat(3 * 512);
  const seen = await outcomes(
    async (host) => {
      await write(host, "/f", "", "all");
      await write(host, "/f", content, "nothing");
    },
    async (host) => {
      const found = (await text(host, "/f")) as string;
      if (found === "") return "empty";
      if (found === content) return "whole";
      if (/^\0+$/.test(found)) return "zeros";
      if (/^(y+|\0+)*$/.test(found)) return "torn";
      return "garbage";
    },
  );
  assert.deepEqual(seen, allOf("empty", "whole", "zeros", "torn", "garbage"));
});

test("what was synced before bytes that were not stays as it was", async () => {
  const seen = await outcomes(
    async (host) => {
      await write(host, "/f", "a".repeat(1_000), "all");
      await write(host, "/f", "b".repeat(1_000), "nothing");
    },
    async (host) => ((await text(host, "/f")) as string).startsWith("a".repeat(1_000)),
  );
  assert.deepEqual(seen, allOf(true));
});

test("a rename that was not synced happened whole or not at all", async () => {
  const seen = await outcomes(
    async (host) => {
      await write(host, "/old", "new content", "all");
      await write(host, "/target", "old content", "all");
      await host.disk.rename("/old", "/target");
    },
    async (host) => [await text(host, "/old"), await text(host, "/target")],
  );
  assert.deepEqual(seen, allOf(["new content", "old content"], [null, "new content"]));
});

test("a rename into another directory, synced there alone, may leave both names", async () => {
  const seen = await outcomes(
    async (host) => {
      await host.disk.makeDirectory("/a");
      await host.disk.makeDirectory("/b");
      await host.disk.syncDirectory("/");
      await write(host, "/a/f", "x", "all");
      await host.disk.rename("/a/f", "/b/f");
      await host.disk.syncDirectory("/b");
    },
    async (host) => [await text(host, "/a/f"), await text(host, "/b/f")],
  );
  assert.deepEqual(seen, allOf(["x", "x"], [null, "x"]));
});

test("removals and links that were not synced may be undone, each by itself", async () => {
  const seen = await outcomes(
    async (host) => {
      await write(host, "/removed", "r", "all");
      await write(host, "/linked", "l", "all");
      await host.disk.remove("/removed");
      await host.disk.link("/linked", "/second");
    },
    (host) => host.disk.list("/"),
  );
  assert.deepEqual(
    seen,
    allOf(["linked", "removed"], ["linked"], ["linked", "removed", "second"], ["linked", "second"]),
  );
});

test("a removed tree may come back in part", async () => {
  const seen = await outcomes(
    async (host) => {
      await host.disk.makeDirectory("/t");
      await host.disk.syncDirectory("/");
      for (const name of ["a", "b"]) await write(host, `/t/${name}`, name, "all");
      await host.disk.removeTree("/t");
    },
    async (host) => ((await host.disk.stat("/t")) === null ? null : host.disk.list("/t")),
  );
  for (const part of [null, ["a", "b"], ["b"], []]) assert.ok(seen.has(JSON.stringify(part)), JSON.stringify(part));
});

test("a cut that was not synced may be undone", async () => {
  const seen = await outcomes(
    async (host) => {
      await write(host, "/f", "0123456789", "all");
      const file = await host.disk.openWrite("/f", "append");
      await file.truncate(4);
    },
    (host) => text(host, "/f"),
  );
  assert.ok(seen.has(JSON.stringify("0123456789")) && seen.has(JSON.stringify("0123")), [...seen].join());
});

test("with an ordered journal, later names never outlive earlier ones, and bytes are there up to some point", async () => {
  const seen = await outcomes(
    async (host) => {
      for (const name of ["a", "b", "c"]) await write(host, `/${name}`, name.repeat(600), "nothing");
    },
    async (host) => {
      const names = await host.disk.list("/");
      for (const name of names) assert.match((await text(host, `/${name}`)) as string, new RegExp(`^${name}{0,600}$`));
      return names;
    },
    { disk: { powerLoss: "ordered" } },
  );
  assert.deepEqual(seen, allOf([], ["a"], ["a", "b"], ["a", "b", "c"]));
});

test("a killed process leaves all it wrote, synced or not", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const simulation = new Simulation({ seed });
    const machine = simulation.machine();
    const process = machine.spawn();
    await drive(simulation, process, (host) => write(host, "/f", "unsynced", "nothing"));
    process.kill();
    assert.equal(await drive(simulation, machine.spawn(), (host) => text(host, "/f")), "unsynced");
  }
});

test("a call in flight when its process is killed happened, in part, or not; those behind it then did not", async () => {
  const seen = new Set<string | null>();
  for (let seed = 0; seed < 200; seed++) {
    const simulation = new Simulation({ seed });
    const machine = simulation.machine();
    const process = machine.spawn();
    const file = await drive(simulation, process, (host) => host.disk.openWrite("/f", "create"));
    process.run(() => Promise.all([file.write(bytes("aaaa")), file.write(bytes("bbbb"))]));
    process.kill();
    seen.add(await drive(simulation, machine.spawn(), (host) => text(host, "/f")));
  }
  assert.deepEqual(seen, new Set(["", "a", "aa", "aaa", "aaaa", "aaaab", "aaaabb", "aaaabbb", "aaaabbbb"]));
});
