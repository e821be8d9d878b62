import type {
  CommitterContext,
  SinkCommitter,
  SinkConnector,
  SinkWriter,
  WriterContext,
} from "../connector/sink-connector.ts";
import { FileSinkCommitter } from "./file-sink-committer.ts";
import { FileSinkWriter } from "./file-sink-writer.ts";
import { checksumOf } from "./checksum.ts";
import type { FileFormat } from "./file-format.ts";

/**
 * A file of records, exactly once. The rule for readers: every complete line (or frame, in a binary format) of the file is committed and
 * stands there once; ignore a last one that is not complete, it is still being written. The file only grows, and appears with the first
 * commit, empty if that has no records.
 */
export class FileSink implements SinkConnector {
  readonly description: string;
  readonly guarantee = "exactly-once";
  readonly #format: FileFormat;
  readonly #path: string;

  constructor(options: { format: FileFormat; path: string }) {
    this.#format = options.format;
    this.#path = options.path;
    this.description = `${options.format.kind}:${options.path}`;
  }

  openWriter(context: WriterContext): Promise<SinkWriter> {
    return Promise.resolve(new FileSinkWriter(context, this.#format.encoder(checksumOf(context.host))));
  }

  openCommitter(context: CommitterContext): Promise<SinkCommitter> {
    return Promise.resolve(new FileSinkCommitter(context, { path: this.#path, kind: this.#format.kind }));
  }
}
