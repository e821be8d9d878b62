import assert from "node:assert/strict";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestContext } from "node:test";

/** What a test needs of the machine beyond Node. */
export interface Requirements {
  readonly commands?: readonly string[];
  /** To mount file systems. */
  readonly root?: boolean;
}

/**
 * Whether the machine has what the test needs. If not, the test is skipped and says what is missing; where TIDEMARK_REQUIRE_ALL is 1, as in
 * continuous integration, it fails.
 */
export function isPossible(t: TestContext, { commands = [], root = false }: Requirements): boolean {
  const missing = commands.filter((command) => !isInstalled(command)).map((command) => `the command ${command}`);
  if (process.platform !== "linux") missing.push("Linux");
  if (root && process.getuid?.() !== 0) missing.push("root");
  return missing.length === 0 || skipFor(t, `needs ${missing.join(", ")}`);
}

/** Skips the test for a reason, or fails it where nothing may be skipped; gives false. */
function skipFor(t: TestContext, reason: string): false {
  assert.notEqual(process.env["TIDEMARK_REQUIRE_ALL"], "1", `this test may not be skipped here: ${reason}`);
  t.skip(reason);
  return false;
}

/** A command's name, or the path of one. */
function isInstalled(command: string): boolean {
  const directories = command.includes("/") ? [""] : (process.env["PATH"] ?? "").split(delimiter);
  return directories.some((directory) => {
    try {
      accessSync(directory === "" ? command : join(directory, command), constants.X_OK);
      return true;
    } catch {
      // Not here; there are other directories.
      return false;
    }
  });
}
