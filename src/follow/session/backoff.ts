/** The range of the first wait, and the longest range, in milliseconds. */
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** Minimum wait: a peer that accepts and drops connections must not be asked continuously. */
const SHORTEST_MS = 100;

/**
 * The wait after `failures` failures in a row, in milliseconds. It is "full jitter": a random part of a range that doubles from 1 s to 30 s.
 *
 * `atLeastMs` is the minimum that the exporter asked for (`Retry-After`, or the `retry` before the end of a stream).
 * A stream that was cut has no minimum: its exporter may be back immediately, and the jitter spreads its readers.
 */
export function backoffMs(failures: number, random: () => number, atLeastMs: number): number {
  const range = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return Math.max(SHORTEST_MS, atLeastMs, Math.round(range * random()));
}
