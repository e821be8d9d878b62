/**
 * `npm test`: every *.test.ts of the workspace, sources as they are. Arguments are paths or parts of paths to run only
 * some; what begins with `--` goes to Node's test runner.
 */
import { spawn } from "node:child_process";
import { listFiles, WORKSPACE } from "./workspace.ts";

const flags = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const files = listFiles(WORKSPACE)
  .filter((path) => path.endsWith(".test.ts"))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part.replace(/^\.\//, ""))));

if (files.length === 0) {
  process.stderr.write(`no test file matches ${wanted.join(" ")}\n`);
  process.exitCode = 2;
} else {
  process.stdout.write(`running ${files.length} test files on Node ${process.versions.node}\n`);
  const child = spawn(process.execPath, ["--conditions=@tidemark/source", "--test", ...flags, ...files], {
    cwd: WORKSPACE,
    stdio: ["ignore", "inherit", "inherit"],
  });
  // A test process that was killed has not passed.
  child.on("close", (code) => (process.exitCode = code ?? 1));
}
