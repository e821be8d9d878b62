import { crc32 } from "../foundation/crc32.ts";
import { expectEqual, expectError } from "./conformance-case.ts";
import type { StreamDecoder } from "./compression.ts";
import type { HostCase } from "./host-under-test.ts";

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** "hello\n" and "world\n" as files of one gzip member and one zstd frame, made by the usual command-line tools. */
const GZIP = {
  hello: fromBase64("H4sIAAAAAAAAA8tIzcnJ5wIAIDA6NgYAAAA="),
  world: fromBase64("H4sIAAAAAAAAAyvPL8pJ4QIAqGE43QYAAAA="),
};
const ZSTD = { hello: fromBase64("KLUv/QRYMQAAaGVsbG8KU4i9kQ=="), world: fromBase64("KLUv/QRYMQAAd29ybGQKqm5Wnw==") };

function join(...pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

/** Bytes with repetition and without, the same each time. */
function sample(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, (_, i) => {
    state = Math.imul(state, 1_103_515_245) + 12_345;
    return i % 100 < 70 ? i % 7 : state >>> 24;
  });
}

async function decode(decoder: StreamDecoder, file: Uint8Array, pieceBytes: number): Promise<string> {
  let text = "";
  const decoding = new TextDecoder();
  for (let at = 0; at < file.length; at += pieceBytes) {
    text += decoding.decode(await decoder.push(file.subarray(at, at + pieceBytes)), { stream: true });
  }
  return text + decoding.decode(await decoder.end());
}

/** A checksum that a host has of its own is that of the formats. */
const checksumCase: HostCase = {
  name: "crc32 is that of the engine, in one go and in two",
  run: async ({ host }) => {
    const { crc32: own = crc32 } = host.compression;
    const data = sample(10_001);
    expectEqual(own(bytes("123456789")), 0xcbf43926, "of 123456789");
    expectEqual(own(data), crc32(data), "in one go");
    expectEqual(own(data.subarray(777), own(data.subarray(0, 777))), crc32(data), "in two");
    await Promise.resolve();
  },
};

/** What every compression must do. */
export function compressionCases(): readonly HostCase[] {
  return [...blockCases(), ...streamCases(), checksumCase].map(({ name, run }) => ({
    name: `compression: ${name}`,
    run,
  }));
}

function blockCases(): readonly HostCase[] {
  return [
    {
      name: "unzstd is the inverse of zstd, up to exactly maxBytes",
      async run({ host: { compression } }) {
        for (const length of [0, 1, 255, 256, 257, 70_000, 3_000_000]) {
          const block = sample(length);
          const packed = await compression.zstd(block);
          expectEqual(await compression.unzstd(packed, length), block, `${length} bytes`);
          if (length > 0)
            await expectError(
              compression.unzstd(packed, length - 1),
              "TM_CHECKPOINT_CORRUPT",
              `${length} bytes, one too many`,
            );
        }
      },
    },
    {
      name: "results own their buffer, so that it can be transferred",
      async run({ host: { compression } }) {
        for (const length of [10, 5_000, 200_000]) {
          const packed = await compression.zstd(sample(length));
          const block = await compression.unzstd(packed, length);
          expectEqual([packed.byteOffset, packed.buffer.byteLength], [0, packed.length], "compressed");
          expectEqual([block.byteOffset, block.buffer.byteLength], [0, length], "decompressed");
        }
      },
    },
    {
      name: "a cut, extended or foreign block is TM_CHECKPOINT_CORRUPT",
      async run({ host: { compression } }) {
        const packed = await compression.zstd(sample(5_000));
        for (let length = 0; length < packed.length; length += Math.ceil(packed.length / 40)) {
          await expectError(
            compression.unzstd(packed.subarray(0, length), 5_000),
            "TM_CHECKPOINT_CORRUPT",
            `cut to ${length}`,
          );
        }
        await expectError(
          compression.unzstd(packed.subarray(0, packed.length - 1), 5_000),
          "TM_CHECKPOINT_CORRUPT",
          "cut by one",
        );
        await expectError(
          compression.unzstd(join(packed, bytes("x")), 9_000),
          "TM_CHECKPOINT_CORRUPT",
          "a byte too many",
        );
        await expectError(compression.unzstd(join(packed, packed), 20_000), "TM_CHECKPOINT_CORRUPT", "two blocks");
        await expectError(compression.unzstd(bytes("no zstd at all"), 100), "TM_CHECKPOINT_CORRUPT", "foreign");
      },
    },
    {
      name: "a block that claims to be huge is refused",
      async run({ host: { compression } }) {
        const packed = await compression.zstd(sample(5_000));
        // Frame header: magic, descriptor with an 8-byte size, single segment.
        const claim = join(packed.subarray(0, 4), Uint8Array.of(0xe0, 0, 0, 0, 0, 0, 1, 0, 0), packed.subarray(7));
        await expectError(compression.unzstd(claim, 1_000_000), "TM_CHECKPOINT_CORRUPT", "claims 2^40 bytes");
      },
    },
  ];
}

function streamCases(): readonly HostCase[] {
  const files = [
    { format: "gzip" as const, ...GZIP },
    { format: "zstd" as const, ...ZSTD },
  ];
  return files.flatMap(({ format, hello, world }) => [
    {
      name: `a ${format} file is decoded however it is cut, with any number of parts`,
      async run({ host: { compression } }) {
        const file = join(hello, world, hello);
        for (let pieceBytes = 1; pieceBytes <= file.length; pieceBytes++) {
          expectEqual(
            await decode(compression.decoder(format), file, pieceBytes),
            "hello\nworld\nhello\n",
            `pieces of ${pieceBytes}`,
          );
        }
      },
    },
    {
      name: `a truncated ${format} file is TM_SOURCE`,
      async run({ host: { compression } }) {
        const file = join(hello, world);
        for (let length = 0; length < file.length; length++) {
          if (length === hello.length) continue;
          await expectError(
            decode(compression.decoder(format), file.subarray(0, length), 7),
            "TM_SOURCE",
            `cut to ${length}`,
          );
        }
      },
    },
    {
      name: `what follows a ${format} file and is none is TM_SOURCE`,
      async run({ host: { compression } }) {
        const file = join(hello, bytes("plain text"));
        for (const pieceBytes of [1, hello.length, file.length]) {
          await expectError(
            decode(compression.decoder(format), file, pieceBytes),
            "TM_SOURCE",
            `pieces of ${pieceBytes}`,
          );
        }
        await expectError(
          decode(compression.decoder(format), bytes("plain text from the start"), 100),
          "TM_SOURCE",
          "no such file at all",
        );
      },
    },
    {
      name: `a ${format} file with a part behind zero bytes is not cut silently`,
      async run({ host: { compression } }) {
        const file = join(hello, new Uint8Array(8), world);
        for (const pieceBytes of [1, hello.length, file.length]) {
          await expectError(
            decode(compression.decoder(format), file, pieceBytes),
            "TM_SOURCE",
            `pieces of ${pieceBytes}`,
          );
        }
      },
    },
  ]);
}
