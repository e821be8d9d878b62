import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("measure-main.ts", import.meta.url));

/** Measures a task in a process of its own, so that no run warms up or burdens the next; resolves to what it measured. */
export function inProcess<Result>(task: object): Promise<Result> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ["--expose-gc", "--conditions=@tidemark/source", MAIN, JSON.stringify(task)],
      { maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout) as Result);
        else reject(new Error(`measuring ${JSON.stringify(task)} failed: ${stderr}`, { cause: error }));
      },
    );
  });
}
