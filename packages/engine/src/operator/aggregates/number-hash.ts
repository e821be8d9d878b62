const float = new Float64Array(1);
const halves = new Int32Array(float.buffer);

/**
 * Where a search for a number begins in a table of `places`, from 0 on. Integers that follow one another are neighbours, four by four: ids
 * that are in use at one time were mostly given one after another.
 */
export function placeOf(value: number, places: number): number {
  const int = value | 0;
  if (int === value) {
    const place = Math.floor(mixed(Math.imul(int >>> 2, 0x9e3779b1)) * places) + (int & 3);
    return place < places ? place : place - places;
  }
  float[0] = value;
  const bits = Math.imul(halves[0] as number, 0x85ebca6b) ^ Math.imul(halves[1] as number, 0x9e3779b1);
  return Math.floor(mixed(bits) * places);
}

/** From 0 up to, not including, 1. */
function mixed(bits: number): number {
  const h = Math.imul(bits ^ (bits >>> 15), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) * 2 ** -32;
}
