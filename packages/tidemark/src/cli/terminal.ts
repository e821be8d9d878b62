import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Where a command writes: results to standard output, everything else to standard error. */
export interface Terminal {
  /** A result; the only thing that goes to standard output. */
  result(text: string): void;
  /** A word to the person: progress, warnings, errors. */
  say(text: string): void;
  /** Replaces the last line of progress; only on a terminal, else nothing. */
  status(text: string): void;
  style(style: Style, text: string): string;
  /** True if a person is watching: standard error is a terminal. */
  readonly isInteractive: boolean;
}

/**
 * The process's own terminal. With `json` standard output holds the result alone: what a sink or user code prints there goes to
 * standard error.
 */
export function processTerminal({ json }: { json: boolean }): Terminal {
  const isInteractive =
    process.stderr.isTTY === true && process.env["TERM"] !== "dumb" && process.env["CI"] === undefined;
  const line = new StatusLine();
  ignoreReaderGone(process.stdout);
  ignoreReaderGone(process.stderr);
  const writeResult = process.stdout.write.bind(process.stdout);
  if (json) process.stdout.write = process.stderr.write.bind(process.stderr);
  return {
    isInteractive,
    result: (text) => {
      line.clear();
      writeResult(`${text}\n`);
    },
    say: (text) => {
      line.clear();
      process.stderr.write(`${text}\n`);
    },
    status: (text) => {
      if (isInteractive) line.show(text);
    },
    // styleText itself obeys NO_COLOR, FORCE_COLOR and streams that are no terminal.
    style: (style, text) => styleText(style, text, { stream: process.stderr }),
  };
}

/**
 * One line at the bottom of the terminal. Whatever else the process or a worker thread writes there meanwhile, such as
 * the records of a sink that prints, first takes it away.
 */
class StatusLine {
  #isShown = false;
  #isGuarded = false;
  #write: (text: string) => void = (text) => {
    process.stderr.write(text);
  };

  show(text: string): void {
    if (!this.#isGuarded) this.#guard();
    this.#write(`\r\u001b[2K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
    this.#isShown = true;
  }

  clear(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#write("\r\u001b[2K");
  }

  #guard(): void {
    this.#isGuarded = true;
    const write = process.stderr.write.bind(process.stderr);
    this.#write = (text) => {
      write(text);
    };
    for (const stream of [process.stdout, process.stderr]) if (stream.isTTY) this.#clearBefore(stream);
  }

  #clearBefore(stream: NodeJS.WriteStream): void {
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    stream.write = (...args: unknown[]): boolean => {
      this.clear();
      return write(...args);
    };
  }
}

/** `tidemark graph … | head` is no error; whoever must know that a record was not written hears it from the write itself. */
function ignoreReaderGone(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

/** Rows as columns, two spaces between them; numbers and the columns named `right` to the right. */
export function table(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  { right = [] }: { readonly right?: readonly string[] } = {},
): string {
  const cells = [
    header,
    ...rows.map((row) => row.map((cell) => (typeof cell === "number" ? formatCount(cell) : cell))),
  ];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const isNumber = header.map(
    (title, column) =>
      right.includes(title) || (rows.length > 0 && rows.every((row) => typeof row[column] === "number")),
  );
  const pad = (cell: string, column: number): string =>
    isNumber[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return cells.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

/** 1234567 as "1,234,567". */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** Bytes as "1.2 MiB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1_024 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** Epoch ms as "2001-01-10 18:20:00Z". */
export function formatTime(epochMs: number): string {
  return new Date(epochMs)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
}

/** Milliseconds as "350 ms", "1.2 s", "15 m", "3.5 h", "2.0 d". */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${(ms / 60_000).toFixed(1)} m`;
  return ms < 86_400_000 ? `${(ms / 3_600_000).toFixed(1)} h` : `${(ms / 86_400_000).toFixed(1)} d`;
}
