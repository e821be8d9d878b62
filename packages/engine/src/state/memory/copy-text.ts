/** A view of the same bytes, for words at any place. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Copies `length` bytes of a text by words: native calls cost more than the bytes of most texts. `fromView` and `toView` are views of `from`
 * and `to`, which are not the same memory.
 */
export function copyText(
  from: Uint8Array,
  fromView: DataView,
  offset: number,
  to: Uint8Array,
  toView: DataView,
  at: number,
  length: number,
): void {
  if (length > 512) {
    to.set(from.subarray(offset, offset + length), at);
  } else if (length >= 8) {
    const last = length - 8;
    for (let i = 0; i < last; i += 8) toView.setBigInt64(at + i, fromView.getBigInt64(offset + i, true), true);
    // Over what is there already.
    toView.setBigInt64(at + last, fromView.getBigInt64(offset + last, true), true);
  } else {
    for (let i = 0; i < length; i++) to[at + i] = from[offset + i] as number;
  }
}
