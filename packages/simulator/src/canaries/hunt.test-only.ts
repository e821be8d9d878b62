import { runSeed } from "../explore/run-seed.ts";
import { huntedScenario } from "./scenarios.ts";

/**
 * Runs seeds from the first number given, at most as many as the second, of the scenarios that the third names, until one finds a violation;
 * prints the outcome as JSON. Runs in a scratch copy whose engine has a planted bug.
 */
const from = Number(process.argv[2]);
const seedsMax = Number(process.argv[3]);
const only = process.argv[4] ?? "";
const drain = (): Promise<void> =>
  new Promise((resolve) => {
    process.nextTick(resolve);
  });

let found: { readonly seed: number; readonly violation: string } | null = null;
for (let seed = from; seed < from + seedsMax && found === null; seed++) {
  const [violation] = (await runSeed(huntedScenario(seed, only), seed, { drain })).violations;
  if (violation !== undefined) found = { seed, violation: `${violation.invariant}: ${violation.message}` };
}
process.stdout.write(`${JSON.stringify(found)}\n`);
