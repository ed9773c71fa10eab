const UNITS = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** The units that {@link formatDuration} writes. Weeks and years are written in days. */
const WRITTEN_UNITS = UNITS.slice(2);

const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Milliseconds of a duration as Prometheus writes it: `250ms`, `2s`, `1h30m`, `7d`, `0`; whole numbers, largest unit first, each unit once. Null for anything else. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  const counts = DURATION.exec(text)?.slice(1);
  if (text === '' || !counts) return null;
  const total = UNITS.reduce((sum, [, size], index) => sum + Number(counts[index] ?? 0) * size, 0);
  return Number.isSafeInteger(total) ? total : null;
}

/** The shortest duration text for a whole number of milliseconds, in days and smaller units. {@link parseDuration} reads it back. */
export function formatDuration(ms: number): string {
  let rest = ms;
  let text = '';
  for (const [unit, size] of WRITTEN_UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text || '0s';
}
