import assert from "node:assert/strict";
import { test } from "node:test";
import type { ObjectStore, TidemarkError } from "@tidemark/engine/host";
import { bytes, drive } from "../drive.test-only.ts";
import type { FaultOptions } from "../faults.ts";
import type { SimulatedProcess } from "../process.ts";
import { Simulation } from "../simulation.ts";
import type { SimulatedObjectStore } from "./simulated-object-store.ts";
import { failRequests, type StoreRule } from "./store-rule.ts";

interface World {
  readonly simulation: Simulation;
  readonly store: SimulatedObjectStore;
  readonly process: SimulatedProcess;
  spawn(): SimulatedProcess;
  run<T>(main: (store: ObjectStore) => Promise<T>, process?: SimulatedProcess): Promise<T>;
}

function world(options: { seed?: number; faults?: FaultOptions; rule?: StoreRule } = {}): World {
  const { seed = 1, faults = {}, rule } = options;
  const simulation = new Simulation({ seed, faults });
  const store = simulation.objectStore("store", rule);
  const spawn = (): SimulatedProcess => simulation.machine().spawn({ objectStore: store });
  const first = spawn();
  return {
    simulation,
    store,
    process: first,
    spawn,
    run: (main, process = first) => drive(simulation, process, ({ objectStore }) => main(objectStore as ObjectStore)),
  };
}

const textOf = (found: { bytes: Uint8Array } | null): string | null =>
  found === null ? null : new TextDecoder().decode(found.bytes);

const failsWith = (status: string, outcome: string) => (error: unknown) => {
  const { code, facts } = error as TidemarkError;
  assert.deepEqual([code, facts["status"], facts["outcome"]], ["TM_OBJECT_STORE", status, outcome]);
  return true;
};

test("objects are put, read whole and in part, replaced and deleted", async () => {
  await world().run(async (store) => {
    const content = bytes("0123456789");
    const putting = store.put("a", content);
    content.fill(0);
    await putting;
    assert.equal(textOf(await store.get("a")), "0123456789");
    assert.equal(textOf(await store.get("a", { range: { offset: 3, length: 4 } })), "3456");
    assert.equal(textOf(await store.get("a", { range: { offset: 8, length: 40 } })), "89");
    assert.equal((await store.head("a"))?.sizeBytes, 10);
    await store.put("a", bytes("new"));
    assert.equal(textOf(await store.get("a")), "new");
    await store.delete("a");
    await store.delete("a");
    assert.deepEqual([await store.get("a"), await store.head("a")], [null, null]);
  });
});

test("what was read is the caller's own", async () => {
  await world().run(async (store) => {
    await store.put("a", bytes("abc"));
    (await store.get("a"))?.bytes.fill(0);
    assert.equal(textOf(await store.get("a")), "abc");
  });
});

test("of many that create one key, one wins; a condition on an etag holds for that version alone", async () => {
  for (let seed = 0; seed < 10; seed++) {
    await world({ seed }).run(async (store) => {
      const won = await Promise.all(["a", "b", "c"].map((name) => store.put("k", bytes(name), { ifAbsent: true })));
      assert.equal(won.filter(({ kind }) => kind === "stored").length, 1);
      const winner = won.findIndex(({ kind }) => kind === "stored");
      assert.equal(textOf(await store.get("k")), "abc"[winner]);
      const etag = (await store.head("k"))?.etag ?? "";
      assert.equal((await store.put("k", bytes("2"), { ifEtag: etag })).kind, "stored");
      assert.equal((await store.put("k", bytes("3"), { ifEtag: etag })).kind, "refused");
      assert.equal((await store.put("absent", bytes("3"), { ifEtag: etag })).kind, "refused");
      assert.equal(textOf(await store.get("k")), "2");
      await store.delete("k");
      assert.equal((await store.put("k", bytes("4"), { ifAbsent: true })).kind, "stored");
    });
  }
});

test("a listing is in order, by prefix, in pages", async () => {
  await world().run(async (store) => {
    for (const key of ["b/2", "a/1", "b/1", "b/10", "c"]) await store.put(key, bytes(key));
    const first = await store.list("b/", { limit: 2 });
    assert.deepEqual([first.objects.map(({ key }) => key), first.next], [["b/1", "b/10"], "b/10"]);
    const second = await store.list("b/", { after: "b/10" });
    assert.deepEqual([second.objects.map(({ key }) => key), second.next], [["b/2"], null]);
  });
});

test("a lagging listing misses the new and shows the deleted, get and head do not; later it is right", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const { simulation, run } = world({ seed, faults: { store: { listLagMs: 1_000 } } });
    await run((store) => store.put("old", bytes("x")));
    await simulation.pass(2_000);
    await run(async (store) => {
      await store.delete("old");
      await store.put("new", bytes("x"));
      assert.deepEqual([await store.head("old"), textOf(await store.get("new"))], [null, "x"]);
      seen.add((await store.list("")).objects.map(({ key }) => key).join());
    });
    await simulation.pass(2_000);
    assert.deepEqual(
      (await run((store) => store.list(""))).objects.map(({ key }) => key),
      ["new"],
    );
  }
  assert.deepEqual([...seen].sort(), ["", "new", "new,old", "old"]);
});

test("an upload in parts is seen when it is complete, not before; what is not completed stays as an orphan", async () => {
  const { simulation, store, process, spawn, run } = world();
  await run(async (client) => {
    const upload = await client.startUpload("big");
    const parts = [await upload.putPart(1, bytes("one ")), await upload.putPart(2, bytes("wrong"))];
    parts[1] = await upload.putPart(2, bytes("two"));
    assert.equal(await client.get("big"), null);
    assert.equal((await upload.complete(parts, { ifAbsent: true })).kind, "stored");
    assert.equal(textOf(await client.get("big")), "one two");
    const refused = await client.startUpload("big");
    assert.equal((await refused.complete([await refused.putPart(1, bytes("x"))], { ifAbsent: true })).kind, "refused");
    await refused.abort();
    const orphan = await client.startUpload("orphan");
    await orphan.putPart(1, bytes("x"));
  });
  process.kill();
  const sweeper = spawn();
  const orphans = await run((client) => client.listUploads(""), sweeper);
  assert.deepEqual(
    orphans.map(({ key }) => key),
    ["orphan"],
  );
  await run((client) => client.abortUpload("orphan", orphans[0]?.uploadId ?? ""), sweeper);
  assert.deepEqual(store.bucket.listUploads(""), []);
  assert.ok(simulation.scheduler.steps > 0);
});

test("a throttled request has no effect", async () => {
  const { run } = world({ rule: failRequests({ status: "throttled" }, { name: "put" }) });
  await run(async (store) => {
    await assert.rejects(store.put("a", bytes("1")), failsWith("throttled", "none"));
    assert.equal(await store.head("a"), null);
    assert.equal((await store.put("a", bytes("2"))).kind, "stored");
  });
});

test("an answer may be lost: the request took effect, and its own repetition is refused", async () => {
  const { run } = world({ rule: failRequests({ status: "unavailable", takesEffect: true }, { name: "put" }) });
  await run(async (store) => {
    await assert.rejects(store.put("a", bytes("mine"), { ifAbsent: true }), failsWith("unavailable", "unknown"));
    assert.equal((await store.put("a", bytes("mine"), { ifAbsent: true })).kind, "refused");
    assert.equal(textOf(await store.get("a")), "mine");
  });
});

test("a request may arrive long after its sender was told of a timeout, and undo what came since", async () => {
  const late = { status: "timeout", takesEffect: true, delayMs: 60_000, answerMs: 1_000 } as const;
  const { simulation, run } = world({ rule: failRequests(late, { name: "put" }) });
  await run(async (store) => {
    await assert.rejects(store.put("a", bytes("late")), failsWith("timeout", "unknown"));
    await store.put("a", bytes("newer"));
  });
  assert.ok(simulation.scheduler.nowMs < 60_000);
  await simulation.pass(61_000);
  assert.equal(textOf(await run((store) => store.get("a"))), "late");
});

test("a request on its way outlives its sender; a condition holds it off", async () => {
  const late = { status: "timeout", takesEffect: true, delayMs: 60_000, answerMs: 70_000 } as const;
  const { simulation, process, spawn, run } = world({ rule: failRequests(late, { name: "put", times: 2 }) });
  process.run(async ({ objectStore }) => {
    await Promise.all([
      objectStore?.put("a", bytes("zombie")),
      objectStore?.put("b", bytes("zombie"), { ifAbsent: true }),
    ]);
  });
  process.kill();
  const next = spawn();
  await run(async (store) => {
    await store.put("a", bytes("next"));
    await store.put("b", bytes("next"), { ifAbsent: true });
  }, next);
  await simulation.pass(61_000);
  assert.deepEqual(await run(async (store) => [textOf(await store.get("a")), textOf(await store.get("b"))], next), [
    "zombie",
    "next",
  ]);
});

test("rates make every kind of failure happen, and what is said of the outcome is true", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const faults = { store: { throttled: 0.1, unavailable: 0.2, lost: 0.2, conflict: 0.1, latencyMs: 20 } };
    const { simulation, store, run } = world({ seed, faults });
    await run(async (client) => {
      await client
        .put("a", bytes("x"), { ifAbsent: true })
        .catch(({ facts }: TidemarkError) => seen.add(`${facts["status"]} ${facts["outcome"]}`));
    });
    const failed = [...seen].at(-1) ?? "";
    await simulation.pass(200_000);
    if (failed.endsWith("none") && seen.size === 1) assert.equal(store.bucket.head("a"), null);
  }
  assert.deepEqual([...seen].sort(), ["conflict none", "throttled none", "timeout unknown", "unavailable unknown"]);
});
