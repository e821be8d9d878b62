import { spawn } from "node:child_process";

export interface CommandResult {
  readonly ok: boolean;
  /** Both streams, in the order in which they came. */
  readonly output: string;
  /** Standard output alone, for commands whose output is data. */
  readonly stdout: string;
}

/** Runs a command without a shell and collects what it prints; a command that cannot be started is a failure, not a throw. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", (error) => resolve({ ok: false, output: `${output}${command}: ${error.message}\n`, stdout }));
    child.on("close", (code) => resolve({ ok: code === 0, output, stdout }));
  });
}

/** Path of a development tool's own entry, so that it runs on this Node wherever npm runs. */
export function toolPath(name: string): string {
  return new URL(`../node_modules/.bin/${name}`, import.meta.url).pathname;
}
