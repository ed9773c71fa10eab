/** Finds the candidate that `word` probably misspells. Case, `-` and `_` are ignored; one typo per three characters is allowed, at most two. Null if no candidate is near. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const plain = simplify(word);
  const typos = Math.min(2, Math.floor(plain.length / 3));
  let best: string | null = null;
  let least = typos + 1;
  for (const candidate of candidates) {
    const other = simplify(candidate);
    // There are at least as many typos as the lengths differ.
    if (Math.abs(other.length - plain.length) > typos) continue;
    const distance = editDistance(plain, other);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** The number of typos between two words: extra, missing, wrong or swapped characters (optimal string alignment). */
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
