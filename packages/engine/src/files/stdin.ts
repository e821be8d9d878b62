import { TidemarkError } from "../foundation/error.ts";
import type { Json } from "../foundation/json.ts";
import type { Binding } from "../connector/binding.ts";
import type { ReaderContext, SourceConnector, Split, SplitReader } from "../connector/source-connector.ts";
import type { StandardStreams } from "../host/standard-streams.ts";
import type { BytePieces } from "./byte-pieces.ts";
import { ByteSplitReader, READ_AHEAD_PIECES } from "./byte-split-reader.ts";
import { checksumOf } from "./checksum.ts";
import { TEXT_PIECE_BYTES } from "./file-format.ts";
import { parsePosition } from "./split-position.ts";
import { JSON_LINES } from "./text-format.ts";

/**
 * JSON Lines from standard input. What was read from it is gone: a job that restarts after it has read something cannot go on, and says so.
 */
export function stdin(): Binding {
  return { description: "stdin", claims: { source: "standard input" }, source: new StandardInputSource() };
}

class StandardInputSource implements SourceConnector {
  readonly description = "stdin";
  readonly bounded = true;

  splits(): Promise<readonly Split[]> {
    return Promise.resolve([{ id: "stdin", details: null }]);
  }

  async openReader(split: Split, position: Json | null, context: ReaderContext): Promise<SplitReader> {
    const start = parsePosition(position, split.id);
    if (start.offset > 0) {
      throw new TidemarkError(
        "TM_SOURCE",
        "standard input cannot be read again, and the checkpoint says that a part of it was read. Start the job afresh, or put the input in a file and bind the port to that",
        {
          facts: { port: context.port, offset: start.offset, records: start.records },
        },
      );
    }
    return new ByteSplitReader({
      pieces: inputPieces(context.host.streams),
      format: JSON_LINES,
      schema: context.schema,
      position: start,
      input: "standard input",
      fullBatches: false,
      readAheadBytes: READ_AHEAD_PIECES * TEXT_PIECE_BYTES,
      checksum: checksumOf(context.host),
    });
  }
}

function inputPieces(streams: StandardStreams): BytePieces {
  const cancelled = Promise.withResolvers<null>();
  return {
    async next() {
      for (;;) {
        const piece = await Promise.race([streams.readInput(), cancelled.promise]);
        if (piece === null || piece.length > 0) return piece;
      }
    },
    cancel: () => {
      cancelled.resolve(null);
    },
    close: () => Promise.resolve(),
  };
}
