import type { Machine } from "../machine.ts";
import { randomDiskFaults, type DiskRule } from "../disk/disk-rule.ts";
import { NO_FAULTS } from "../faults.ts";
import type { Operation } from "../operation.ts";
import type { PipelineRun, SimulatedProcess } from "../process.ts";
import type { Choices } from "../random.ts";
import type { RunPlan } from "./run-plan.ts";
import type { FaultClass, PlannedCrash, RunOptions } from "./scenario.ts";
import { filesUnder } from "./volume-files.ts";
import { OUTPUT_DIRECTORY, STATE_DIRECTORY, type World } from "./world.ts";

/** A process that may be hit, with the job in it. */
export interface Victim {
  readonly process: SimulatedProcess;
  readonly run: PipelineRun;
}

/** Classes that are events, ordered one by one; the others are rates. */
const EVENTS = [
  "kill",
  "power-loss",
  "pause",
  "stop",
  "clock",
  "full-disk",
  "rot",
] as const satisfies readonly FaultClass[];
type FaultEvent = (typeof EVENTS)[number];

/** Calls of the disk that fail in one run, at most. */
const DISK_ERRORS_MAX = 4;
const CLOCK_STEP_MAX_MS = 4 * 3_600_000;
/** The interesting places: where a checkpoint becomes one, where it is committed, and where it is deleted. */
const BIASED = [`${STATE_DIRECTORY}/manifests`, `${STATE_DIRECTORY}/owner`, OUTPUT_DIRECTORY];

const RARE_FAILPOINTS = ["retention.", "restore."];

/** Orders what goes wrong in a run: at failpoints, around operations, and now and then between two events. */
export class FaultDriver {
  readonly faults: string[] = [];
  crashes = 0;
  /** A sync has failed since this was last set to false. */
  hasFailedSync = false;
  /** Called before a process dies or the power fails, and after. */
  onCrash: (how: "kill" | "power") => void = () => undefined;
  readonly #machine: Machine;
  readonly #world: World;
  readonly #plan: RunPlan;
  readonly #choices: Choices;
  readonly #options: RunOptions;
  readonly #events: readonly FaultEvent[];
  #victim: Victim | null = null;
  #isOver = false;
  #operations = 0;
  #planned: number = 0;

  constructor(options: { machine: Machine; world: World; choices: Choices; run: RunOptions }) {
    const { machine, world, choices } = options;
    this.#machine = machine;
    this.#world = world;
    this.#plan = world.plan;
    this.#choices = choices;
    this.#options = options.run;
    this.#events = EVENTS.filter((each) => this.#plan.classes.has(each));
    machine.addDiskRule(this.#diskRule());
  }

  /** Who is hit from now on. */
  set victim(victim: Victim | null) {
    this.#victim = victim;
    this.#operations = 0;
  }

  /** False once no more faults come. */
  get isActive(): boolean {
    return !this.#isOver;
  }

  /** No more faults: from here on the job must get to its end. */
  end(): void {
    this.#isOver = true;
    this.#machine.volume.capacityBytes = Number.POSITIVE_INFINITY;
  }

  onStep(): void {
    this.#perhaps(this.#plan.faultChance / 100, "between two events");
  }

  before(operation: Operation): void {
    if (this.#options.crashes !== undefined) {
      if (operation.changes) this.#crashAsPlanned(++this.#operations, "clean", operation);
      return;
    }
    this.#around(operation, "before");
  }

  after(operation: Operation): void {
    if (this.#options.crashes !== undefined) {
      if (!operation.changes) return;
      this.#crashAsPlanned(this.#operations, "torn", operation);
      this.#crashAsPlanned(this.#operations, "lost", operation);
      return;
    }
    this.#around(operation, "after");
  }

  failpoint(name: string): void {
    // Runs are short: what happens once in them, if at all, gets a greater share.
    const share = RARE_FAILPOINTS.some((rare) => name.startsWith(rare)) ? 12 : 1.5;
    if (this.#options.crashes === undefined) this.#perhaps(share * this.#plan.faultChance, `at ${name}`);
  }

  #around(operation: Operation, when: "before" | "after"): void {
    if (!operation.changes) return;
    const isInteresting = BIASED.some((path) => operation.subject.startsWith(path));
    const chance = this.#plan.faultChance / (isInteresting ? 4 : 40);
    this.#perhaps(chance, `${when} ${operation.name} ${operation.subject}`);
  }

  #perhaps(chance: number, where: string): void {
    const victim = this.#victim;
    if (this.#isOver || victim === null || !victim.process.isAlive || victim.process.isPaused) return;
    if (this.#events.length === 0 || !this.#choices.chance(chance)) return;
    const event = this.#events[this.#choices.integer(this.#events.length)] as FaultEvent;
    const number = this.faults.length;
    this.faults.push(`${event} ${where}`);
    if (this.faults.length >= this.#plan.faultsMax) this.#isOver = true;
    if (this.#options.onlyFaults?.has(number) === false) return;
    this.#world.reach(event);
    if (where.startsWith("at ") && (event === "kill" || event === "power-loss")) this.#world.reach(`killed ${where}`);
    this.#carryOut(event, victim);
  }

  #carryOut(event: FaultEvent, victim: Victim): void {
    const { volume } = this.#machine;
    switch (event) {
      case "kill":
        victim.process.kill();
        this.#crashed("kill");
        return;
      case "power-loss":
        this.#machine.losePower();
        this.#crashed("power");
        return;
      case "pause":
        victim.process.pause();
        return;
      case "stop":
        // How it ends is the run's outcome.
        victim.run.job?.stop().catch(() => undefined);
        return;
      case "clock":
        this.#machine.stepClock(this.#choices.upTo(2 * CLOCK_STEP_MAX_MS) - CLOCK_STEP_MAX_MS);
        return;
      case "full-disk":
        volume.capacityBytes = volume.usedBytes() + this.#choices.upTo(4_000);
        return;
      case "rot":
        // What lies on the disk rots: a bit that flips between two reads of a commit is not what is meant.
        for (const process of this.#machine.processes) process.kill();
        this.#crashed("kill");
        this.#rot();
        return;
    }
  }

  #rot(): void {
    const { volume } = this.#machine;
    const files = filesUnder(volume, STATE_DIRECTORY).filter((path) => (volume.stat(path)?.sizeBytes ?? 0) > 0);
    const path = files[this.#choices.integer(files.length)];
    if (path === undefined) return;
    volume.rot(path, {
      offset: this.#choices.integer(volume.stat(path)?.sizeBytes ?? 1),
      bit: this.#choices.integer(8),
    });
    this.#world.hasRot = true;
  }

  #crashAsPlanned(operation: number, how: PlannedCrash["how"], { name, subject }: Operation): void {
    const crash = this.#options.crashes?.[this.#planned];
    if (crash === undefined || crash.operation !== operation || crash.how !== how) return;
    const victim = this.#victim;
    if (victim === null || !victim.process.isAlive) return;
    this.#planned++;
    this.faults.push(`${how} crash at operation ${operation}, ${name} ${subject}`);
    if (how === "clean") victim.process.kill();
    else this.#machine.losePower({ unsynced: how === "lost" ? "nothing" : "any" });
    this.#crashed(how === "clean" ? "kill" : "power");
  }

  #crashed(how: "kill" | "power"): void {
    this.crashes++;
    if (how === "power" && this.#plan.powerLoss === "posix") this.#world.mayBeTorn = true;
    this.#machine.volume.capacityBytes = Number.POSITIVE_INFINITY;
    this.onCrash(how);
  }

  #diskRule(): DiskRule {
    const { classes, latencyMs, diskErrorChance: chance } = this.#plan;
    const slow = randomDiskFaults({ ...NO_FAULTS.disk, latencyMs, slow: 0.01, slowMs: 20 * latencyMs }, this.#choices);
    const failing = randomDiskFaults(
      { ...NO_FAULTS.disk, readError: chance, writeError: chance, syncError: chance, noSpace: chance },
      this.#choices,
    );
    let errors = 0;
    return (call) => {
      if (this.#isOver) return null;
      const fault = classes.has("disk-errors") && errors < DISK_ERRORS_MAX ? failing(call) : null;
      if (fault?.errno !== undefined) {
        errors++;
        if (call.name === "sync" || call.name === "sync directory") this.hasFailedSync = this.#world.mayBeTorn = true;
        this.#world.reach(`${fault.errno} at ${call.name}`);
        return fault;
      }
      return classes.has("slow-disk") ? slow(call) : null;
    };
  }
}
