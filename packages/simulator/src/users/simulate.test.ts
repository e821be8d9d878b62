import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { count, pipeline, state, tumbling, type Pipeline } from "@tidemark/engine";
import { memorySink } from "@tidemark/engine/connector";
import { looseSchema } from "../explore/loose-schema.ts";
import { simulate, type SimulateOptions } from "./simulate.ts";

interface Order {
  readonly shop: string;
  readonly at: number;
  readonly amount: number;
}
const Order = looseSchema<Order>({ shop: "string", at: "number", amount: "number" });
const Total = looseSchema<{ shop: string; total: number }>({ shop: "string", total: "number" });

/** Orders in order of time, 10 s apart on average, of four shops. */
function orders(random: () => number, records = 40): Order[] {
  let at = Date.UTC(2026, 0, 1);
  return Array.from({ length: records }, () => {
    at += Math.floor(random() * 20_000);
    return { shop: `shop-${Math.floor(random() * 4)}`, at, amount: Math.floor(random() * 100) };
  });
}
const OPTIONS: SimulateOptions = { inputs: { orders: (random) => orders(random) }, seeds: 30 };
const eventTime = (order: Readonly<Order>): number => order.at;

/** Totals per shop by a process function. */
function totals(): Pipeline {
  return pipeline("totals", (p) => {
    p.source("orders", Order, { eventTime })
      .keyBy((order) => order.shop)
      .process("total", {
        emits: Total,
        state: { total: state.value(looseSchema<{ sum: number }>({ sum: "number" })) },
        onRecord(order, c) {
          const total = (c.state.total.get()?.sum ?? 0) + order.amount;
          c.state.total.set({ sum: total });
          c.emit({ shop: c.key, total });
        },
      })
      .to(p.sink("totals"));
  });
}

async function mistake(
  made: Pipeline | (() => Pipeline),
  kind: string,
  message: RegExp,
  options: SimulateOptions = OPTIONS,
): Promise<void> {
  await assert.rejects(simulate(made, options), (error: Error & { code?: string; facts?: { kind?: string } }) => {
    assert.equal(error.code, "TM_SIMULATION", error.stack);
    assert.equal(error.facts?.kind, kind, error.message);
    assert.match(error.message, message);
    return true;
  });
}

describe("simulate", () => {
  test("finds nothing in a pipeline without mistakes, and has crashed it", async () => {
    const report = await simulate(totals, {
      ...OPTIONS,
      seeds: 100,
      invariants: { "totals grow": ({ totals: rows }) => (rows?.length === 40 ? undefined : "a row is missing") },
    });
    assert.equal(report.seeds, 100);
    assert.ok(report.crashes > 10, `${report.crashes} crashes`);
    assert.ok(report.checkpoints > 100, `${report.checkpoints} checkpoints`);
  });

  test("finds an invariant of the user's that does not hold", async () => {
    await mistake(totals, "invariant", /"few".*too many/s, { ...OPTIONS, invariants: { few: () => "too many" } });
  });
});

describe("simulate finds", () => {
  const mapped = (fn: (order: Readonly<Order>) => unknown): Pipeline =>
    pipeline("mapped", (p) => {
      p.source("orders", Order, { eventTime }).map(fn).to(p.sink("out"));
    });

  test("a wall clock that is read", async () => {
    await mistake(
      mapped((order) => ({ ...order, seenAt: Date.now() })),
      "wall-clock",
      /Date\.now\(\) at .*simulate\.test\.ts/,
    );
    await mistake(
      mapped((order) => ({ ...order, seenAt: new Date().toISOString() })),
      "wall-clock",
      /new Date\(\)/,
    );
  });

  test("random numbers", async () => {
    await mistake(
      mapped((order) => ({ ...order, id: Math.random() })),
      "randomness",
      /Math\.random\(\) at .*simulate\.test\.ts/,
    );
  });

  test("state outside state", async () => {
    let n = 0;
    await mistake(
      mapped((order) => ({ ...order, n: n++ })),
      "state-outside-state",
      /a variable of the file/,
    );
  });

  test("a record that is kept", async () => {
    let before: Readonly<Order> | null = null;
    const rising = mapped((order) => {
      const last = before;
      before = order;
      return { rises: last !== null && last.amount > 1_000 };
    });
    await mistake(rising, "kept-record", /copy it/);
  });

  test("a step without an id of its own", async () => {
    const twice = (): Pipeline =>
      pipeline("twice", (p) => {
        const byShop = p.source("orders", Order, { eventTime }).keyBy((order) => order.shop);
        byShop.aggregate("n", { n: count() }).to(p.sink("n"));
        byShop.aggregate("n", { again: count() }).to(p.sink("again"));
      });
    await mistake(twice, "step-id", /needs one of its own/);
    const none = (): Pipeline =>
      pipeline("none", (p) => {
        const byShop = p.source("orders", Order, { eventTime }).keyBy((order) => order.shop);
        byShop.aggregate(undefined as unknown as string, { n: count() }).to(p.sink("n"));
      });
    await mistake(none, "step-id", /needs one of its own/);
  });

  test("lateness that the source was not told of", async () => {
    const perMinute = pipeline("per-minute", (p) => {
      p.source("orders", Order, { eventTime, outOfOrder: "1s" })
        .keyBy((order) => order.shop)
        .window(tumbling("1m"))
        .aggregate("n", { n: count() })
        .to(p.sink("n"));
    });
    const late = (random: () => number): Order[] =>
      orders(random).map((order, index) => (index % 7 === 6 ? { ...order, at: order.at - 180_000 } : order));
    await mistake(perMinute, "late-records", /outOfOrder/, { ...OPTIONS, inputs: { orders: late } });
    const report = await simulate(perMinute, { ...OPTIONS, inputs: { orders: late }, allowLate: true });
    assert.equal(report.seeds, 30);
  });

  test("dependence on the order of splits", async () => {
    const newest = pipeline("newest", (p) => {
      p.source("orders", Order, { eventTime, outOfOrder: "1h" })
        .keyBy((order) => order.shop)
        .process("running", {
          emits: Total,
          state: { total: state.value(looseSchema<{ sum: number }>({ sum: "number" })) },
          onRecord(order, c) {
            const total = (c.state.total.get()?.sum ?? 0) * 2 + order.amount;
            c.state.total.set({ sum: total });
            c.emit({ shop: c.key, total });
          },
        })
        .to(p.sink("totals"));
    });
    const splits = (random: () => number): Order[][] => [orders(random, 10), orders(random, 10)];
    await mistake(newest, "split-order", /order in which splits are read/, { ...OPTIONS, inputs: { orders: splits } });
  });

  test("a sink that writes again after a crash", async () => {
    const sinks = (port: string): ReturnType<NonNullable<SimulateOptions["sinks"]>> => {
      const sink = memorySink({ guarantee: "at-least-once" });
      return port === "totals" ? { binding: sink, committed: () => sink.committed } : null;
    };
    await mistake(totals, "sink", /again: simulate\(pipeline, \{ …, seeds: 1, firstSeed: \d+ \}\)[\s\S]*timeline/, {
      ...OPTIONS,
      sinks,
      seeds: 100,
    });
  });

  test("nothing in a sink that writes exactly once; its readers see the same records in every process of a run", async () => {
    const sinks = (port: string): ReturnType<NonNullable<SimulateOptions["sinks"]>> => {
      const sink = memorySink();
      return port === "totals" ? { binding: sink, committed: () => sink.committed } : null;
    };
    const { crashes } = await simulate(totals, { ...OPTIONS, sinks });
    assert.ok(crashes > 5, `${crashes} crashes`);
  });

  test("the same again, where the seed that failed is run alone", async () => {
    const sinks = (): ReturnType<NonNullable<SimulateOptions["sinks"]>> => {
      const sink = memorySink({ guarantee: "at-least-once" });
      return { binding: sink, committed: () => sink.committed };
    };
    const textOf = async (options: SimulateOptions): Promise<{ text: string; seed: number }> => {
      const error = await simulate(totals, options).then(
        () => assert.fail("nothing was found"),
        (thrown: Error & { facts: { seed: number } }) => thrown,
      );
      return { text: error.message, seed: error.facts.seed };
    };
    const first = await textOf({ ...OPTIONS, sinks, seeds: 100, firstSeed: 7 });
    const alone = await textOf({ ...OPTIONS, sinks, seeds: 1, firstSeed: first.seed });
    assert.equal(alone.text, first.text);
  });
});
