import { Command, CommanderError, Option } from "commander";
import type { CatFlags } from "./cat-command.ts";
import type { CheckpointFlags } from "./checkpoint-command.ts";
import type { ConfigFlags } from "./config-command.ts";
import type { DevFlags } from "./dev-command.ts";
import { EXIT } from "./exit-codes.ts";
import type { GraphFlags } from "./graph-command.ts";
import type { RunFlags } from "./run-command.ts";
import { processTerminal, type Terminal } from "./terminal.ts";
import type { DemoFlags } from "../demo/demo-command.ts";
import { VERSION } from "../version.ts";

/**
 * Runs the command line and returns the exit code; see `tidemark --help`. What a command needs is loaded when it runs, so that
 * help and mistakes are answered at once.
 */
export async function runCli(args: readonly string[]): Promise<number> {
  const json = args.includes("--json");
  const terminal = processTerminal({ json });
  const outcome = { exitCode: EXIT.ok as number };
  try {
    await buildProgram(terminal, outcome).parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      const message = error.message.replace(/^error: /, "");
      if (json) terminal.result(JSON.stringify({ error: { code: null, message }, exitCode: EXIT.usage }));
      return EXIT.usage;
    }
    const { reportFailure } = await import("./failure.ts");
    return reportFailure(error, terminal, { json, verbose: args.includes("--verbose") });
  }
  return outcome.exitCode;
}

/** Wraps what a command does as an action that keeps its exit code. */
type Action = <Arguments extends unknown[]>(
  run: (...args: Arguments) => Promise<number>,
) => (...args: Arguments) => Promise<void>;

function buildProgram(terminal: Terminal, outcome: { exitCode: number }): Command {
  const program = new Command("tidemark")
    .description("Stateful stream processing for TypeScript: event time, exactly-once state, in your Node process.")
    .usage("COMMAND …")
    .version(
      `tidemark ${VERSION}, node ${process.version}, ${process.platform}-${process.arch}`,
      "-V, --version",
      "show versions",
    )
    .helpOption("-h, --help", "show help; also after a command")
    .helpCommand("help [command]", "show help of a command")
    .option("--verbose", "show stack traces")
    .showSuggestionAfterError(true)
    .exitOverride();
  example(program, "tidemark run delays.ts --bind flights=jsonl:flights.jsonl --bind hourly=jsonl:hourly.jsonl");
  const action: Action =
    (run) =>
    async (...args) => {
      outcome.exitCode = await run(...args);
    };
  addRunningCommands(program, terminal, action);
  addLookingCommands(program, terminal, action);
  addCheckpointCommands(program, terminal, action);
  // Where to look further is said once, after any usage mistake.
  for (const command of [program, ...program.commands.flatMap((each) => [each, ...each.commands])]) {
    command.showHelpAfterError(`(${commandPath(command)} --help tells more)`);
  }
  return program;
}

function addRunningCommands(program: Command, terminal: Terminal, action: Action): void {
  const run = jobOptions(program.command("run"))
    .argument("<file>", "pipeline file: exports `pipeline(…)` as its default")
    .description("run a pipeline until its input ends or a signal comes; goes on from the newest checkpoint")
    .addOption(
      new Option("--shutdown-timeout <duration>", "how long the last checkpoint may take after a signal").default(
        "30s",
      ),
    )
    .option("--debug", "debug checks: a record kept beyond its row throws")
    .option(
      "--stats",
      "at the end, where the time went: own time of each step, per record; the engine always measures it",
    )
    .option("--json", "one JSON document with the result on standard output, with --stats also its figures")
    .action(
      action(async (file: string, flags: RunFlags) => {
        const { runCommand } = await import("./run-command.ts");
        return runCommand(file, flags, terminal);
      }),
    );
  example(run, "tidemark run delays.ts --bind flights=jsonl:flights.jsonl --bind hourly=jsonl:hourly.jsonl");
  const dev = jobOptions(program.command("dev"))
    .argument("<file>", "pipeline file")
    .description(
      "run with debug checks and start again from the newest checkpoint whenever a source file beside it changes",
    )
    .option("--json", "a line of JSON with the result of each run on standard output")
    .action(
      action(async (file: string, flags: DevFlags) => {
        const { devCommand } = await import("./dev-command.ts");
        return devCommand(file, flags, terminal);
      }),
    );
  example(dev, "tidemark dev delays.ts --bind flights=jsonl:flights.jsonl");
  const demo = program
    .command("demo")
    .argument("[name]", "which demo: flights", "flights")
    .description("20,000 real flights, out of order; the engine is killed and the counts go on")
    .option("--json", "one JSON document with the result on standard output")
    .option("--keep", "keep the demo's folder: outputs and checkpoints")
    .action(
      action(async (name: string, flags: DemoFlags) => {
        const { demoCommand } = await import("../demo/demo-command.ts");
        return demoCommand(name, flags, terminal);
      }),
    );
  example(demo, "tidemark demo flights");
}

function addLookingCommands(program: Command, terminal: Terminal, action: Action): void {
  const graph = program
    .command("graph")
    .argument("<file>", "pipeline file")
    .description("show a pipeline without running it")
    .addOption(new Option("--format <format>", "how").choices(["text", "mermaid", "json"]).default("text"))
    .option("--json", "short for --format json")
    .action(
      action(async (file: string, flags: GraphFlags) => {
        const { graphCommand } = await import("./graph-command.ts");
        return graphCommand(file, flags, terminal);
      }),
    );
  example(graph, "tidemark graph delays.ts --format mermaid");
  const cat = program
    .command("cat")
    .argument("<file>", "file of records: jsonl, csv, rows or blocks, also .gz and .zst")
    .description("print the records of a file as JSON Lines")
    .addOption(
      new Option("--kind <kind>", "format, where the file's name and beginning do not say it").choices([
        "jsonl",
        "csv",
        "rows",
        "blocks",
      ]),
    )
    .action(
      action(async (file: string, flags: CatFlags) => {
        const { catCommand } = await import("./cat-command.ts");
        return catCommand(file, flags);
      }),
    );
  example(cat, "tidemark cat hourly.rows");
  const config = jobOptions(program.command("config"))
    .argument("[file]", "pipeline file")
    .description("show every setting with its value and where it came from: flag, environment, config file or default")
    .option("--json", "as JSON")
    .action(
      action(async (file: string | undefined, flags: ConfigFlags) => {
        const { configCommand } = await import("./config-command.ts");
        return configCommand(file, flags, terminal);
      }),
    );
  example(config, "tidemark config delays.ts");
}

function addCheckpointCommands(program: Command, terminal: Terminal, action: Action): void {
  const checkpoint = program
    .command("checkpoint")
    .description("look at the checkpoints of a state directory, without taking it over");
  example(checkpoint, "tidemark checkpoint ls .tidemark/delays");
  const list = checkpoint
    .command("ls")
    .argument("<directory>", "state directory, such as .tidemark/delays")
    .description("list checkpoints, newest first")
    .option("--json", "as JSON")
    .action(
      action(async (directory: string, flags: CheckpointFlags) => {
        const { checkpointList } = await import("./checkpoint-command.ts");
        return checkpointList(directory, flags, terminal);
      }),
    );
  example(list, "tidemark checkpoint ls .tidemark/delays");
  const show = checkpoint
    .command("show")
    .argument("<directory>", "state directory")
    .argument("<id>", "checkpoint")
    .description("print a manifest: positions, segments, states, timers, sinks")
    .option("--json", "on one line")
    .action(
      action(async (directory: string, id: string, flags: CheckpointFlags) => {
        const { checkpointShow } = await import("./checkpoint-command.ts");
        return checkpointShow(directory, id, flags, terminal);
      }),
    );
  example(show, "tidemark checkpoint show .tidemark/delays 7");
  const verify = checkpoint
    .command("verify")
    .argument("<directory>", "state directory")
    .argument("[id]", "checkpoint; all if left out")
    .description("read and check every byte; exit code 21 if one is wrong")
    .option("--json", "as JSON")
    .action(
      action(async (directory: string, id: string | undefined, flags: CheckpointFlags) => {
        const { checkpointVerify } = await import("./checkpoint-command.ts");
        return checkpointVerify(directory, id, flags, terminal);
      }),
    );
  example(verify, "tidemark checkpoint verify .tidemark/delays");
}

/** Options of the commands that start or describe a job. */
function jobOptions(command: Command): Command {
  return command
    .option(
      "-b, --bind <PORT=KIND:ARG>",
      "bind a port, such as flights=jsonl:flights.jsonl; kinds: jsonl, csv, rows, blocks, stdin, stdout, memory; may be repeated",
      (value: string, all: string[] = []) => [...all, value],
    )
    .option("-c, --config <file>", "config file (default: tidemark.config.ts if there is one)")
    .option("-p, --parallelism <n>", "subtasks of every step, a worker thread each (default: 1)")
    .option("-s, --state-directory <path>", "where checkpoints are kept (default: .tidemark/NAME)")
    .option("--checkpoint-every <duration>", 'pause between checkpoints, such as "1s" (default), or "manual"')
    .option("--retained <n>", "checkpoints kept (default: 3)")
    .option(
      "--state-bytes-max <n>",
      "bytes of state a step may hold in a task; beyond it the job stops (default: no limit)",
    );
}

/** Help begins with an example. */
function example(command: Command, line: string): void {
  command.addHelpText("before", `Example:\n  ${line}\n`);
}

function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}
