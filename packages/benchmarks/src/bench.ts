/**
 * `npm run bench -- nexmark|pipelines|keys [--smoke] [--json] …`: tables on standard output, or one JSON object a row, and whether each bar is
 * met; progress on standard error. `--smoke`: few events, once, to see that it works.
 */
import { parseArgs } from "node:util";
import { barLines, nexmarkBars, type Bar } from "./bench/bars.ts";
import { benchKeys, keysBars } from "./bench/keys.ts";
import { benchNexmark, nexmarkOptions } from "./bench/nexmark.ts";
import { machine } from "./bench/machine.ts";
import { benchPipelines, pipelinesBars } from "./bench/pipelines.ts";
import { keysTable, pipelinesTable, resultTable } from "./bench/result-table.ts";
import { INPUT_MODES } from "./nexmark/run-query.ts";

const USAGE = `usage: npm run bench -- nexmark [--queries q0,q5] [--mode ${INPUT_MODES.join("|")}] [--events N] [--rounds N] [--smoke] [--json]
       npm run bench -- pipelines [--events N] [--rounds N] [--smoke] [--json]
       npm run bench -- keys [--keys N] [--smoke] [--json]
`;
const BENCHES = ["nexmark", "pipelines", "keys"] as const;

/** What a bench found. */
interface Results {
  readonly about: string;
  readonly rows: readonly object[];
  readonly table: string;
  readonly bars: readonly Bar[];
}

type Flags = ReturnType<typeof readArguments>["values"];

const RUN: Readonly<Record<(typeof BENCHES)[number], (flags: Flags) => Promise<Results>>> = {
  nexmark: async ({ smoke, events, rounds, queries, mode }) => {
    const modes = INPUT_MODES.filter((known) => mode === undefined || known === mode);
    if (modes.length === 0) throw new RangeError(`mode must be one of ${INPUT_MODES.join(", ")}`);
    const options = nexmarkOptions({
      ...(smoke && { events: 10_000, rounds: 1 }),
      ...(queries !== undefined && { queries: queries.split(",") }),
      ...(events !== undefined && { events: wholeNumber("events", events) }),
      ...(rounds !== undefined && { rounds: wholeNumber("rounds", rounds) }),
      modes,
    });
    const rows = await benchNexmark(options, ({ done, total, task }) =>
      report({ done, total, what: `${task.query} ${task.mode} ${task.system}` }),
    );
    const about = `${options.events} events, medians of ${options.rounds}`;
    return { about, rows, table: resultTable(rows), bars: nexmarkBars(rows) };
  },
  pipelines: async ({ smoke, events = smoke ? "20000" : "5000000", rounds = smoke ? "1" : "3" }) => {
    const options = { events: wholeNumber("events", events), rounds: wholeNumber("rounds", rounds) };
    const rows = await benchPipelines(options, report);
    const about = `${options.events} events a pipeline, medians of ${options.rounds}`;
    return { about, rows, table: pipelinesTable(rows), bars: pipelinesBars(rows) };
  },
  keys: async ({ smoke, keys = smoke ? "20000" : "5000000" }) => {
    const rows = await benchKeys({ keys: wholeNumber("keys", keys) }, report);
    return { about: `${keys} keys of 20 bytes`, rows, table: keysTable(rows), bars: keysBars(rows) };
  },
};

const begun = performance.now();
try {
  const { values, positionals } = readArguments();
  const [name] = positionals;
  const bench = BENCHES.find((known) => known === name);
  if (bench === undefined || positionals.length > 1) throw new RangeError(`the benches are ${BENCHES.join(", ")}`);
  const { about, rows, table, bars } = await RUN[bench](values);
  if (values.json) for (const row of [...rows, ...bars]) process.stdout.write(`${JSON.stringify(row)}\n`);
  else process.stdout.write(`${machine()}\n${about}\n\n${table}\n${bars.length === 0 ? "" : barLines(bars)}`);
} catch (error) {
  if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
  process.stderr.write(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}

function readArguments() {
  return parseArgs({
    allowPositionals: true,
    options: {
      smoke: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      queries: { type: "string" },
      events: { type: "string" },
      rounds: { type: "string" },
      mode: { type: "string" },
      keys: { type: "string" },
    },
  });
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!(Number.isSafeInteger(value) && value > 0)) throw new RangeError(`${name} must be a whole number above 0`);
  return value;
}

function report({ done, total, what }: { done: number; total: number; what: string }): void {
  const elapsedMs = performance.now() - begun;
  const left = done === 0 ? "" : `, ${Math.ceil(((elapsedMs / done) * (total - done)) / 1_000)} s left`;
  process.stderr.write(`${done + 1}/${total} ${what}${left}\n`);
}
