import assert from "node:assert/strict";
import { test } from "node:test";
import { drive, text, write } from "./drive.test-only.ts";
import { ProcessKilled } from "./life.ts";
import { Simulation } from "./simulation.ts";

test("a killed process does nothing more, and none of its code tidies up", async () => {
  const simulation = new Simulation({ seed: 1 });
  const machine = simulation.machine();
  const process = machine.spawn();
  let tidied = false;
  const run = process.run(async (host) => {
    try {
      host.timers.after(5, () => (tidied = true));
      await host.timers.sleep(10);
      await write(host, "/late", "x", "all");
    } finally {
      tidied = true;
    }
  });
  await simulation.run({ stepsMax: 0 });
  process.kill();
  await simulation.pass(1_000);
  assert.equal(run.outcome.kind, "killed");
  assert.equal(tidied, false);
  assert.equal(await drive(simulation, machine.spawn(), (host) => text(host, "/late")), null);
});

test("a watcher kills before or after an operation, and at a failpoint", async () => {
  const outcomes: (string | null)[] = [];
  for (const when of ["before", "after"] as const) {
    const simulation = new Simulation({ seed: 1 });
    const machine = simulation.machine();
    const process = machine.spawn();
    simulation.watch({ [when]: ({ name }: { name: string }) => (name === "write" ? process.kill() : undefined) });
    const run = process.run((host) => write(host, "/f", "x", "nothing"));
    await simulation.run({ until: () => run.isOver });
    outcomes.push(await drive(simulation, machine.spawn(), (host) => text(host, "/f")));
  }
  assert.deepEqual(outcomes, ["", "x"]);
  const simulation = new Simulation({ seed: 1 });
  const process = simulation.machine().spawn();
  simulation.watch({ failpoint: () => process.kill() });
  assert.throws(() => process.host.failpoint("commit.before"), ProcessKilled);
});

test("operations that change something are numbered, so that a sweep can crash at each", async () => {
  const sequences: number[] = [];
  const simulation = new Simulation({ seed: 1 });
  simulation.watch({
    after: ({ changes, sequence }) => {
      if (changes) sequences.push(sequence);
    },
  });
  await drive(simulation, simulation.machine().spawn(), async (host) => {
    await write(host, "/f", "x", "all");
    await text(host, "/f");
  });
  assert.deepEqual(sequences, [1, 2, 3, 4]);
  assert.equal(simulation.operations, 4);
});

test("a paused process goes on later as if no time had passed: its next write lands after that of its successor", async () => {
  const simulation = new Simulation({ seed: 1 });
  const machine = simulation.machine();
  const zombie = machine.spawn();
  const run = zombie.run(async (host) => {
    await host.timers.sleep(10);
    await write(host, "/f", "zombie ", "nothing");
  });
  await simulation.pass(5);
  zombie.pause();
  await simulation.pass(1_000);
  await drive(simulation, machine.spawn(), (host) => write(host, "/f", "successor ", "nothing"));
  assert.equal(run.outcome.kind, "running");
  zombie.resume();
  await simulation.run({ until: () => run.isOver });
  assert.equal(await drive(simulation, machine.spawn(), (host) => text(host, "/f")), "successor zombie ");
});

test("a process that is killed while it is paused never wakes up", async () => {
  const simulation = new Simulation({ seed: 1 });
  const process = simulation.machine().spawn();
  let woke = false;
  process.run(async (host) => {
    await host.timers.sleep(1);
    woke = true;
  });
  process.pause();
  process.kill();
  process.resume();
  await simulation.pass(100);
  assert.equal(woke, false);
});

test("a power failure ends every process of its machine, and of no other", async () => {
  const simulation = new Simulation({ seed: 1 });
  const [one, other] = [simulation.machine("a").spawn(), simulation.machine("a").spawn()];
  const far = simulation.machine("b").spawn();
  simulation.machine("a").losePower();
  assert.deepEqual([one.isAlive, other.isAlive, far.isAlive], [false, false, true]);
});

test("the wall clock may be set; a process never sees it run backwards", async () => {
  const simulation = new Simulation({ seed: 1, startAt: 1_000_000 });
  const machine = simulation.machine();
  const process = machine.spawn();
  const { clock } = process.host;
  machine.stepClock(5_000);
  assert.equal(clock.now(), 1_005_000);
  machine.stepClock(-60_000);
  assert.equal(clock.now(), 1_005_000);
  const before = clock.monotonicMs();
  await simulation.pass(100);
  assert.ok(clock.monotonicMs() - before < 101);
  assert.ok(machine.spawn().host.clock.now() < 1_000_000);
});

test("an error that nothing catches ends the process", async () => {
  const simulation = new Simulation({ seed: 1 });
  const process = simulation.machine().spawn();
  const run = process.run(async (host) => {
    const [left, right] = host.threads.channel();
    const port = right.open();
    port.onMessage(() => {
      throw new Error("boom");
    });
    left.open().post("x");
    await host.timers.sleep(1_000);
  });
  await simulation.run({ until: () => run.isOver });
  assert.ok(run.outcome.kind === "failed" && String(run.outcome.error).includes("boom"));
  assert.equal(process.isAlive, false);
});

test("standard streams are fed and read from outside", async () => {
  const simulation = new Simulation({ seed: 1 });
  const process = simulation.machine().spawn();
  const run = process.run(async ({ streams }) => {
    for (let piece = await streams.readInput(); piece !== null; piece = await streams.readInput())
      await streams.writeOutput(piece);
    await streams.writeError(new TextEncoder().encode("end"));
  });
  await simulation.pass(1);
  process.console.feed("a");
  await simulation.pass(1);
  process.console.feed("b");
  process.console.endInput();
  await simulation.run({ until: () => run.isOver });
  assert.deepEqual([process.console.outputText(), process.console.errorText()], ["ab", "end"]);
});
