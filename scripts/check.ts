/**
 * `npm run check`: types, lint with the walls, format, dead code, kernels, public API report, packages. One line a step, the whole
 * output of a step that fails; `--json` prints one document instead.
 */
import { runCommand, toolPath } from "./run-command.ts";
import { WORKSPACE } from "./workspace.ts";

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** An earlier step that has to be done first, whatever came of it. */
  readonly after?: string;
}

interface StepResult {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly output: string;
}

const STEPS: readonly Step[] = [
  { name: "types", command: [process.execPath, "scripts/build.ts"] },
  { name: "lint", command: [toolPath("oxlint"), "--type-aware", "--deny-warnings"] },
  { name: "format", command: [toolPath("oxfmt"), "--check"] },
  { name: "dead code", command: [toolPath("knip"), "--no-progress"] },
  { name: "kernels", command: [process.execPath, "scripts/build-kernels.ts", "--check"] },
  { name: "public API", command: [process.execPath, "scripts/api-report.ts"], after: "types" },
  { name: "packages", command: [process.execPath, "scripts/package-lint.ts"], after: "types" },
];

const asJson = process.argv.includes("--json");
const started = performance.now();
const results = await runSteps(STEPS);
const ok = results.every((result) => result.ok);
const ms = Math.round(performance.now() - started);
if (asJson) {
  process.stdout.write(`${JSON.stringify({ ok, ms, steps: results }, null, 2)}\n`);
} else {
  const failed = results.filter((result) => !result.ok).length;
  process.stdout.write(
    `${ok ? "check passed" : `check failed: ${failed} of ${results.length} steps`} in ${seconds(ms)}\n`,
  );
}
process.exitCode = ok ? 0 : 1;

/** Runs all steps side by side, a step only after the one it names. */
async function runSteps(steps: readonly Step[]): Promise<StepResult[]> {
  const running = new Map<string, Promise<StepResult>>();
  for (const step of steps) {
    const first = step.after === undefined ? undefined : running.get(step.after);
    running.set(
      step.name,
      Promise.resolve(first).then(() => runStep(step)),
    );
  }
  return Promise.all(running.values());
}

async function runStep(step: Step): Promise<StepResult> {
  const [command, ...args] = step.command;
  const begun = performance.now();
  const { ok, output } = await runCommand(command, args, { cwd: WORKSPACE });
  const result = { name: step.name, ok, ms: Math.round(performance.now() - begun), output };
  if (!asJson) print(result);
  return result;
}

function print(result: StepResult): void {
  process.stdout.write(`${result.ok ? "ok  " : "FAIL"}  ${result.name.padEnd(12)}${seconds(result.ms).padStart(8)}\n`);
  if (!result.ok) process.stdout.write(`${result.output.trimEnd()}\n\n`);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
