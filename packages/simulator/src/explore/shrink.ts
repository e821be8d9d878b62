import { runSeed } from "./run-seed.ts";
import type { RecordInputs, RunOptions, RunReport, Scenario } from "./scenario.ts";

/** A failing run made simple. */
export interface Shrunk {
  /** The scenario with the records that are still needed. */
  readonly scenario: Scenario;
  readonly options: RunOptions;
  /** Of the simplest run that still fails, with its timeline. */
  readonly report: RunReport;
  readonly records: number;
  /** Runs that it took. */
  readonly runs: number;
}

/** Runs that shrinking takes at most. */
const RUNS_MAX = 300;

/**
 * Makes a failing seed simpler, as long as the same invariant fails: fewer classes of faults, fewer faults, fewer records, one subtask, the oldest
 * event first. Null if the seed does not fail.
 */
export async function shrink(scenario: Scenario, seed: number, options: RunOptions = {}): Promise<Shrunk | null> {
  const first = await runSeed(scenario, seed, options);
  const invariant = first.violations[0]?.invariant;
  if (invariant === undefined) return null;
  const shrinker = new Shrinker({ scenario, options, report: first, invariant });
  await shrinker.dropClasses();
  await shrinker.dropFaults();
  await shrinker.tryOptions({ firstComeFirstServed: true });
  await shrinker.tryOptions({ parallelism: 1 });
  await shrinker.dropRecords();
  await shrinker.dropFaults();
  return shrinker.result();
}

class Shrinker {
  #scenario: Scenario;
  #options: RunOptions;
  #report: RunReport;
  #runs = 1;
  readonly #invariant: string;

  constructor(first: { scenario: Scenario; options: RunOptions; report: RunReport; invariant: string }) {
    this.#scenario = first.scenario;
    this.#options = first.options;
    this.#report = first.report;
    this.#invariant = first.invariant;
  }

  async dropClasses(): Promise<void> {
    for (const dropped of this.#report.classes) {
      const onlyClasses = this.#report.classes.filter((each) => each !== dropped);
      await this.tryOptions({ onlyClasses });
    }
  }

  /** Leaves out halves, quarters and so on of the faults, down to single ones (delta debugging). */
  async dropFaults(): Promise<void> {
    let kept = this.#options.onlyFaults ?? new Set(this.#report.faults.keys());
    for (let size = Math.ceil(kept.size / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < kept.size;) {
        const without = new Set([...kept].filter((_, index) => index < from || index >= from + size));
        if (await this.tryOptions({ onlyFaults: without })) kept = without;
        else from += size;
      }
    }
  }

  /** Cuts records off the ends of the splits. */
  async dropRecords(): Promise<void> {
    for (const [port, splits] of Object.entries(this.#scenario.inputs)) {
      for (const split of splits.keys()) {
        let length = splits[split]?.length ?? 0;
        for (let cut = Math.ceil(length / 2); cut >= 1; cut = cut === 1 ? 0 : Math.ceil(cut / 2)) {
          const inputs = withLength(this.#scenario.inputs, { port, split, length: length - cut });
          if (length - cut >= 0 && (await this.#try({ ...this.#scenario, inputs }, this.#options))) length -= cut;
        }
      }
    }
  }

  tryOptions(more: RunOptions): Promise<boolean> {
    return this.#try(this.#scenario, { ...this.#options, ...more });
  }

  async result(): Promise<Shrunk> {
    const options = { ...this.#options, timeline: true };
    const report = await runSeed(this.#scenario, this.#report.seed, options);
    const records = Object.values(this.#scenario.inputs).flat(2).length;
    return { scenario: this.#scenario, options: this.#options, report, records, runs: this.#runs + 1 };
  }

  async #try(scenario: Scenario, options: RunOptions): Promise<boolean> {
    if (this.#runs >= RUNS_MAX) return false;
    this.#runs++;
    const report = await runSeed(scenario, this.#report.seed, options);
    if (!report.violations.some(({ invariant }) => invariant === this.#invariant)) return false;
    this.#scenario = scenario;
    this.#options = options;
    this.#report = report;
    return true;
  }
}

function withLength(inputs: RecordInputs, at: { port: string; split: number; length: number }): RecordInputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([port, splits]) => [
      port,
      splits.map((records, split) => (port === at.port && split === at.split ? records.slice(0, at.length) : records)),
    ]),
  );
}
