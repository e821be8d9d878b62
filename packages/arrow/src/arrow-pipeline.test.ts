import assert from "node:assert/strict";
import { test } from "node:test";
import { count, pipeline, start, sum } from "@tidemark/engine";
import { paced } from "@tidemark/engine/connector";
import { CrashSignal, memoryHost, type MemoryHost } from "@tidemark/engine/testing";
import { tableFromArrays, tableFromIPC, tableToIPC } from "apache-arrow";
import { z } from "zod";
import { arrow } from "./arrow-binding.ts";

const ROWS = 6_000;
const Sale = z.object({ n: z.int32(), shop: z.enum(["north", "south", "east"]), price: z.number() });
type Sale = z.infer<typeof Sale>;

const sales: readonly Sale[] = Array.from({ length: ROWS }, (_, n) => ({
  n,
  shop: (["north", "south", "east"] as const)[n % 3] as Sale["shop"],
  price: n / 4,
}));

const totals = pipeline("totals", (p) => {
  const all = p.source("sales", Sale, { trust: true });
  all.filter((sale) => sale.n % 2 === 0).to(p.sink("even"));
  all
    .keyBy((sale) => sale.shop)
    .aggregate("totals", { n: count(), income: sum((sale) => sale.price) })
    .to(p.sink("totals"));
});

async function machine(): Promise<MemoryHost> {
  const host = memoryHost();
  const table = tableFromArrays({
    n: Int32Array.from(sales, ({ n }) => n),
    shop: sales.map(({ shop }) => shop),
    price: Float64Array.from(sales, ({ price }) => price),
  });
  const file = await host.disk.openWrite("sales.arrow", "create");
  await file.write(tableToIPC(table, "file"));
  await file.sync();
  await file.close();
  await host.disk.syncDirectory(".");
  return host;
}

/** Runs the job to its end, or to the crash. */
async function run(host: MemoryHost): Promise<void> {
  const { result } = await host.runUntil(
    start(totals, {
      host,
      bind: {
        // All rows are one record batch: checkpoints are taken in the middle of it.
        sales: { description: "sales", source: paced(arrow("sales.arrow", { pieceBytes: 4_000 }).source!, 50_000) },
        even: arrow("even.arrows"),
        totals: arrow("totals.arrows"),
      },
      stateDirectory: "state",
      parallelism: 2,
      checkpoint: { every: "10ms" },
    }),
  );
  await host.runUntil(result);
}

async function recordsOf(host: MemoryHost, path: string): Promise<Record<string, unknown>[]> {
  const rows = tableFromIPC(await host.disk.readFile(path)).toArray() as { toJSON(): Record<string, unknown> }[];
  return rows.map((row) => row.toJSON());
}

async function check(host: MemoryHost): Promise<void> {
  assert.deepEqual(
    await recordsOf(host, "even.arrows"),
    sales.filter(({ n }) => n % 2 === 0),
  );
  const inserts = (await recordsOf(host, "totals.arrows")).filter(({ op }) => op === "+I" || op === "+U");
  assert.equal(inserts.length, ROWS);
  for (const shop of ["north", "south", "east"]) {
    const own = sales.filter((sale) => sale.shop === shop);
    const last = inserts.findLast(({ key }) => key === JSON.stringify(shop) || key === shop);
    assert.deepEqual([last?.["n"], last?.["income"]], [own.length, own.reduce((all, { price }) => all + price, 0)]);
  }
}

test("a job from a file to two streams that crashes at any step of its checkpoints writes each record once", async () => {
  const whole = await machine();
  let steps = 0;
  whole.onFailpoint = () => void steps++;
  await run(whole);
  await check(whole);
  assert.ok(steps > 30, `${steps} steps: there was a checkpoint at the end only`);
  const stride = Math.ceil(steps / 40);
  for (let step = 1; step <= steps; step += stride) {
    for (const keepUnsynced of [true, false]) {
      let host = await machine();
      let hits = 0;
      host.onFailpoint = (name) => {
        if (++hits === step) throw new CrashSignal(name);
      };
      await assert.rejects(run(host));
      host = host.crash({ keepUnsynced });
      host.onFailpoint = () => undefined;
      await run(host);
      await check(host);
    }
  }
});
