import type { Json } from "../foundation/json.ts";
import type { Binding } from "../connector/binding.ts";
import type { SinkCommitter, SinkWriter, WriterContext } from "../connector/sink-connector.ts";
import { jsonLinesEncoder } from "../format/json-lines-encoder.ts";
import type { RecordBatch } from "../record/batch.ts";

/** Settings of the standard output sink. */
export interface StdoutOptions {
  /** For people: each line begins with the port's name, and the JSON is spaced. */
  readonly pretty?: boolean;
}

/** Prints each record as a line of JSON when it is written, so after a crash some are printed again. */
export function stdout(options: StdoutOptions = {}): Binding {
  const { pretty = false } = options;
  return {
    description: "stdout",
    sink: {
      description: "stdout",
      guarantee: "at-least-once",
      openWriter: (context) => Promise.resolve(new PrintingWriter(context, pretty)),
      openCommitter: () => Promise.resolve(NO_COMMIT),
    },
  };
}

/** What was printed is visible: there is nothing left to commit. */
const NO_COMMIT: SinkCommitter = {
  plan: () => null,
  commit: () => Promise.resolve(),
  recover: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

class PrintingWriter implements SinkWriter {
  readonly #context: WriterContext;
  readonly #pretty: boolean;
  readonly #encoder = jsonLinesEncoder();
  #backlogBytes = 0;
  #printing: Promise<void> = Promise.resolve();

  constructor(context: WriterContext, pretty: boolean) {
    this.#context = context;
    this.#pretty = pretty;
  }

  write(batch: RecordBatch): void {
    if (batch.length === 0) return;
    const lines = this.#encoder.encode(batch);
    const bytes = this.#pretty ? prettyLines(this.#context.port, lines) : lines;
    this.#backlogBytes += bytes.length;
    this.#printing = this.#printing.then(() => this.#print(bytes));
    // The failure stays in #printing, for `drained` and `prepare` to reject with; nobody may be waiting yet.
    this.#printing.catch(() => undefined);
  }

  backlogBytes(): number {
    return this.#backlogBytes;
  }

  async drained(): Promise<void> {
    await this.#printing;
  }

  async prepare(): Promise<Json> {
    const { host } = this.#context;
    host.failpoint("checkpoint.sink.before-prepare");
    await this.#printing;
    host.failpoint("checkpoint.sink.after-prepare");
    return null;
  }

  async close(): Promise<void> {
    await this.#printing.catch(() => undefined);
  }

  async #print(bytes: Uint8Array): Promise<void> {
    await this.#context.host.streams.writeOutput(bytes);
    this.#backlogBytes -= bytes.length;
  }
}

/** Each line with the port's name before it and spaces in it. */
function prettyLines(port: string, lines: Uint8Array): Uint8Array {
  const texts = new TextDecoder().decode(lines).split("\n").slice(0, -1);
  return new TextEncoder().encode(texts.map((line) => `${port} ${spaced(line)}`).join(""));
}

/** `{"a":1,"b":[2]}` as `{ "a": 1, "b": [ 2 ] }`, on one line. */
function spaced(line: string): string {
  return `${JSON.stringify(JSON.parse(line), null, 1).replaceAll(/\n\s*/g, " ")}\n`;
}
