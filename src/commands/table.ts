import { printable } from '../core/text.ts';

/** Formats rows as aligned columns, two spaces apart, safe in a terminal. */
export function table(rows: readonly (readonly string[])[]): string {
  const safe = rows.map((row) => row.map(printable));
  const widths = (safe[0] ?? []).map((_, column) => Math.max(...safe.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return safe.map((row) => `${line(row).trimEnd()}\n`).join('');
}
