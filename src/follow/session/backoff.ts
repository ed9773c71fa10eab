/** The range from which the first wait is drawn, and the longest one, in milliseconds. */
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** No wait is shorter: a peer that takes and drops connections must not be asked without pause. */
const SHORTEST_MS = 100;

/**
 * How long to wait after `failures` failures in a row, in milliseconds: "full jitter", a random part of a range that doubles from 1 s to 30 s.
 *
 * `atLeastMs` is what the other side asked for (`Retry-After`, or the `retry` of a stream that was ended in good order): it is never undercut.
 * A stream that was cut asked for nothing: its exporter may be back at once, and the jitter keeps its readers apart.
 */
export function backoffMs(failures: number, random: () => number, atLeastMs: number): number {
  const range = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return Math.max(SHORTEST_MS, atLeastMs, Math.round(range * random()));
}
