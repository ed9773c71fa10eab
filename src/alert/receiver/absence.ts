import type { Absence, OutboxChange } from '../../core/alert/outbox.ts';

/** How long the rows of a receiver are kept after it was removed from the configuration, in milliseconds. A name with a typo can be put right until then. */
export const ABSENT_MS = 86_400_000;

/** The changes that note which receivers are not configured any more, and that delete all rows of those that have been absent for long. `rows` are those of all receivers. */
export function absenceChanges(
  rows: readonly OutboxChange[],
  configured: ReadonlySet<string>,
  now: number,
): OutboxChange[] {
  return [...Map.groupBy(rows, ({ receiver }) => receiver)].flatMap(([receiver, own]): OutboxChange[] => {
    const since = own.flatMap((change) => (change.kind === 'absence' && change.row ? [change.row.since] : []))[0];
    if (since !== undefined && since + ABSENT_MS <= now) return own.map((change) => ({ ...change, row: null }));
    const note = (row: Absence | null): OutboxChange[] => [{ receiver, kind: 'absence', key: 'absence', row }];
    if (configured.has(receiver)) return since === undefined ? [] : note(null);
    // The clock may have been set back.
    return since === undefined || since > now ? note({ since: now }) : [];
  });
}
