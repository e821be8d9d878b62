/**
 * `npm run bench -- nexmark [--smoke] [--json] [--queries q0,q5] [--events N] [--rounds N] [--mode columns|jsonl]`: a table on standard
 * output, or one JSON object a row; progress on standard error. `--smoke`: few events, once, to see that it works.
 */
import { parseArgs } from "node:util";
import { benchNexmark, machine, nexmarkOptions, type NexmarkOptions, type Progress } from "./bench/nexmark.ts";
import { resultTable } from "./bench/result-table.ts";
import { INPUT_MODES } from "./nexmark/run-query.ts";

const SMOKE = { events: 10_000, rounds: 1 };
const USAGE =
  "usage: npm run bench -- nexmark [--smoke] [--json] [--queries q0,q5] [--events N] [--rounds N] [--mode columns|jsonl]\n";

try {
  const { options, json } = readArguments();
  const begun = performance.now();
  const rows = await benchNexmark(options, (progress) => report(progress, performance.now() - begun));
  if (json) for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
  else
    process.stdout.write(
      `${machine()}\n${options.events} events, medians of ${options.rounds}\n\n${resultTable(rows)}`,
    );
} catch (error) {
  if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
  process.stderr.write(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}

function readArguments(): { options: NexmarkOptions; json: boolean } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      smoke: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      queries: { type: "string" },
      events: { type: "string" },
      rounds: { type: "string" },
      mode: { type: "string" },
    },
  });
  const { smoke, json, queries, events, rounds, mode } = values;
  if (positionals.length !== 1 || positionals[0] !== "nexmark") throw new RangeError("there is one bench: nexmark");
  const modes = INPUT_MODES.filter((known) => mode === undefined || known === mode);
  if (modes.length === 0) throw new RangeError(`mode must be one of ${INPUT_MODES.join(", ")}`);
  const options = nexmarkOptions({
    ...(smoke && SMOKE),
    ...(queries !== undefined && { queries: queries.split(",") }),
    ...(events !== undefined && { events: Number(events) }),
    ...(rounds !== undefined && { rounds: Number(rounds) }),
    modes,
  });
  return { options, json };
}

function report({ done, total, task }: Progress, elapsedMs: number): void {
  const left = done === 0 ? "" : `, ${Math.ceil(((elapsedMs / done) * (total - done)) / 1_000)} s left`;
  process.stderr.write(`${done + 1}/${total} ${task.query} ${task.mode} ${task.system}${left}\n`);
}
