import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TidemarkError } from "@tidemark/engine";
import { EXIT, signalExitCode } from "../cli/exit-codes.ts";
import { CONTROL_C, onKeys } from "../cli/keys.ts";
import { formatCount, formatDuration, type Terminal } from "../cli/terminal.ts";
import { compareWithReference } from "./compare-with-reference.ts";
import { DemoEngine } from "./demo-engine.ts";
import { readDemoFlights, type DemoFlight } from "./demo-flights.ts";
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
 * Exit code 0 only if they are equal.
 */
export async function demoCommand(name: string, flags: DemoFlags, terminal: Terminal): Promise<number> {
  if (name !== "flights") {
    throw new TidemarkError("TM_NOT_FOUND", `there is no demo "${name}"; there is "flights"`, {
      facts: { demo: name },
    });
  }
  const folder = await mkdtemp(join(tmpdir(), "tidemark-demo-"));
  const isWatched = terminal.isInteractive && process.stdin.isTTY === true && flags.json !== true;
  const engine = new DemoEngine({ folder, recordsPerSecond: isWatched ? RATE_WATCHED : RATE_UNWATCHED });
  const interruption = new Interruption(engine, () => {
    if (flags.keep !== true) rmSync(folder, { recursive: true, force: true });
  });
  try {
    const flights = await readDemoFlights();
    const hasFinished = await runEngine({ folder, engine, flights, terminal, isWatched });
    if (!hasFinished) return interruption.exitCode;
    return await report({ folder, engine, flights, flags, terminal });
  } finally {
    interruption.close();
    if (flags.keep === true) terminal.say(`outputs and checkpoints are in ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  }
}

/** What a signal does: the engine process ends first; if there is none any more, this process ends at once. */
class Interruption {
  exitCode: number = EXIT.interrupted;
  readonly #engine: DemoEngine;
  readonly #cleanUp: () => void;

  constructor(engine: DemoEngine, cleanUp: () => void) {
    this.#engine = engine;
    this.#cleanUp = cleanUp;
    process.on("SIGTERM", this.#onSignal).on("SIGINT", this.#onSignal).on("SIGHUP", this.#onSignal);
  }

  close(): void {
    process.off("SIGTERM", this.#onSignal).off("SIGINT", this.#onSignal).off("SIGHUP", this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.exitCode = signalExitCode(signal);
    if (this.#engine.quit()) return;
    this.#cleanUp();
    process.exit(this.exitCode);
  };
}

interface Running {
  readonly folder: string;
  readonly engine: DemoEngine;
  readonly flights: readonly DemoFlight[];
  readonly terminal: Terminal;
  readonly isWatched: boolean;
}

/** Runs the engine to its end, kills included; false if the person quit. */
async function runEngine(running: Running): Promise<boolean> {
  const { engine, terminal, isWatched } = running;
  terminal.say("20,000 US flights as they left; event time is the schedule, so: out of order.");
  terminal.say("Per airport and hour: count, mean, p95 delay; too late ones apart; delay bursts.");
  const view = new DemoView(running);
  const kill = (): void => {
    if (engine.kill()) view.say(`SIGKILL after ${formatCount(engine.records)} flights; starting the engine again`);
    else if (engine.phase === "starting") view.say("the engine is still starting: nothing to kill yet");
  };
  engine.listener = {
    onBack: (from) => {
      const where =
        from === null
          ? "from the beginning: there was no checkpoint yet"
          : `from checkpoint ${from.checkpoint} (${formatCount(from.records)} flights)`;
      view.say(`going on ${where}, ${formatDuration(engine.downMs)} after the kill`);
    },
    onCheckpoint: (records) => {
      if (!isWatched && engine.kills === 0 && records >= KILL_AFTER_RECORDS) kill();
    },
  };
  const stopKeys = isWatched
    ? onKeys((key) => {
        if (key === "k") kill();
        else if (key === "q" || key === CONTROL_C) engine.quit();
      })
    : () => undefined;
  engine.start();
  view.start();
  try {
    return await Promise.race([engine.over, view.failed]);
  } finally {
    engine.quit();
    stopKeys();
    await view.stop();
  }
}

async function report(options: {
  folder: string;
  engine: DemoEngine;
  flights: readonly DemoFlight[];
  flags: DemoFlags;
  terminal: Terminal;
}): Promise<number> {
  const { folder, engine, flights, flags, terminal } = options;
  const outputs = await compareWithReference(folder, flights);
  const differing = outputs.filter(({ difference }) => difference !== null);
  const equal = differing.length === 0;
  if (flags.json === true) {
    const { records, kills, checkpoints } = engine;
    terminal.result(JSON.stringify({ records, kills, checkpoints, equal, outputs }));
  }
  if (equal) {
    const kills = `${engine.kills} ${engine.kills === 1 ? "kill" : "kills"}`;
    const rows = outputs.map(({ port, rows: count }) => `${formatCount(count)} ${port}`).join(", ");
    terminal.say(
      terminal.style("green", `equal: after ${kills} the committed output is the reference's, row for row (${rows})`),
    );
    return EXIT.ok;
  }
  for (const { port, difference } of differing) {
    terminal.say(terminal.style("red", `${port} differs from the reference: ${difference ?? ""}`));
  }
  return EXIT.failed;
}
