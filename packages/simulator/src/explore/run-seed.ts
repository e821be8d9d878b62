import { jsonl, type Binding, type JobEvent } from "@tidemark/engine";
import { memoryBackend, type SnapshotRule, start, TidemarkError } from "@tidemark/engine";
import { allInvariants } from "../invariants/all-invariants.ts";
import { RestoreChecks } from "../invariants/checkpoint-restores.ts";
import type { Machine } from "../machine.ts";
import type { PipelineRun } from "../process.ts";
import type { Choices } from "../random.ts";
import { firstComeFirstServed, priorities, randomWalk, type Strategy } from "../schedule-strategy.ts";
import { Simulation } from "../simulation.ts";
import { expectedOf } from "./expected.ts";
import { fastCompression } from "./fast-compression.ts";
import { FaultDriver, type Victim } from "./fault-driver.ts";
import { listSource } from "./list-source.ts";
import { drawPlan, type RunPlan } from "./run-plan.ts";
import type { RunOptions, RunReport, Scenario } from "./scenario.ts";
import { outputPath, STATE_DIRECTORY, World, type Invariant } from "./world.ts";

/** Processes of one run; a job that needs more never gets anywhere. */
const LIVES_MAX = 60;
/** Steps in which a process without faults has to reach the end of its input. */
const STEPS_MAX = 40_000;
/** Virtual time in which a process without faults has to reach the end of its input. */
const VIRTUAL_MS_MAX = 120_000;
/** Faults that have not come after so many steps do not come. */
const FAULTY_STEPS_MAX = 6_000;
/** A paused process stays so for up to this many steps of the process that was started meanwhile. */
const PAUSED_STEPS_MAX = 400;
const TIMELINE_LINES = 400;
/** There is little state; what changed is written alone all the same, several times between two whole ones. */
const RARELY_WHOLE: SnapshotRule = { wholeBelowKeys: 0, changedShareMax: 1, changesMax: 3, changesBytesMax: 10 };

/**
 * Runs a scenario once, with everything that follows from the seed: settings, order of events, faults. Checks the invariants at every
 * operation, checkpoint, crash and at the end. Never throws for what the engine does.
 */
export async function runSeed(scenario: Scenario, seed: number, options: RunOptions = {}): Promise<RunReport> {
  return new SeedRun(scenario, seed, options).run();
}

class SeedRun {
  readonly #scenario: Scenario;
  readonly #options: RunOptions;
  readonly #plan: RunPlan;
  readonly #choices: Choices;
  readonly #simulation: Simulation;
  readonly #machine: Machine;
  readonly #world: World;
  readonly #driver: FaultDriver;
  readonly #invariants: readonly Invariant[];
  readonly #restores: RestoreChecks;
  #checkpoints = 0;

  constructor(given: Scenario, seed: number, options: RunOptions) {
    const scenario = withOwnSinks(given);
    this.#scenario = scenario;
    this.#options = options;
    // The plan is drawn before there is a world, so its choices come from one that is only asked for them.
    this.#plan = drawPlan(scenario, new Simulation({ seed }).choices("plan"), options);
    const { classes, powerLoss, strategy } = this.#plan;
    this.#simulation = new Simulation({
      seed,
      strategy: strategyOf(strategy),
      compression: fastCompression(),
      keepTrace: options.timeline ?? false,
      faults: { disk: { powerLoss }, time: { passes: classes.has("slow-machine") ? 0.05 : 0 } },
      ...(options.drain !== undefined && { drain: options.drain }),
    });
    this.#machine = this.#simulation.machine();
    this.#choices = this.#simulation.choices("driver");
    this.#world = new World({
      scenario,
      plan: this.#plan,
      volume: this.#machine.volume,
      expected: expectedOf(given),
    });
    this.#driver = new FaultDriver({
      machine: this.#machine,
      world: this.#world,
      choices: this.#choices,
      run: options,
    });
    this.#invariants = allInvariants(this.#world, this.#simulation.scheduler);
    this.#restores = new RestoreChecks(this.#world, this.#options, this.#choices);
    this.#watch();
  }

  async run(): Promise<RunReport> {
    let isFinished = false;
    let lives = 0;
    while (!isFinished && lives < LIVES_MAX && this.#world.violations.length === 0) {
      if (this.#options.crashes === undefined && lives > this.#plan.faultsMax * 3) this.#driver.end();
      const ended = await this.#live(lives);
      lives++;
      if (ended === "halted") break;
      isFinished = ended === "finished";
    }
    if (isFinished) for (const invariant of this.#invariants) invariant.finished?.();
    else if (lives >= LIVES_MAX)
      this.#world.violate("progress", `the job is not finished after ${LIVES_MAX} processes`);
    await this.#restores.finish(isFinished);
    return this.#report(lives);
  }

  /** One process, with the twin that is started while it is paused. */
  async #live(life: number): Promise<"finished" | "unfinished" | "halted"> {
    this.#machine.volume.capacityBytes = Number.POSITIVE_INFINITY;
    const victims: Victim[] = [this.#start(life)];
    const end = await this.#goOn(victims);
    if (end === "paused") await this.#withTwin(victims, life);
    const outcomes = victims.map(({ run }) => run.outcome);
    for (const { process } of victims) process.kill();
    this.#driver.victim = null;
    this.#restartMachine();
    let hasHalted = false;
    for (const outcome of outcomes) {
      if (outcome.kind !== "failed") continue;
      for (const invariant of this.#invariants) invariant.failed?.(outcome.error);
      if (outcome.error instanceof TidemarkError) this.#world.reach(outcome.error.code);
      // Damage is not mended by starting anew; to halt is what the engine promises.
      if (this.#world.hasRot && outcome.error instanceof TidemarkError && outcome.error.kind === "corrupt")
        hasHalted = true;
    }
    if (hasHalted) return "halted";
    const isFinished = outcomes.some((each) => each.kind === "returned" && each.value.outcome === "finished");
    return isFinished ? "finished" : "unfinished";
  }

  /**
   * After a failed sync the cache shows what is not on the disk, and later syncs succeed all the same: a process that is started anew cannot know.
   * The promise is that whoever saw the failure goes on no further, and that a restart of the machine recovers.
   */
  #restartMachine(): void {
    if (!this.#driver.hasFailedSync) return;
    this.#driver.hasFailedSync = false;
    this.#machine.losePower();
  }

  #start(life: number): Victim {
    const { parallelism, checkpointEveryMs, retained, keyGroups } = this.#plan;
    const process = this.#machine.spawn();
    const options = {
      parallelism: parallelism[life % parallelism.length] as number,
      keyGroups,
      stateDirectory: STATE_DIRECTORY,
      checkpoint: { every: `${checkpointEveryMs}ms` as const, retained },
      backend: memoryBackend({ snapshots: RARELY_WHOLE }),
      bind: this.#bindings(),
      onEvent: (event: JobEvent) => {
        this.#onEvent(event);
      },
    };
    const { plantHost } = this.#options;
    const run: PipelineRun =
      plantHost === undefined
        ? process.start(this.#scenario.pipeline, options)
        : startPlanted(process.run.bind(process), async (host) =>
            start(this.#scenario.pipeline, { ...options, host: plantHost(host) }),
          );
    const victim = { process, run };
    this.#driver.victim = victim;
    return victim;
  }

  /** Lets the world go on until one of the processes is over or paused, or nothing comes of it any more. */
  async #goOn(victims: readonly Victim[], stepsMax: number = STEPS_MAX): Promise<"over" | "paused" | "steps"> {
    const simulation = this.#simulation;
    const { scheduler } = simulation;
    const startedAt = scheduler.nowMs;
    const isOver = (): boolean => victims.every(({ run }) => run.isOver);
    const isPaused = (): boolean => victims.some(({ process }) => process.isPaused);
    let faultySteps = 0;
    const end = await simulation.run({
      until: () => isOver() || isPaused(),
      stepsMax,
      onStep: () => {
        if (++faultySteps > FAULTY_STEPS_MAX) this.#driver.end();
        this.#driver.onStep();
      },
    });
    if (end === "done") return isOver() ? "over" : "paused";
    if (stepsMax === STEPS_MAX)
      this.#noProgress(end === "idle" ? "nothing is left that could happen" : `after ${stepsMax} steps`);
    if (!this.#driver.isActive && scheduler.nowMs - startedAt > VIRTUAL_MS_MAX)
      this.#noProgress(`after ${VIRTUAL_MS_MAX} virtual ms`);
    return "steps";
  }

  #noProgress(how: string): void {
    this.#world.violate("progress", `a process neither ends nor fails: ${how}`);
  }

  /** Somebody starts the job again while its process hangs; then it goes on. */
  async #withTwin(victims: Victim[], life: number): Promise<void> {
    const [first] = victims as [Victim];
    const twin = this.#start(life + 1);
    this.#world.reach("twin");
    const pausedSteps = this.#choices.integer(PAUSED_STEPS_MAX);
    await this.#simulation.run({ until: () => twin.run.isOver, stepsMax: pausedSteps });
    first.process.resume();
    victims.push(twin);
    while ((await this.#goOn(victims)) === "paused") for (const { process } of victims) process.resume();
  }

  #bindings(): Record<string, Binding> {
    const { batchRows, paceMs } = this.#plan;
    const plant = this.#options.plantBinding ?? ((binding: Binding) => binding);
    const sources = Object.entries(this.#scenario.inputs).map(([port, splits]): [string, Binding] => [
      port,
      plant(listSource(splits, { batchRows, paceMs }), port),
    ]);
    const sinks = this.#world.sinkPorts.map((port): [string, Binding] => [
      port,
      plant(this.#scenario.settings.sinks?.(port)?.binding ?? jsonl(outputPath(port)), port),
    ]);
    return Object.fromEntries([...sources, ...sinks]);
  }

  #onEvent(event: JobEvent): void {
    if (event.kind === "restored")
      this.#world.reach(event.skipped.length > 0 ? "restored from an older one" : "restored");
    if (event.kind !== "checkpoint" || this.#world.hasRot) return;
    this.#checkpoints++;
    const seen = this.#world.manifests().find(({ manifest }) => manifest.checkpoint === event.summary.checkpoint);
    if (seen === undefined) {
      this.#world.violate(
        "checkpoint-restores",
        `checkpoint ${event.summary.checkpoint} was reported and is not there`,
      );
      return;
    }
    this.#world.mayBeTorn = false;
    for (const invariant of this.#invariants) invariant.committed?.(seen);
    this.#restores.onCommitted();
  }

  #watch(): void {
    this.#driver.onCrash = (how) => {
      for (const invariant of this.#invariants) invariant.crashed?.(how);
    };
    this.#simulation.watch({
      before: (operation) => {
        this.#driver.before(operation);
      },
      after: (operation) => {
        if (operation.changes) for (const invariant of this.#invariants) invariant.operation?.(operation);
        this.#restores.onOperation(operation);
        this.#driver.after(operation);
      },
      failpoint: (name) => {
        this.#driver.failpoint(name);
      },
    });
  }

  #report(lives: number): RunReport {
    const { trace, scheduler, operations } = this.#simulation;
    if (lives > 1) this.#world.reach("restart");
    return {
      scenario: this.#scenario.name,
      seed: this.#simulation.seed,
      violations: this.#world.violations,
      traceHash: trace.hash(),
      reached: this.#world.reached,
      timeline: this.#options.timeline === true ? trace.timeline(TIMELINE_LINES).split("\n") : [],
      faults: this.#driver.faults,
      classes: [...this.#plan.classes],
      crashes: this.#driver.crashes,
      checkpoints: this.#checkpoints,
      steps: scheduler.steps,
      operations,
      virtualMs: scheduler.nowMs,
    };
  }
}

/** A run's sinks are made once, for all of its processes and for those who look at them: they outlive a crash. */
function withOwnSinks(scenario: Scenario): Scenario {
  const { sinks } = scenario.settings;
  if (sinks === undefined) return scenario;
  const made = new Map<string, ReturnType<typeof sinks>>();
  const once = (port: string): ReturnType<typeof sinks> => {
    const sink = made.has(port) ? (made.get(port) ?? null) : sinks(port);
    made.set(port, sink);
    return sink;
  };
  return { ...scenario, settings: { ...scenario.settings, sinks: once } };
}

type Started = Awaited<ReturnType<typeof start>>;

/** As {@link SimulatedProcess.start}, with a host that is not quite the process's. */
function startPlanted(
  run: Machine["processes"][number]["run"],
  startIt: (host: Parameters<Parameters<typeof run>[0]>[0]) => Promise<Started>,
): PipelineRun {
  let job: Started["job"] = null;
  const started = run(async (host) => {
    const given = await startIt(host);
    job = given.job;
    return given.result;
  });
  return {
    get outcome() {
      return started.outcome;
    },
    get isOver() {
      return started.isOver;
    },
    get job() {
      return job;
    },
  };
}

function strategyOf(name: RunPlan["strategy"]): Strategy {
  switch (name) {
    case "random":
      return randomWalk();
    case "priorities":
      return priorities();
    case "fifo":
      return firstComeFirstServed();
  }
}
