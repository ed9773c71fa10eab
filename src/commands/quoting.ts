/** The shells that notices can be shown in. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A word as bash, zsh and sh read it. */
export function quotePosix(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A word as fish reads it. */
export function quoteFish(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
