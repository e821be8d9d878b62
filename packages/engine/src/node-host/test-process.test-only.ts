import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** A child process for tests of this room: it runs `source` with the named modules of the room imported as namespaces. */
export interface TestProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Resolves once standard output has a whole line that equals `line`. */
  line(line: string): Promise<void>;
  /** How it ended, with all it printed. */
  readonly ended: Promise<{ code: number | null; signal: string | null; output: string; error: string }>;
}

/** Starts the process; `modules` are file names of this room without `.ts`, dashes become underscores. */
export function testProcess(
  modules: readonly string[],
  source: string,
  environment: Record<string, string> = {},
): TestProcess {
  const imports = modules.map((name) => {
    const url = JSON.stringify(import.meta.resolve(`./${name}.ts`));
    return `import * as ${name.replaceAll("-", "_")} from ${url};`;
  });
  const child = spawn(
    process.execPath,
    ["--conditions=@tidemark/source", "--input-type=module", "--eval", `${imports.join("")}${source}`],
    {
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...environment },
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
  let output = "";
  let error = "";
  let look = (): void => {};
  child.stdout.on("data", (piece: Uint8Array) => {
    output += new TextDecoder().decode(piece);
    look();
  });
  child.stderr.on("data", (piece: Uint8Array) => (error += new TextDecoder().decode(piece)));
  const ended = new Promise<{ code: number | null; signal: string | null; output: string; error: string }>(
    (resolve) => {
      child.on("close", (code, signal) => resolve({ code, signal, output, error }));
    },
  );
  return {
    child,
    ended,
    line: (line) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (output.split("\n").slice(0, -1).includes(line)) resolve();
        };
        look();
        void ended.then((end) =>
          reject(new Error(`the process ended before it printed ${line}: ${JSON.stringify(end)}`)),
        );
      }),
  };
}
