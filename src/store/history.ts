import type { EventType, Severity } from '../core/event/event.ts';
import { eventPlaceOf, type FormerEpoch, isEpoch, type LoggedEvent, storedEvent } from '../core/event/event-log.ts';
import { type RetentionKey, retentionKey } from '../core/event/retention.ts';
import type { BadRow } from './set-aside.ts';
import { MOST_SEQ, metaOf, type Statements } from './statements.ts';

/** The stored events of an epoch, oldest first. */
export interface StoredHistory {
  /** Null if none is stored, or if it is damaged and no event has it. */
  readonly epoch: string | null;
  readonly events: readonly LoggedEvent[];
  /** The largest sequence of the epoch that was given to an event. */
  readonly head: number;
  readonly former: FormerEpoch | null;
  /** Whether the ids that were given after the stored events are known; otherwise none of this epoch may be given again. */
  readonly isWhole: boolean;
  /** Rows that cannot be used. */
  readonly badRows: readonly BadRow[];
}

/** Reads the events since a time, in Unix milliseconds, and the newest one in any case; `most` at most. */
export function readHistory(statements: Statements, since: number, most: number): StoredHistory {
  const stored = metaOf(statements, 'epoch');
  const epoch = stored === null || isEpoch(stored) ? stored : newestEpoch(statements);
  const badRows: BadRow[] = [];
  if (stored !== null && stored !== epoch)
    badRows.push({ table: 'meta', key: ['epoch'], json: stored, problem: 'expected letters and digits' });
  if (epoch === null) return { epoch, events: [], head: 0, former: null, isWhole: false, badRows };
  const rows = statements.events.all(epoch, since, most).reverse();
  const events = rows.flatMap((row) => {
    const [place, json] = [String(row['place']), String(row['json'])];
    if (row['is_event'] === 1) return [storedEvent(Number(place), json, retentionOf(row))];
    badRows.push({ table: 'events', key: [place], json, problem: 'expected an event' });
    return [];
  });
  const seqs = rows.map((row) => Number(row['place']));
  return {
    epoch,
    events,
    // The id of an event that is set aside was already reported, so it is not used again.
    head: seqs.findLast((seq) => seq <= MOST_SEQ) ?? 0,
    former: readFormer(statements),
    // The id of an event with an impossible sequence is not known.
    isWhole: epoch === stored && seqs.every((seq) => seq <= MOST_SEQ),
    badRows,
  };
}

/** The epoch in the id of the newest event, if the stored one is damaged. */
function newestEpoch({ newestId }: Statements): string | null {
  return eventPlaceOf(String(newestId.get()?.['id']))?.epoch ?? null;
}

function readFormer(statements: Statements): FormerEpoch | null {
  const epoch = metaOf(statements, 'former_epoch');
  const until = Number(metaOf(statements, 'former_until') ?? Number.NaN);
  return epoch !== null && isEpoch(epoch) && Number.isSafeInteger(until) ? { epoch, until } : null;
}

/** Read from columns: to parse all events would hold up the start. */
function retentionOf({ type, severity, server }: Record<string, unknown>): RetentionKey {
  // The statement has checked that they are those of an event.
  return retentionKey(type as EventType, severity as Severity, typeof server === 'string' ? server : null);
}
