import type { BatchEncoder } from "../format/batch-encoder.ts";
import type { Json } from "../foundation/json.ts";
import type { SinkWriter, WriterContext } from "../connector/sink-connector.ts";
import type { RecordBatch } from "../record/batch.ts";
import { fileHeader, stagedJson, type FileHeader } from "./file-sink-plan.ts";
import { StagedOutput } from "./staged-output.ts";

/**
 * Stages records in the port's scratch directory. Each checkpoint has a staged file of its own, renamed to `<checkpoint>-<epoch>-<writer>.staged`
 * once it is durable; until then its name begins with "open-". Nothing here touches the sink's file.
 */
export class FileSinkWriter implements SinkWriter {
  readonly borrows: boolean;
  readonly #context: WriterContext;
  readonly #encoder: BatchEncoder;
  readonly #name: string;
  #opened = 0;
  #current: StagedOutput | null = null;
  /** Sealed at a barrier, but not yet durable. */
  readonly #sealing = new Set<StagedOutput>();

  constructor(context: WriterContext, encoder: BatchEncoder) {
    this.#context = context;
    this.#encoder = encoder;
    // One that has something left at the end keeps rows until they fill a block.
    this.borrows = encoder.flush === undefined;
    // Writers may be named after anything, files may not.
    this.#name = encodeURIComponent(context.writer);
  }

  write(batch: RecordBatch): void {
    if (batch.length === 0) return;
    this.#add(this.#encoder.encode(batch));
  }

  backlogBytes(): number {
    let bytes = this.#current?.backlogBytes ?? 0;
    for (const output of this.#sealing) bytes += output.backlogBytes;
    return bytes;
  }

  async drained(): Promise<void> {
    for (const output of this.#sealing) await output.flushed();
    await this.#current?.flushed();
  }

  // Takes the current output before it first waits: what is written after the call belongs to the next checkpoint.
  async prepare(checkpoint: number): Promise<Json> {
    const rest = this.#encoder.flush?.();
    if (rest !== undefined && rest.length > 0) this.#add(rest);
    const output = this.#current;
    const header = this.#encoder.header();
    const fileBegins = header === null ? null : fileHeader(header);
    this.#current = null;
    if (output !== null) this.#sealing.add(output);
    this.#context.host.failpoint("checkpoint.sink.before-prepare");
    const prepared = output === null ? null : await this.#seal(output, checkpoint, fileBegins);
    this.#context.host.failpoint("checkpoint.sink.after-prepare");
    return prepared;
  }

  #add(bytes: Uint8Array): void {
    this.#current ??= this.#open();
    this.#current.add(bytes);
  }

  async #seal(output: StagedOutput, checkpoint: number, header: FileHeader | null): Promise<Json> {
    const staged = await output.seal(`${checkpoint}-${this.#context.epoch}-${this.#name}.staged`);
    this.#sealing.delete(output);
    return stagedJson(header === null ? staged : { ...staged, header });
  }

  async close(): Promise<void> {
    for (const output of this.#sealing) await output.abandon();
    await this.#current?.abandon();
    this.#current = null;
  }

  #open(): StagedOutput {
    const { host, scratch, epoch } = this.#context;
    return new StagedOutput({
      disk: host.disk,
      directory: scratch,
      openName: `open-${epoch}-${this.#name}-${++this.#opened}.staged`,
    });
  }
}
