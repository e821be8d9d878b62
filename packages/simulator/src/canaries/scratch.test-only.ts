import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { plant, type Canary } from "./canary.ts";

const WORKSPACE = fileURLToPath(new URL("../../../../", import.meta.url));
/** A planted bug may hang what runs it. */
const CHILD_TIMEOUT_MS = 1_500_000;

/** What a search came to; null: no seed found anything. */
export type Hunt = { readonly seed: number; readonly violation: string } | null;

/** Copies of engine and simulator under the system's temporary folder, each with a bug of its own. */
export class Scratch {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(): Promise<Scratch> {
    return new Scratch(await mkdtemp(join(tmpdir(), "tidemark-canaries-")));
  }

  async close(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Makes a copy with the bug (null: without any), and runs seeds in a process of its own until one finds something. */
  async hunt(canary: Canary | null, seeds: { readonly from: number; readonly max: number }): Promise<Hunt> {
    const name = canary === null ? `clean-${seeds.from}` : canary.name.replaceAll(/[^a-z0-9]+/gi, "-");
    const root = join(this.#directory, name);
    await copyWorkspace(root);
    for (const edit of canary === null ? [] : [canary, ...(canary.also === undefined ? [] : [canary.also])]) {
      const file = join(root, "packages/engine/src", edit.file);
      await writeFile(file, plant(name, edit, await readFile(file, "utf8")));
    }
    const program = join(root, "packages/simulator/src/canaries/hunt.test-only.ts");
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=@tidemark/source", program, String(seeds.from), String(seeds.max), canary?.only ?? ""],
      { timeout: CHILD_TIMEOUT_MS, killSignal: "SIGKILL", cwd: root },
    );
    await rm(root, { recursive: true, force: true });
    return JSON.parse(stdout) as Hunt;
  }
}

/** Sources of engine and simulator without their tests, and links to what they depend on. */
async function copyWorkspace(root: string): Promise<void> {
  for (const name of ["engine", "simulator"]) {
    const from = join(WORKSPACE, "packages", name);
    const to = join(root, "packages", name);
    await cp(join(from, "package.json"), join(to, "package.json"));
    await cp(join(from, "src"), join(to, "src"), {
      recursive: true,
      filter: (path) => !path.endsWith(".test.ts") && !path.includes("golden"),
    });
    await link(to, join(root, "node_modules/@tidemark", name));
  }
  const engine = JSON.parse(await readFile(join(WORKSPACE, "packages/engine/package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const name of Object.keys(engine.dependencies))
    await link(join(WORKSPACE, "node_modules", name), join(root, "node_modules", name));
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}
