const encoder = new TextEncoder();
// ignoreBOM keeps a leading U+FEFF, which is a character of the string here.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** UTF-8 of a string in which a lone surrogate is encoded as three bytes (WTF-8), so that distinct strings have distinct bytes. */
export function encodeWtf8(text: string): Uint8Array {
  return text.isWellFormed() ? encoder.encode(text) : encodeIllFormed(text);
}

function encodeIllFormed(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i) ?? 0;
    if (point < 0x80) {
      bytes[length++] = point;
      continue;
    }
    if (point < 0x800) {
      bytes[length++] = 0xc0 | (point >> 6);
    } else {
      if (point < 0x10000) {
        bytes[length++] = 0xe0 | (point >> 12);
      } else {
        i++;
        bytes[length++] = 0xf0 | (point >> 18);
        bytes[length++] = 0x80 | ((point >> 12) & 0x3f);
      }
      bytes[length++] = 0x80 | ((point >> 6) & 0x3f);
    }
    bytes[length++] = 0x80 | (point & 0x3f);
  }
  return bytes.slice(0, length);
}

/** The string of valid UTF-8 bytes. */
export function decodeUtf8(bytes: Uint8Array, offset: number, length: number): string {
  return decodeShortAscii(bytes, offset, length) ?? decoder.decode(bytes.subarray(offset, offset + length));
}

/** Inverse of {@link encodeWtf8}. */
export function decodeWtf8(bytes: Uint8Array, offset: number, length: number): string {
  const end = offset + length;
  for (let i = offset; i + 1 < end; i++) {
    // ED A0..BF begins a surrogate, which UTF-8 proper does not have.
    if (bytes[i] === 0xed && (bytes[i + 1] ?? 0) >= 0xa0) return decodeIllFormed(bytes, offset, end);
  }
  return decodeUtf8(bytes, offset, length);
}

function decodeIllFormed(bytes: Uint8Array, offset: number, end: number): string {
  let text = "";
  let from = offset;
  for (let i = offset; i + 2 < end; i++) {
    if (bytes[i] !== 0xed || (bytes[i + 1] ?? 0) < 0xa0) continue;
    const unit = 0xd000 | (((bytes[i + 1] ?? 0) & 0x3f) << 6) | ((bytes[i + 2] ?? 0) & 0x3f);
    text += decodeUtf8(bytes, from, i - from) + String.fromCharCode(unit);
    from = i + 3;
    i += 2;
  }
  return text + decodeUtf8(bytes, from, end - from);
}

const SHORT = 24;

/** A native call costs about 100 ns whatever the length, so short ASCII is decoded here; undefined where it is not that. */
function decodeShortAscii(bytes: Uint8Array, offset: number, length: number): string | undefined {
  if (length > SHORT) return undefined;
  let text = "";
  for (let i = offset; i < offset + length; i++) {
    const byte = bytes[i] ?? 0x80;
    if (byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}
