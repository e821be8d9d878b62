import assert from "node:assert/strict";
import { test } from "node:test";
import { Life } from "./life.ts";
import { Entropy } from "./random.ts";
import { Lane, Scheduler, type EventRequest } from "./scheduler.ts";
import { firstComeFirstServed, priorities, randomWalk, type Strategy } from "./schedule-strategy.ts";
import { Trace } from "./trace.ts";

function scheduler(options: { seed?: number; strategy?: Strategy; timePasses?: number } = {}): Scheduler {
  const { seed = 1, strategy = firstComeFirstServed(), timePasses = 0 } = options;
  return new Scheduler({
    choices: new Entropy({ seed }).choices("schedule"),
    strategy,
    trace: new Trace(),
    drain: () => new Promise((resolve) => void setImmediate(resolve)),
    timePasses,
  });
}

const event = (what: string, ran: string[], more: Partial<EventRequest> = {}): EventRequest => ({
  kind: "action",
  actor: more.life?.name ?? "world",
  what,
  life: null,
  run: () => void ran.push(what),
  ...more,
});

test("time passes only when nothing is ready, from due to due", async () => {
  const world = scheduler();
  const ran: string[] = [];
  world.schedule(event("c", ran, { delayMs: 20 }));
  world.schedule(event("a", ran));
  world.schedule(event("b", ran, { delayMs: 5, run: () => void ran.push(`b at ${world.nowMs}`) }));
  world.schedule(event("never", ran, { delayMs: Number.POSITIVE_INFINITY }));
  assert.equal(await world.run(), "idle");
  assert.deepEqual(ran, ["a", "b at 5", "c"]);
  assert.deepEqual([world.nowMs, world.steps], [20, 3]);
});

test("all microtasks run before the next choice", async () => {
  const world = scheduler();
  const ran: string[] = [];
  const long = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) await Promise.resolve();
    ran.push("long");
  };
  world.schedule(event("first", ran, { run: () => void long() }));
  world.schedule(event("second", ran));
  await world.run();
  assert.deepEqual(ran, ["long", "second"]);
});

test("different seeds give different orders, the same seed the same", async () => {
  const orderOf = async (seed: number, strategy: Strategy): Promise<string> => {
    const world = scheduler({ seed, strategy });
    const ran: string[] = [];
    for (const name of "abcdefgh") world.schedule(event(name, ran, { actor: name }));
    await world.run();
    return ran.join("");
  };
  for (const strategy of [randomWalk, priorities]) {
    const orders = await Promise.all(Array.from({ length: 20 }, (_, seed) => orderOf(seed, strategy())));
    assert.ok(new Set(orders).size > 15, `${new Set(orders).size} orders`);
    assert.equal(await orderOf(3, strategy()), orders[3]);
  }
});

test("priorities let one side run ahead of the other, but do not starve it for ever", async () => {
  const world = scheduler({ strategy: priorities({ changePoints: 0 }) });
  const ran: string[] = [];
  const again = (actor: string): void => {
    world.schedule(event(actor, ran, { actor, run: () => (ran.push(actor), again(actor)) }));
  };
  again("left");
  again("right");
  await world.run({ stepsMax: 1_000 });
  const changes = ran.filter((actor, index) => index > 0 && actor !== ran[index - 1]).length;
  assert.ok(changes > 0 && changes < 20, `${changes} changes`);
});

test("events of a lane keep their order, whatever their delays", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const world = scheduler({ seed, strategy: randomWalk() });
    const lane = new Lane();
    const ran: string[] = [];
    for (const [index, delayMs] of [5, 0, 9, 1, 0].entries())
      world.schedule(event(String(index), ran, { lane, isFifo: true, delayMs }));
    await world.run();
    assert.equal(ran.join(""), "01234");
  }
});

test("a cancelled event never comes; cancelling again or too late is fine", async () => {
  const world = scheduler();
  const ran: string[] = [];
  const cancels = [0, 5].map((delayMs) => world.schedule(event("cancelled", ran, { delayMs })));
  const late = world.schedule(event("ran", ran));
  for (const cancel of [...cancels, ...cancels]) cancel();
  await world.run();
  late();
  assert.deepEqual(ran, ["ran"]);
});

test("a dead life gets nothing, and its events decide what happened; a paused one waits", async () => {
  const world = scheduler();
  const ran: string[] = [];
  const life = new Life("p");
  const other = new Life("q");
  const abandon = (): void => void ran.push("abandoned");
  world.schedule(event("ready", ran, { life, abandon }));
  world.schedule(event("later", ran, { life, abandon, delayMs: 5 }));
  world.schedule(event("other", ran, { life: other }));
  other.pause();
  world.reconsider();
  world.abandon(life.end());
  world.schedule(event("too late", ran, { life }));
  assert.equal(await world.run(), "idle");
  assert.deepEqual(ran, ["abandoned", "abandoned"]);
  other.resume();
  world.reconsider();
  await world.run();
  assert.equal(ran.at(-1), "other");
});

test("a machine may be so slow that time passes although something is ready", async () => {
  const world = scheduler({ timePasses: 0.5, strategy: randomWalk() });
  const ran: string[] = [];
  for (let i = 0; i < 20; i++) world.schedule(event("ready", ran));
  world.schedule(event("later", ran, { delayMs: 1_000 }));
  await world.run({ stepsMax: 20 });
  assert.equal(world.nowMs, 1_000);
});

test("an event that takes real time is waited for", async () => {
  const world = scheduler();
  const ran: string[] = [];
  world.schedule(
    event("real", ran, {
      run: async () => {
        await new Promise((resolve) => void setTimeout(resolve, 5));
        ran.push("real");
      },
    }),
  );
  world.schedule(event("next", ran));
  await world.run();
  assert.deepEqual([ran, world.nowMs], [["real", "next"], 0]);
});

test("nothing that waits is nothing left to do", async () => {
  assert.equal(await scheduler().run({ until: () => false }), "idle");
  assert.equal(await scheduler().run({ until: () => true }), "done");
});
