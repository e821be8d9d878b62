import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { missingDocuments } from "./tidy/document-names.ts";
import { brokenLinks } from "./tidy/markdown-links.ts";
import { judgeName } from "./tidy/name-rules.ts";
import { judgeText, TEXT_RULES } from "./tidy/text-rules.ts";
import { ENGINE_PACKAGE, isRoom, ROOMS } from "./walls/diagram.ts";
import { listFiles, readManifest, WORKSPACE } from "./workspace.ts";

/** By URL: the table is no public name, and a path into another project cannot be compiled here. */
const { ERROR_CODES } = (await import(
  new URL("../packages/engine/src/foundation/error-codes.ts", import.meta.url).href
)) as {
  ERROR_CODES: Readonly<Record<string, { readonly kind: string; readonly exit?: number }>>;
};

const FILES = listFiles(WORKSPACE);
const FILE_BYTES_MAX = 1024 * 1024;
/** One screen, generously. */
const ROOM_README_LINES_MAX = 70;

const read = (path: string): string => readFileSync(join(WORKSPACE, path), "utf8");
const isText = (path: string): boolean => /\.(ts|mts|md|json|sh|ya?ml)$|^(\.ci\/run|LICENSE|\.npmrc)$/.test(path);

describe("the tree is tidy", () => {
  test("the rules catch what they are for", () => {
    for (const rule of TEXT_RULES) assert.equal(judgeText("a.ts", rule.example).length, 1, rule.name);
    for (const name of ["src/utils/a.ts", "src/date-helpers.ts", "src/common.ts", "src/keyGroup.ts", "src/Key.ts"]) {
      assert.ok(judgeName(name) !== null, name);
    }
    assert.equal(judgeName("src/key-group.property.test.ts"), null);
    assert.deepEqual(brokenLinks("docs/a.md", "[x](b.md) [y](../c) [z](d.md)", new Set(["docs/b.md", "c/e.ts"])), [
      "docs/a.md: d.md leads nowhere",
    ]);
    assert.deepEqual(missingDocuments("a.ts", "// docs/format.md and notes/old.md", ["docs/format.md"]), [
      "a.ts: names notes/old.md, which is not in this tree",
    ]);
  });

  test("texts", () => {
    assert.deepEqual(
      FILES.filter(isText).flatMap((path) => judgeText(path, read(path))),
      [],
    );
  });

  test("names", () => {
    assert.deepEqual(
      FILES.map(judgeName).filter((problem) => problem !== null),
      [],
    );
  });

  test("links between documents", () => {
    const files = new Set(FILES);
    assert.deepEqual(
      FILES.filter((path) => path.endsWith(".md")).flatMap((path) => brokenLinks(path, read(path), files)),
      [],
    );
  });

  test("documents that are named are there", () => {
    const sources = FILES.filter((path) => /\.(ts|md)$/.test(path) && path !== "scripts/tidy.test.ts");
    assert.deepEqual(
      sources.flatMap((path) => missingDocuments(path, read(path), FILES)),
      [],
    );
  });

  test("no file is large", () => {
    assert.deepEqual(
      FILES.filter((path) => statSync(join(WORKSPACE, path)).size > FILE_BYTES_MAX),
      [],
    );
  });
});

describe("the rooms", () => {
  const rooms = new Set(
    FILES.filter((path) => path.startsWith(`packages/${ENGINE_PACKAGE}/src/`)).map((path) => path.split("/")[3] ?? ""),
  );

  test("are those of the diagram", () => {
    assert.deepEqual(
      [...rooms].filter((room) => !isRoom(room)),
      [],
    );
    assert.deepEqual(
      Object.keys(ROOMS).filter((room) => !rooms.has(room)),
      [],
    );
  });

  test("each has a README of a screen", () => {
    for (const room of Object.keys(ROOMS)) {
      const path = `packages/${ENGINE_PACKAGE}/src/${room}/README.md`;
      assert.ok(existsSync(join(WORKSPACE, path)), `${path} is missing: purpose, invariants, may import`);
      const lines = read(path).split("\n").length;
      assert.ok(lines <= ROOM_README_LINES_MAX, `${path} has ${lines} lines, more than ${ROOM_README_LINES_MAX}`);
    }
  });

  test("are drawn in ARCHITECTURE.md as the lint has them", () => {
    const rows = [...roomTable(read("docs/ARCHITECTURE.md")).matchAll(/^\| `([a-z-]+)` \| ([^|]*) \|/gm)];
    const drawn = Object.fromEntries(rows.map(([, room = "", below = ""]) => [room, below.match(/[a-z-]+/g) ?? []]));
    assert.deepEqual(drawn, ROOMS);
  });
});

describe("error pages", () => {
  const pages = FILES.filter((path) => /^docs\/errors\/TM_\w+\.md$/.test(path));

  test("every code has its page, and every page its code", () => {
    const named = pages.map((path) => path.replace(/^docs\/errors\/(\w+)\.md$/, "$1"));
    assert.deepEqual(named.sort(), Object.keys(ERROR_CODES).sort());
  });

  test("a page gives kind and exit code as the table has them, causes, what to do and an example", () => {
    for (const path of pages) {
      const text = read(path);
      const code = path.replace(/^.*\/|\.md$/g, "");
      const { kind, exit = 1 } = ERROR_CODES[code] ?? assert.fail(`${code} is no code`);
      assert.ok(text.startsWith(`# ${code}\n`), `${path}: the title is the code`);
      assert.ok(
        text.includes(`kind \`${kind}\`, exit code ${exit}`),
        `${path}: says kind \`${kind}\`, exit code ${exit}`,
      );
      for (const heading of ["## Likely causes", "## What to do", "## Example"]) {
        assert.ok(text.includes(`\n${heading}\n`), `${path}: has no "${heading}"`);
      }
    }
  });
});

describe("manifests", () => {
  const manifests = FILES.filter((path) => /(^|\/)package\.json$/.test(path));

  test("the files that npm scripts name exist", () => {
    for (const path of manifests) {
      const { scripts = {} } = readManifest(join(WORKSPACE, path));
      for (const [name, script] of Object.entries(scripts)) {
        for (const file of script.match(/[\w./-]+\.(ts|json)\b/g) ?? []) {
          assert.ok(existsSync(join(WORKSPACE, path, "..", file)), `${path}: script ${name} names ${file}`);
        }
      }
    }
  });

  test("every version is exact", () => {
    for (const path of manifests) {
      const manifest = JSON.parse(read(path)) as Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
      for (const kind of ["dependencies", "devDependencies", "optionalDependencies"]) {
        for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
          assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${path}: ${kind} ${name}`);
        }
      }
    }
  });
});

/** The table of ARCHITECTURE.md that begins with a column of rooms. */
function roomTable(text: string): string {
  return text.split("\n| room | directly below |")[1]?.split("\n\n")[0] ?? "";
}
