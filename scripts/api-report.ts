/**
 * The public API of every package entry as a committed report, api/ENTRY.api.md. A change of the API is a change of that
 * file and so is seen in review; an export without a doc comment is an error. `--write` (npm run api) brings the reports
 * up to date. Reads dist: build first.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
  type ExtractorResult,
} from "@microsoft/api-extractor";
import { publishedFolders, readManifest, WORKSPACE } from "./workspace.ts";

const REPORTS = join(WORKSPACE, "api");
const SCRATCH = join(WORKSPACE, "node_modules/.cache/api-report");
/** As a consumer has it: without the source condition, so that other packages are read from their dist too. */
const COMPILER_OPTIONS = {
  target: "es2024",
  lib: ["es2024", "esnext.disposable", "esnext.collection"],
  module: "nodenext",
  moduleResolution: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  types: ["node"],
};
const write = process.argv.includes("--write");

const problems: string[] = [];
const expected = new Set<string>();
mkdirSync(REPORTS, { recursive: true });
for (const folder of publishedFolders()) {
  const path = join(WORKSPACE, "packages", folder);
  const manifest = readManifest(join(path, "package.json"));
  for (const [entry, conditions] of Object.entries(manifest.exports ?? {})) {
    const name = [folder, ...entry.split("/").slice(1)].join("-");
    expected.add(`${name}.api.md`);
    const types = conditions["types"];
    if (types === undefined || !existsSync(join(path, types))) {
      problems.push(
        `${manifest.name} ${entry}: ${types ?? "no types condition"} is missing; is its source there, and built?`,
      );
    } else report({ name, packagePath: path, types });
  }
}
for (const file of readdirSync(REPORTS)) {
  if (expected.has(file)) continue;
  if (write) rmSync(join(REPORTS, file));
  else problems.push(`api/${file} belongs to no entry; npm run api removes it`);
}
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

function report(entry: { name: string; packagePath: string; types: string }): void {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: entry.packagePath,
      mainEntryPointFilePath: join(entry.packagePath, entry.types),
      compiler: {
        overrideTsconfig: { compilerOptions: COMPILER_OPTIONS, files: [join(entry.packagePath, entry.types)] },
        skipLibCheck: true,
      },
      apiReport: {
        enabled: true,
        reportFileName: entry.name,
        reportFolder: REPORTS,
        reportTempFolder: SCRATCH,
        includeForgottenExports: false,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Error },
          // Members speak for themselves where they can; exports are checked below, in the report.
          "ae-undocumented": { logLevel: ExtractorLogLevel.None },
          // Seen in the report: a type that a signature names and the entry does not export.
          "ae-forgotten-export": { logLevel: ExtractorLogLevel.None, addToApiReportFile: true },
          "ae-missing-release-tag": { logLevel: ExtractorLogLevel.None },
          "ae-unresolved-link": { logLevel: ExtractorLogLevel.None },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(entry.packagePath, "package.json"),
  });
  const result = invoke(config, entry.name);
  if (result === null) return;
  if (result.apiReportChanged && !write) {
    problems.push(`api/${entry.name}.api.md is not what the code exports; look at the difference after npm run api`);
  }
  const text = readFileSync(join(SCRATCH, `${entry.name}.api.md`), "utf8");
  for (const [, declaration] of text.matchAll(/^\/\/ @\w+ \(undocumented\)\n(.*)$/gm)) {
    problems.push(`${entry.name}: an export needs a doc comment: ${declaration ?? ""}`);
  }
}

/** Null where a declaration file is missing or broken, which the types step names too. */
function invoke(config: ExtractorConfig, name: string): ExtractorResult | null {
  try {
    return Extractor.invoke(config, { localBuild: write, messageCallback: (message) => note(name, message) });
  } catch (error) {
    const [why = ""] = String(error).split("\n");
    problems.push(`${name}: cannot be read from dist: ${why}`);
    return null;
  }
}

function note(name: string, message: ExtractorMessage): void {
  message.handled = true;
  if (message.logLevel !== ExtractorLogLevel.Error) return;
  const place = message.sourceFilePath === undefined ? "" : ` ${message.sourceFilePath}:${message.sourceFileLine ?? 0}`;
  problems.push(`${name}: ${message.messageId} ${message.text}${place}`);
}
