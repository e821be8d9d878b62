import { Command, CommanderError, Option } from "commander";
import { checkpointList, checkpointShow, checkpointVerify } from "./checkpoint-command.ts";
import { configCommand } from "./config-command.ts";
import { devCommand } from "./dev-command.ts";
import { EXIT, reportFailure } from "./failure.ts";
import { graphCommand } from "./graph-command.ts";
import { runCommand } from "./run-command.ts";
import { processTerminal, type Terminal } from "./terminal.ts";
import { demoCommand } from "../demo/demo-command.ts";
import { VERSION } from "../version.ts";

/** Runs the command line and returns the exit code; see `tidemark --help`. */
export async function runCli(args: readonly string[]): Promise<number> {
  const terminal = processTerminal();
  const outcome = { exitCode: EXIT.ok as number };
  const program = buildProgram(terminal, outcome);
  const isJson = args.includes("--json");
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportFailure(error, terminal, { json: isJson, verbose: args.includes("--verbose") });
  }
  return outcome.exitCode;
}

type Run<Arguments extends unknown[]> = (...args: Arguments) => Promise<number>;

function buildProgram(terminal: Terminal, outcome: { exitCode: number }): Command {
  const program = new Command("tidemark")
    .description("Stateful stream processing for TypeScript: event time, exactly-once state, in your Node process.")
    .usage("COMMAND …")
    .version(`tidemark ${VERSION}, node ${process.version}, ${process.platform}-${process.arch}`, "-V, --version")
    .option("--verbose", "show stack traces")
    .addHelpText("beforeAll", EXAMPLE)
    .showSuggestionAfterError(true)
    .showHelpAfterError("(tidemark --help tells more)")
    .exitOverride();
  const then =
    <Arguments extends unknown[]>(run: Run<Arguments>) =>
    async (...args: Arguments): Promise<void> => {
      outcome.exitCode = await run(...args);
    };
  addJobCommands(program, terminal, then);
  addCheckpointCommands(program, terminal, then);
  return program;
}

const EXAMPLE = `Example:
  tidemark run delays.ts --bind flights=jsonl:flights.jsonl --bind hourly=jsonl:hourly.jsonl

`;

type Then = <Arguments extends unknown[]>(run: Run<Arguments>) => (...args: Arguments) => Promise<void>;

function addJobCommands(program: Command, terminal: Terminal, then: Then): void {
  jobFlags(program.command("run"))
    .argument("<file>", "pipeline file: exports `pipeline(…)` as its default")
    .description("run a pipeline until its input ends or a signal comes; goes on from the newest checkpoint")
    .addOption(new Option("--shutdown-timeout <seconds>", "how long a last checkpoint may take after SIGTERM").default("30"))
    .option("--debug", "debug checks: a record kept beyond its row throws")
    .option("--json", "one JSON document with the result on standard output")
    .action(then((file: string, flags: Parameters<typeof runCommand>[1]) => runCommand(file, flags, terminal)));
  jobFlags(program.command("dev"))
    .argument("<file>", "pipeline file")
    .description("run with debug checks and start again from the local checkpoint whenever the file's folder changes")
    .action(then((file: string, flags: Parameters<typeof devCommand>[1]) => devCommand(file, flags, terminal)));
  program
    .command("demo")
    .argument("[name]", "which demo: flights", "flights")
    .description("20,000 real flights, out of order; the engine is killed and the counts go on")
    .option("--json", "one JSON document with the result on standard output")
    .option("--keep", "keep the demo's folder")
    .action(then((name: string, flags: Parameters<typeof demoCommand>[1]) => demoCommand(name, flags, terminal)));
  program
    .command("graph")
    .argument("<file>", "pipeline file")
    .description("show a pipeline without running it")
    .addOption(new Option("--format <format>", "how").choices(["text", "mermaid", "json"]).default("text"))
    .option("--json", "short for --format json")
    .action(then((file: string, flags: Parameters<typeof graphCommand>[1]) => graphCommand(file, flags, terminal)));
  jobFlags(program.command("config"))
    .argument("[file]", "pipeline file")
    .description("show every setting with its value and where it came from")
    .option("--json", "as JSON")
    .action(then((file: string | undefined, flags: Parameters<typeof configCommand>[1]) => configCommand(file, flags, terminal)));
}

function addCheckpointCommands(program: Command, terminal: Terminal, then: Then): void {
  const checkpoint = program.command("checkpoint").description("look at the checkpoints of a state directory, without taking it over");
  checkpoint
    .command("ls")
    .argument("<directory>", "state directory")
    .description("list checkpoints, newest first")
    .option("--json", "as JSON")
    .action(then((directory: string, flags: { json?: boolean }) => checkpointList(directory, flags, terminal)));
  checkpoint
    .command("show")
    .argument("<directory>", "state directory")
    .argument("<id>", "checkpoint")
    .description("print a manifest")
    .option("--json", "on one line")
    .action(then((directory: string, id: string, flags: { json?: boolean }) => checkpointShow(directory, id, flags, terminal)));
  checkpoint
    .command("verify")
    .argument("<directory>", "state directory")
    .argument("[id]", "checkpoint; all if left out")
    .description("read and check every byte; exit code 21 if one is wrong")
    .option("--json", "as JSON")
    .action(then((directory: string, id: string | undefined, flags: { json?: boolean }) => checkpointVerify(directory, id, flags, terminal)));
}

function jobFlags(command: Command): Command {
  return command
    .option("-b, --bind <PORT=KIND:ARG>", "bind a port, such as flights=jsonl:flights.jsonl; may be repeated", (value: string, all: string[] = []) => [...all, value])
    .option("-c, --config <file>", "config file (default: tidemark.config.ts if there is one)")
    .option("-p, --parallelism <n>", "subtasks of every step, a worker thread each (default: 1)")
    .option("-s, --state-directory <path>", "where checkpoints are kept (default: .tidemark/NAME)")
    .option("--checkpoint-every <duration>", 'pause between checkpoints, such as "1s" (default), or "manual"')
    .option("--retained <n>", "checkpoints kept (default: 3)");
}
