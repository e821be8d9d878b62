import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TidemarkError } from "@tidemark/engine";
import { onKeys } from "../cli/dev-command.ts";
import { EXIT } from "../cli/failure.ts";
import { formatCount, formatDuration, type Terminal } from "../cli/terminal.ts";
import { compareWithReference } from "./compare-with-reference.ts";
import { DemoEngine } from "./demo-engine.ts";
import { DemoView } from "./demo-view.ts";

export interface DemoFlags {
  readonly json?: boolean;
  readonly keep?: boolean;
}

/** Records a second: slow enough to watch and to reach `k`, fast enough for a minute. */
const RATE_WATCHED = 1_000;
const RATE_UNWATCHED = 4_000;
/** Without a terminal the engine is killed once, after this many committed records. */
const KILL_AFTER_RECORDS = 7_000;

/**
 * `tidemark demo flights`: runs the flights pipeline in a process of its own over 20,000 real flights, kills that process
 * (on `k`, or once by itself where nobody watches), starts it again, and compares the committed output with the reference's.
 */
export async function demoCommand(name: string, flags: DemoFlags, terminal: Terminal): Promise<number> {
  if (name !== "flights") {
    throw new TidemarkError("TM_NOT_FOUND", `there is no demo "${name}"; there is "flights"`, { facts: { demo: name } });
  }
  const folder = await mkdtemp(join(tmpdir(), "tidemark-demo-"));
  try {
    return await runDemo(folder, flags, terminal);
  } finally {
    if (flags.keep === true) terminal.say(`outputs and checkpoints are in ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  }
}

async function runDemo(folder: string, flags: DemoFlags, terminal: Terminal): Promise<number> {
  const isWatched = terminal.isInteractive && process.stdin.isTTY === true && flags.json !== true;
  terminal.say("20,000 US flights, replayed as they left; event time is the schedule, so they are out of order.");
  terminal.say("Per airport and hour: count, mean and p95 delay; late flights apart; bursts of delays by a process function.");
  const engine = new DemoEngine({ folder, recordsPerSecond: isWatched ? RATE_WATCHED : RATE_UNWATCHED });
  const view = new DemoView(folder, engine, terminal, isWatched);
  const kill = (): void => {
    if (engine.kill()) view.say(`SIGKILL after ${formatCount(engine.records)} records; starting the engine again`);
  };
  const stopKeys = isWatched ? onKeys((key) => (key === "k" ? kill() : key === "q" || key === "\u0003" ? engine.quit() : undefined)) : () => undefined;
  engine.onRestored = (checkpoint, records) => {
    view.say(`going on from checkpoint ${checkpoint} (${formatCount(records)} records), ${formatDuration(engine.downMs)} after the kill`);
  };
  engine.onCheckpoint = (records) => {
    if (!isWatched && engine.kills === 0 && records >= KILL_AFTER_RECORDS) kill();
  };
  engine.start();
  view.start();
  try {
    if (!(await engine.over)) return EXIT.interrupted;
  } finally {
    stopKeys();
    view.stop();
  }
  return report(folder, engine, flags, terminal);
}

async function report(folder: string, engine: DemoEngine, flags: DemoFlags, terminal: Terminal): Promise<number> {
  const comparison = await compareWithReference(folder);
  const rows = comparison.map(({ port, rows: count }) => `${formatCount(count)} in ${port}`).join(", ");
  const differing = comparison.filter(({ difference }) => difference !== null);
  const isEqual = differing.length === 0;
  if (flags.json === true) {
    terminal.result(JSON.stringify({ records: engine.records, kills: engine.kills, checkpoints: engine.checkpoints, equal: isEqual, outputs: comparison }));
  }
  if (isEqual) {
    terminal.say(terminal.style("green", `equal: after ${engine.kills} ${engine.kills === 1 ? "kill" : "kills"} the committed output is the reference's, row for row (${rows})`));
    return EXIT.ok;
  }
  for (const { port, difference } of differing) terminal.say(terminal.style("red", `${port} differs from the reference: ${difference ?? ""}`));
  return EXIT.failed;
}
