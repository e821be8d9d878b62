import type { Binding } from "../connector/binding.ts";
import { TidemarkError } from "../foundation/error.ts";
import { compressionOf } from "./byte-pieces.ts";
import { BLOCKS, ROWS } from "./binary-format.ts";
import type { FileFormat } from "./file-format.ts";
import { FileSink } from "./file-sink.ts";
import { FileSource, type FileSourceOptions } from "./file-source.ts";
import { isPattern, normalPath } from "./glob.ts";
import { csvFormat, JSON_LINES } from "./text-format.ts";

/** Settings of a CSV binding. */
export interface CsvOptions extends FileSourceOptions {
  /** The character between cells, "," unless given. One ASCII character, neither a quote nor a line end. */
  readonly delimiter?: string;
}

/**
 * JSON Lines files. As a source: any number of paths and patterns (`*`, `?`, `**`), plain or compressed (`.gz`, `.zst`), read in
 * parallel. As a sink: one plain file, exactly once; readers take every complete line and ignore a last one without line feed.
 */
export function jsonl(paths: string | readonly string[], options: FileSourceOptions = {}): Binding {
  return fileBinding(JSON_LINES, paths, options);
}

/** CSV files with a header (RFC 4180, UTF-8), as a source and as a sink like {@link jsonl}. */
export function csv(paths: string | readonly string[], options: CsvOptions = {}): Binding {
  const { delimiter = ",", ...settings } = options;
  if (!/^[\t\x20-\x7e]$/.test(delimiter) || delimiter === '"') {
    throw new TidemarkError("TM_BINDING", "the delimiter of a CSV file is one ASCII character and no quote", {
      facts: { given: JSON.stringify(delimiter) },
    });
  }
  return fileBinding(csvFormat(delimiter), paths, settings);
}

/**
 * Files of binary rows, as a source and as a sink like {@link jsonl}: a row after the other, with its strings beside it. Readers ignore a
 * last frame that is not complete. docs/format.md has the bytes.
 */
export function rows(paths: string | readonly string[], options: FileSourceOptions = {}): Binding {
  return fileBinding(ROWS, paths, options);
}

/** Files of columnar blocks, like {@link rows}: up to 1,024 rows column by column, which a source reads without decoding them. */
export function blocks(paths: string | readonly string[], options: FileSourceOptions = {}): Binding {
  return fileBinding(BLOCKS, paths, options);
}

/** Files of any format, as {@link jsonl} binds those of JSON Lines. TM_BINDING for paths and settings that cannot be. */
export function fileBinding(
  format: FileFormat,
  paths: string | readonly string[],
  settings: FileSourceOptions,
): Binding {
  const patterns = typeof paths === "string" ? [paths] : paths;
  if (patterns.length === 0 || patterns.includes("")) {
    throw new TidemarkError(
      "TM_BINDING",
      `a ${format.kind} binding needs the path of a file, such as "${format.kind}:data.${format.kind}"`,
    );
  }
  for (const [name, bytes] of Object.entries(settings)) {
    if (Number.isSafeInteger(bytes) && bytes > 0) continue;
    throw new TidemarkError("TM_BINDING", `${name} of a file source must be a whole number of bytes above 0`, {
      facts: { given: String(bytes) },
    });
  }
  const source = new FileSource({ format, patterns, settings });
  const [path] = patterns as [string];
  // Many files, a pattern or a compressed file can only be read.
  const isSinkPath = patterns.length === 1 && !isPattern(path) && compressionOf(path) === null;
  const description = source.description;
  return isSinkPath
    ? {
        description,
        claims: { sink: `file ${normalPath(path)}` },
        source,
        sink: new FileSink({ format, path: normalPath(path) }),
      }
    : { description, source };
}
