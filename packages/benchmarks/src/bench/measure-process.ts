import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Measurement, Task } from "./measure.ts";

const MAIN = fileURLToPath(new URL("measure-main.ts", import.meta.url));

/** Measures a task in a process of its own, so that no run warms up or burdens the next. */
export function measureInProcess(task: Task): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ["--conditions=@tidemark/source", MAIN, JSON.stringify(task)],
      { maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout) as Measurement);
        else
          reject(
            new Error(`measuring ${task.query} (${task.system}, ${task.mode}) failed: ${stderr}`, { cause: error }),
          );
      },
    );
  });
}
