import type { RunReport } from "./scenario.ts";
import type { Shrunk } from "./shrink.ts";

/** The one command that runs a seed again. */
export function replayCommand(seed: number): string {
  return `npm run simulate -- --seed ${seed}`;
}

/** What was wrong in a run, for people, with the command that runs it again. */
export function failureText({ seed, scenario, violations, classes, faults }: RunReport): string {
  return [
    `seed ${seed}, scenario ${scenario}`,
    ...violations.map(({ invariant, message }) => `  ${invariant}: ${message}`),
    `  may go wrong: ${classes.length === 0 ? "nothing" : classes.join(", ")}`,
    ...faults.map((fault, number) => `  fault ${number}: ${fault}`),
    `  again: ${replayCommand(seed)}`,
  ].join("\n");
}

/** The simplest form of a failing run: what is left of it, and its timeline. */
export function shrunkText({ report, options, records, runs }: Shrunk): string {
  const faults = report.faults.filter((_, number) => options.onlyFaults?.has(number) ?? true);
  const settings = [
    options.parallelism === undefined ? "" : `parallelism ${options.parallelism}`,
    options.firstComeFirstServed === true ? "the oldest event first" : "",
  ].filter((text) => text !== "");
  return [
    `simplest form after ${runs} runs: ${records} records, ${faults.length} faults${settings.map((each) => `, ${each}`).join("")}`,
    ...report.violations.map(({ invariant, message }) => `  ${invariant}: ${message}`),
    ...faults.map((fault) => `  ${fault}`),
    "timeline (step, virtual time, what, who):",
    ...report.timeline.map((line) => `  ${line}`),
  ].join("\n");
}
