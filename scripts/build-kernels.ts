/**
 * `npm run kernels`: compiles packages/engine/kernels to one WebAssembly module and writes it as the TypeScript file that the engine
 * imports. `--check` writes nothing and fails where the committed file differs from what the sources give.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand, toolPath } from "./run-command.ts";
import { WORKSPACE } from "./workspace.ts";

const ENTRY = "packages/engine/kernels/assembly/index.ts";
const TARGET = "packages/engine/src/record/kernels/kernels-wasm.ts";
/** Every thread that decodes compiles the module once. */
const MODULE_BYTES_MAX = 40_000;

const ASC_OPTIONS = [
  ["-O3", "--noAssert", "--runtime", "stub", "--use", "abort="],
  ["--importMemory", "--initialMemory", "1", "--maximumMemory", "65536"],
  ["--enable", "simd", "--enable", "bulk-memory", "--disable", "mutable-globals"],
].flat();

const folder = mkdtempSync(join(tmpdir(), "tidemark-kernels-"));
try {
  const outFile = join(folder, "kernels.wasm");
  const { ok, output } = await runCommand(
    process.execPath,
    [toolPath("asc"), ENTRY, ...ASC_OPTIONS, "--outFile", outFile],
    { cwd: WORKSPACE },
  );
  if (!ok) throw new Error(`the kernels do not compile\n${output}`);
  deliver(readFileSync(outFile));
} finally {
  rmSync(folder, { recursive: true });
}

function deliver(module: Uint8Array): void {
  const complaint = judge(module);
  if (complaint !== null) throw new Error(`the kernels cannot be used: ${complaint}`);
  const text = sourceOf(module);
  const path = join(WORKSPACE, TARGET);
  if (!process.argv.includes("--check")) {
    writeFileSync(path, text);
    process.stdout.write(`${TARGET}: a module of ${module.length} bytes\n`);
  } else if (readFileSync(path, "utf8") !== text) {
    process.stderr.write(`${TARGET} is not what ${ENTRY} compiles to; run npm run kernels\n`);
    process.exitCode = 1;
  }
}

/** Why the module breaks the rules of packages/engine/kernels/README.md, or null. */
function judge(module: Uint8Array): string | null {
  if (module.length > MODULE_BYTES_MAX) return `${module.length} bytes, more than ${MODULE_BYTES_MAX}`;
  const sections = sectionsOf(module);
  if (sections.has(11)) return "there is static data, which every instance would write over its caller's memory";
  if (sections.has(6)) return "there are globals, which are per thread where the memory may be shared";
  return null;
}

/** The contents of the module's sections by their numbers, with where each begins. */
function sectionsOf(module: Uint8Array): Map<number, { at: number; bytes: Uint8Array }> {
  const found = new Map<number, { at: number; bytes: Uint8Array }>();
  for (let at = 8; at < module.length;) {
    const id = module[at] as number;
    let size = 0;
    let shift = 0;
    let byte: number;
    do {
      at++;
      byte = module[at] as number;
      size |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80);
    at++;
    found.set(id, { at, bytes: module.subarray(at, at + size) });
    at += size;
  }
  return found;
}

/** Where the flags of the only import, a memory, stand: 1 is "with a maximum", 3 "and shared". */
function memoryFlagsAt(module: Uint8Array): number {
  const imports = sectionsOf(module).get(2);
  if (imports === undefined) throw new Error("the module imports no memory");
  const { at, bytes } = imports;
  const moduleLength = bytes[1] as number;
  const nameLength = bytes[2 + moduleLength] as number;
  const kind = 3 + moduleLength + nameLength;
  if (bytes[0] !== 1 || bytes[kind] !== 2 || bytes[kind + 1] !== 1) {
    throw new Error("the module imports something else than one memory with a maximum");
  }
  return at + kind + 1;
}

function sourceOf(module: Uint8Array): string {
  return `// Made by \`npm run kernels\` from packages/engine/kernels; do not edit.

/** Where the flags of the imported memory stand in the module: 1, or 3 where the memory is shared. */
export const MEMORY_FLAGS_AT: number = ${memoryFlagsAt(module)};

/** The kernels' WebAssembly module, base64. */
export const KERNELS_WASM: string =
  "${Buffer.from(module).toString("base64")}";
`;
}
