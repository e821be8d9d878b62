import { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";
import type {
  ConnectorContext,
  ReaderContext,
  SourceConnector,
  Split,
  SplitReader,
} from "../connector/source-connector.ts";
import { compressionOf, filePieces } from "./byte-pieces.ts";
import { ByteSplitReader, READ_AHEAD_PIECES } from "./byte-split-reader.ts";
import { expandPattern } from "./glob.ts";
import { parsePosition, type BytePosition } from "./split-position.ts";
import type { Host } from "../host/host.ts";
import { checksumOf } from "./checksum.ts";
import type { FileFormat } from "./file-format.ts";

/** Settings of a file source. */
export interface FileSourceOptions {
  /** Size of one read: 256 KiB at first, 1 MiB soon and for binary formats. */
  readonly pieceBytes?: number;
  /** Bytes read ahead per file before the engine asks for them: 1 MiB, 4 MiB for binary formats. */
  readonly readAheadBytes?: number;
}

/**
 * Reads files, one split each; its id is the path. A file is plain, or compressed where it ends in `.gz` or `.zst`. A position is a byte
 * offset, of the decoded bytes for a compressed file, which is decoded again up to it. Files must not change while a job needs them, but for
 * whole records added at their end before they are opened.
 */
export class FileSource implements SourceConnector {
  readonly description: string;
  readonly bounded = true;
  readonly #format: FileFormat;
  readonly #patterns: readonly string[];
  readonly #options: FileSourceOptions;

  constructor(options: { format: FileFormat; patterns: readonly string[]; settings: FileSourceOptions }) {
    this.#format = options.format;
    this.#patterns = options.patterns;
    this.#options = options.settings;
    this.description = `${options.format.kind}:${options.patterns.join(",")}`;
  }

  async splits(context: ConnectorContext): Promise<readonly Split[]> {
    const { disk } = context.host;
    const paths = new Set<string>();
    for (const pattern of this.#patterns) {
      const found = await expandPattern(disk, pattern);
      if (found.length === 0) throw notFound(context.port, `no file matches ${JSON.stringify(pattern)}`);
      for (const path of found) paths.add(path);
    }
    for (const path of paths) {
      const stat = await disk.stat(path);
      if (stat === null) throw notFound(context.port, `the file ${JSON.stringify(path)} does not exist`);
      if (stat.kind === "directory")
        throw notFound(context.port, `${JSON.stringify(path)} is a directory: write ${JSON.stringify(`${path}/*`)}`);
    }
    return [...paths].map((path) => ({ id: path, details: { path } }));
  }

  async openReader(split: Split, position: Json | null, context: ReaderContext): Promise<SplitReader> {
    const format = this.#format;
    const start = position === null ? await this.#beginning(context.host, split.id) : parsePosition(position, split.id);
    const { pieceBytes = format.pieceBytes, readAheadBytes = READ_AHEAD_PIECES * format.pieceBytes } = this.#options;
    const pieceBytesMax = this.#options.pieceBytes ?? format.pieceBytesMax;
    const { host } = context;
    const { recordEnd } = format;
    return new ByteSplitReader({
      pieces: await filePieces({ host, path: split.id, offset: start.offset, pieceBytes, pieceBytesMax, recordEnd }),
      format,
      schema: context.schema,
      position: start,
      input: split.id,
      fullBatches: true,
      readAheadBytes,
      checksum: checksumOf(host),
    });
  }

  async #beginning(host: Host, path: string): Promise<BytePosition> {
    const begin = compressionOf(path) === null ? await this.#format.begin?.(host, path) : null;
    return begin ? { offset: begin.offset, records: 0, columns: begin.header } : parsePosition(null, path);
  }
}

function notFound(port: string, what: string): TidemarkError {
  return new TidemarkError("TM_NOT_FOUND", `${what}. Bind the port to files that exist`, { facts: { port } });
}
