import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { runCommand, toolPath } from "./run-command.ts";
import { listFiles, WORKSPACE } from "./workspace.ts";

/** A wall is only as good as the alarm behind it: each violation is planted in a copy of the sources, and the lint must name it. */
interface Plant {
  readonly what: string;
  readonly path: string;
  readonly source: string;
  /** What the lint's line about `path` must say. */
  readonly says: RegExp;
}

const ENGINE = "packages/engine/src";

const PLANTS: readonly Plant[] = [
  {
    what: "an import against the diagram",
    path: `${ENGINE}/record/planted-upward.ts`,
    source: `import { PLAIN_CODEC } from "../state/state-codec.ts";\nexport const planted: unknown = PLAIN_CODEC;\n`,
    says: /walls\(imports\).*|room record may not import state/,
  },
  {
    what: "a type-only import against the diagram",
    path: `${ENGINE}/foundation/planted-type.ts`,
    source: `import type { Host } from "../host/host.ts";\nexport type Planted = Host;\n`,
    says: /room foundation may not import host/,
  },
  {
    what: "an import() type against the diagram",
    path: `${ENGINE}/host/planted-import-type.ts`,
    source: `export type Planted = import("../record/batch.ts").RecordBatch;\n`,
    says: /room host may not import record/,
  },
  {
    what: "a re-export against the diagram",
    path: `${ENGINE}/time/planted-export.ts`,
    source: `export type { Operator } from "../operator/operator.ts";\n`,
    says: /room time may not import operator/,
  },
  {
    what: "a sideways import between rooms that are not above one another",
    path: `${ENGINE}/format/planted-sideways.ts`,
    source: `export type { Split } from "../connector/source-connector.ts";\n`,
    says: /room format may not import connector/,
  },
  {
    what: "a dynamic import against the diagram",
    path: `${ENGINE}/state/planted-dynamic.ts`,
    source: `export const planted = async (): Promise<unknown> => await import("../graph/logical-graph.ts");\n`,
    says: /room state may not import graph/,
  },
  {
    what: "a dynamic import by a computed name",
    path: `${ENGINE}/state/planted-computed.ts`,
    source: `export const planted = async (name: string): Promise<unknown> => await import(name);\n`,
    says: /load code by a computed name/,
  },
  {
    what: "a relative path into another package",
    path: "packages/tidemark/src/planted-sneaky.ts",
    source: `export type { Host } from "../../engine/src/host/host.ts";\n`,
    says: /leaves the package "tidemark"/,
  },
  {
    what: "the engine importing what is built on it",
    path: `${ENGINE}/run/planted-package.ts`,
    source: `export type Planted = typeof import("tidemark");\n`,
    says: /package "engine" may not import tidemark/,
  },
  {
    what: "a public entry imported from inside",
    path: `${ENGINE}/record/planted-entry.ts`,
    source: `export type { Host } from "../host/entry.ts";\n`,
    says: /is a public entry/,
  },
  {
    what: "product code importing the testing room",
    path: `${ENGINE}/run/planted-testing.ts`,
    source: `export type Planted = typeof import("../testing/entry.ts");\n`,
    says: /nothing imports testing but tests/,
  },
  {
    what: "a file outside every room",
    path: `${ENGINE}/planted-room/planted.ts`,
    source: `export const planted = 1;\n`,
    says: /in no room of the diagram/,
  },
  {
    what: "node:fs outside node-host",
    path: `${ENGINE}/checkpoint/planted-node.ts`,
    source: `import { readFileSync } from "node:fs";\nexport const planted: unknown = readFileSync;\n`,
    says: /node:fs is Node's/,
  },
  {
    what: "a Node module without its prefix",
    path: `${ENGINE}/checkpoint/planted-bare-node.ts`,
    source: `import { readFileSync } from "fs";\nexport const planted: unknown = readFileSync;\n`,
    says: /fs is Node's/,
  },
  ...(
    [
      ["Date.now", "Date.now()", /host\.clock\.now/],
      ["Date-now-destructured", "{ const { now } = Date; return now; }", /host\.clock\.now/],
      ["Date-now-bracket", 'Date["now"]()', /host\.clock\.now/],
      ["new-date", "new Date()", /host\.clock\.now/],
      ["Math.random", "Math.random()", /host\.random\.next/],
      ["setTimeout", "setTimeout(() => undefined, 1)", /host\.timers/],
      ["setInterval", "setInterval(() => undefined, 1)", /host\.timers/],
      ["setImmediate", "setImmediate(() => undefined)", /host\.timers/],
      ["performance", "performance.now()", /host\.clock\.monotonicMs/],
      ["process", "process.pid", /a Host port/],
      ["Buffer", "Buffer.alloc(1)", /Uint8Array/],
      ["crypto", "crypto.randomUUID()", /host\.random/],
      ["globalThis", "globalThis.setTimeout", /the name itself/],
    ] as const
  ).map(([what, expression, says]) => ({
    what,
    path: `${ENGINE}/operator/planted-${what.toLowerCase().replace(".", "-")}.ts`,
    source: `export const planted = (): unknown => ${expression};\n`,
    says,
  })),
  {
    what: "export *",
    path: `${ENGINE}/host/planted-star.ts`,
    source: `export * from "./clock.ts";\n`,
    says: /export \* hides/,
  },
  {
    what: "a cycle of types",
    path: `${ENGINE}/host/planted-cycle-a.ts`,
    source: `import type { B } from "./planted-cycle-b.ts";\nexport interface A { readonly b: B | null }\n`,
    says: /no-cycle/,
  },
  {
    what: "the other half of the cycle",
    path: `${ENGINE}/host/planted-cycle-b.ts`,
    source: `import type { A } from "./planted-cycle-a.ts";\nexport interface B { readonly a: A | null }\n`,
    says: /no-cycle/,
  },
  {
    what: "a floating promise",
    path: `${ENGINE}/foundation/planted-floating.ts`,
    source: `const work = async (): Promise<void> => {};\nexport function planted(): void {\n  work();\n}\n`,
    says: /no-floating-promises/,
  },
  {
    what: "a switch that forgets a case",
    path: `${ENGINE}/foundation/planted-switch.ts`,
    source: `export function planted(kind: "a" | "b"): void {\n  switch (kind) {\n    case "a":\n      return;\n  }\n}\n`,
    says: /switch-exhaustiveness-check/,
  },
  {
    what: "any",
    path: `${ENGINE}/foundation/planted-any.ts`,
    source: `export type Planted = any;\n`,
    says: /no-explicit-any/,
  },
];

/** What a clean tree may do: each is allowed somewhere, and must stay so. */
const ALLOWED: readonly { readonly path: string; readonly source: string }[] = [
  { path: `${ENGINE}/run/allowed-down.ts`, source: `export type { Host } from "../host/host.ts";\n` },
  {
    path: `${ENGINE}/node-host/allowed-node.ts`,
    source: `import { readFileSync } from "node:fs";\nexport const allowed: unknown = [readFileSync, Date.now(), process.pid];\n`,
  },
  {
    path: `${ENGINE}/record/allowed.test.ts`,
    source: `import { test } from "node:test";\nimport { setTimeout } from "node:timers/promises";\ntest("allowed", async () => {\n  await setTimeout(Math.random());\n});\n`,
  },
  {
    path: `${ENGINE}/time/allowed-date.ts`,
    source: `export const allowed = (ms: number): string => new Date(ms).toISOString();\n`,
  },
];

describe("the walls", () => {
  let scratch = "";
  before(() => {
    scratch = mkdtempSync(join(tmpdir(), "tidemark-walls-"));
    for (const path of listFiles(WORKSPACE)) {
      if (!isLintInput(path)) continue;
      mkdirSync(dirname(join(scratch, path)), { recursive: true });
      cpSync(join(WORKSPACE, path), join(scratch, path));
    }
    symlinkSync(join(WORKSPACE, "node_modules"), join(scratch, "node_modules"));
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  test("a clean copy passes", async () => {
    const { ok, output } = await lint(scratch);
    assert.ok(ok, output);
  });

  test("every planted violation is named, and nothing else", async (t) => {
    for (const { path, source } of [...PLANTS, ...ALLOWED]) plant(scratch, path, source);
    const { ok, output } = await lint(scratch);
    assert.equal(ok, false, output);
    const lines = output.split("\n");
    for (const { what, path, says } of PLANTS) {
      await t.test(what, () => {
        const about = lines.filter((line) => line.startsWith(`${path}:`));
        assert.ok(
          about.some((line) => says.test(line)),
          `the lint does not say ${says} of ${path}:\n${about.join("\n")}`,
        );
      });
    }
    await t.test("what is allowed is not", () => {
      const planted = new Set(PLANTS.map(({ path }) => path));
      const strays = lines.filter((line) => line.startsWith("packages/") && !planted.has(line.split(":")[0] ?? ""));
      assert.deepEqual(strays, []);
    });
  });
});

/** Sources and what configures the lint. */
function isLintInput(path: string): boolean {
  return /^(packages\/|scripts\/walls\/|[^/]+$)/.test(path) && /\.(ts|json)$/.test(path);
}

function plant(root: string, path: string, source: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), source);
}

function lint(root: string): Promise<{ ok: boolean; output: string }> {
  return runCommand(toolPath("oxlint"), ["--type-aware", "--deny-warnings", "--format=unix"], { cwd: root });
}
