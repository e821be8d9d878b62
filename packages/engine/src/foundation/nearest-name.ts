/**
 * The candidate that a mistyped name most likely meant, for "did you mean …?"; undefined where none is near. Near is an
 * edit distance of at most a third of the longer name (at least 1), letter case aside; ties go to the first candidate.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    const allowed = Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3));
    if (distance <= allowed && distance < least) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(from: string, to: string): number {
  const width = to.length + 1;
  const cells = new Uint32Array((from.length + 1) * width);
  const at = (i: number, j: number): number => cells[i * width + j] as number;
  for (let i = 0; i <= from.length; i++) {
    for (let j = 0; j <= to.length; j++) {
      let cost: number;
      if (i === 0 || j === 0) {
        cost = i + j;
      } else {
        const same = from[i - 1] === to[j - 1];
        cost = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1));
        const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
        if (swapped) cost = Math.min(cost, at(i - 2, j - 2) + 1);
      }
      cells[i * width + j] = cost;
    }
  }
  return at(from.length, to.length);
}
