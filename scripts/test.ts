/**
 * `npm test`: every *.test.ts of the workspace, sources as they are, in two lanes one after the other: units, then real processes
 * (packages/e2e), which would be slowed by units beside them. `--filter TEXT`, or TEXT alone, runs only the files whose path
 * contains it; `--twins` takes WebAssembly away, in threads and child processes too, so that the kernels' twins are tested; any other
 * `--option` goes to Node's test runner. Exit code 0 only if every lane passed.
 */
import { spawn } from "node:child_process";
import { listFiles, WORKSPACE } from "./workspace.ts";

interface Lane {
  readonly name: string;
  readonly concurrency: number;
  readonly files: readonly string[];
}

interface LaneResult {
  readonly lane: Lane;
  readonly ok: boolean;
  readonly seconds: string;
}

const PROCESS_TESTS = "packages/e2e/";

const { filters, runnerOptions, isTwinsOnly } = readArguments(process.argv.slice(2));
const TWINS_ONLY = new URL("twins-only.ts", import.meta.url).href;
const lanes = lanesOf(testFiles(filters));
if (lanes.length === 0) {
  process.stderr.write(`no test file has a path with ${filters.join(" or ")}\n`);
  process.exitCode = 2;
} else {
  const results: LaneResult[] = [];
  for (const lane of lanes) results.push(await runLane(lane));
  for (const { lane, ok, seconds } of results) {
    process.stdout.write(
      `${ok ? "ok  " : "FAIL"}  ${lane.name.padEnd(10)}${fileCount(lane).padStart(10)}${seconds.padStart(9)} s\n`,
    );
  }
  process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
}

function readArguments(given: readonly string[]): {
  filters: readonly string[];
  runnerOptions: readonly string[];
  isTwinsOnly: boolean;
} {
  const filters: string[] = [];
  const options: string[] = [];
  let isFilter = false;
  for (const argument of given) {
    if (argument === "--twins") continue;
    if (argument === "--filter") isFilter = true;
    else if (argument.startsWith("--filter=")) filters.push(argument.slice("--filter=".length));
    else if (argument.startsWith("--") && !isFilter) options.push(argument);
    else {
      filters.push(argument.replace(/^\.\//, ""));
      isFilter = false;
    }
  }
  return { filters, runnerOptions: options, isTwinsOnly: given.includes("--twins") };
}

function testFiles(filters: readonly string[]): readonly string[] {
  return listFiles(WORKSPACE)
    .filter((path) => path.endsWith(".test.ts"))
    .filter((path) => filters.length === 0 || filters.some((part) => path.includes(part)));
}

function lanesOf(files: readonly string[]): readonly Lane[] {
  const lanes: readonly Lane[] = [
    { name: "units", concurrency: 2, files: files.filter((path) => !path.startsWith(PROCESS_TESTS)) },
    { name: "processes", concurrency: 2, files: files.filter((path) => path.startsWith(PROCESS_TESTS)) },
  ];
  return lanes.filter((lane) => lane.files.length > 0);
}

function runLane(lane: Lane): Promise<LaneResult> {
  process.stdout.write(`\n${lane.name}: ${fileCount(lane)} on Node ${process.versions.node}\n`);
  const begun = performance.now();
  const runner = ["--conditions=@tidemark/source", "--test", `--test-concurrency=${lane.concurrency}`];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...runner, ...runnerOptions, ...lane.files], {
      cwd: WORKSPACE,
      env: isTwinsOnly ? { ...process.env, NODE_OPTIONS: withTwinsOnly(process.env["NODE_OPTIONS"]) } : process.env,
      stdio: ["ignore", "inherit", "inherit"],
    });
    const end = (ok: boolean): void => resolve({ lane, ok, seconds: ((performance.now() - begun) / 1_000).toFixed(1) });
    child.on("error", (error) => {
      process.stderr.write(`the test runner could not be started: ${error.message}\n`);
      end(false);
    });
    // A runner that was killed has no code; it has not passed.
    child.on("close", (code) => end(code === 0));
  });
}

/** By the environment, so that whatever a test starts is without WebAssembly too. */
function withTwinsOnly(options: string | undefined): string {
  return `${options ?? ""} --import=${TWINS_ONLY}`.trim();
}

function fileCount(lane: Lane): string {
  return `${lane.files.length} ${lane.files.length === 1 ? "file" : "files"}`;
}
