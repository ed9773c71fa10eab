/** The candidate that `word` was probably meant to be: the same but for case, `-` and `_`, or but for one slip in three characters and at most two. Null where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const plain = simplify(word);
  const slips = Math.min(2, Math.floor(plain.length / 3));
  let best: string | null = null;
  let least = slips + 1;
  for (const candidate of candidates) {
    const distance = editDistance(plain, simplify(candidate));
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** How many slips part two words: a character too many, too few, wrong, or swapped with its neighbour (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const next = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      next[column] = Math.min(
        at(last, column) + 1,
        at(next, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, next];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}

function simplify(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, '');
}
