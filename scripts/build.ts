/** `npm run build`: compiles every package file to file into its dist, which holds nothing else afterwards. */
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand, toolPath } from "./run-command.ts";
import { listFiles, packageFolders, publishedFolders, WORKSPACE } from "./workspace.ts";

for (const name of packageFolders()) removeOrphans(join(WORKSPACE, "packages", name));
// npm takes a licence only from the package's own folder.
for (const name of publishedFolders()) {
  copyFileSync(join(WORKSPACE, "LICENSE"), join(WORKSPACE, "packages", name, "LICENSE"));
}
const { ok, output } = await runCommand(toolPath("tsc"), ["-b", "tsconfig.json"], { cwd: WORKSPACE });
process.stdout.write(output);
process.exitCode = ok ? 0 : 1;

/** tsc leaves the output of a source that is gone; it would be published. */
function removeOrphans(folder: string): void {
  const dist = join(folder, "dist");
  if (!existsSync(dist)) return;
  for (const path of listFiles(dist)) {
    const source = path.replace(/\.(d\.ts|js)(\.map)?$/, ".ts");
    if (source !== path && !existsSync(join(folder, "src", source))) rmSync(join(dist, path));
  }
}
