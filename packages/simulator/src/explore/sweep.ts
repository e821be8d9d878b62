import { runSeed } from "./run-seed.ts";
import type { PlannedCrash, RunOptions, RunReport, Scenario } from "./scenario.ts";

/** Every way to crash at one operation. */
export const CRASHES: readonly PlannedCrash["how"][] = ["clean", "torn", "lost"];

/** What came of a sweep. */
export interface SweepReport {
  /** Runs, each with another crash or pair of crashes. */
  readonly runs: number;
  /** Operations that change anything of the run without a crash: each was crashed at. */
  readonly operations: number;
  readonly checkpoints: number;
  /** Runs in which something was wrong, with the crashes that they had. */
  readonly failures: readonly { readonly crashes: readonly PlannedCrash[]; readonly report: RunReport }[];
}

export interface SweepOptions extends Pick<RunOptions, "drain" | "plantHost" | "plantBinding"> {
  /** Settings are drawn from it; default 1. */
  readonly seed?: number;
  /** Default all of {@link CRASHES}. */
  readonly crashes?: readonly PlannedCrash["how"][];
}

/** Crashes a scenario once at every operation that changes anything, in every way; after each it must recover and get to its end. */
export async function sweep(scenario: Scenario, options: SweepOptions = {}): Promise<SweepReport> {
  const runs = new SweepRuns(scenario, options);
  const whole = await runs.run([]);
  for (let operation = 1; operation <= whole.operations; operation++) {
    for (const how of options.crashes ?? CRASHES) await runs.run([{ operation, how }]);
  }
  return runs.report(whole);
}

/** The same with a second crash at every operation of the recovery from the first, and of what comes after it. */
export async function sweepPairs(scenario: Scenario, options: SweepOptions = {}): Promise<SweepReport> {
  const runs = new SweepRuns(scenario, options);
  const whole = await runs.run([]);
  for (let first = 1; first <= whole.operations; first++) {
    for (const how of options.crashes ?? CRASHES) {
      // The second process's operations end where a crash at one of them does not come any more.
      for (let second = 1; ; second++) {
        const { crashes } = await runs.run([
          { operation: first, how },
          { operation: second, how },
        ]);
        if (crashes < 2) break;
      }
    }
  }
  return runs.report(whole);
}

class SweepRuns {
  readonly #scenario: Scenario;
  readonly #options: SweepOptions;
  readonly #failures: { crashes: readonly PlannedCrash[]; report: RunReport }[] = [];
  #runs = 0;

  constructor(scenario: Scenario, options: SweepOptions) {
    this.#scenario = scenario;
    this.#options = options;
  }

  async run(crashes: readonly PlannedCrash[]): Promise<RunReport> {
    const { seed = 1, drain, plantHost, plantBinding } = this.#options;
    this.#runs++;
    const report = await runSeed(this.#scenario, seed, {
      crashes,
      firstComeFirstServed: true,
      restores: false,
      ...(drain !== undefined && { drain }),
      ...(plantHost !== undefined && { plantHost }),
      ...(plantBinding !== undefined && { plantBinding }),
    });
    if (report.violations.length > 0) this.#failures.push({ crashes, report });
    return report;
  }

  report(whole: RunReport): SweepReport {
    const { operations, checkpoints } = whole;
    return { runs: this.#runs, operations, checkpoints, failures: this.#failures };
  }
}
