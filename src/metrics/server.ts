import type { FleetView, Tombstone } from '../core/fleet.ts';
import type { ServerRecord } from '../core/record.ts';
import type { Session, Snapshot } from '../core/snapshot.ts';
import { type ServerTally, type SessionTally, tallyServer, tallySessions } from '../core/tally.ts';
import type { Subject } from './family.ts';
import { type FailureCounts, NO_FAILURES, type PollFailures } from './poll-failures.ts';
import { escapeLabelValue, labelText } from './sample.ts';

/** All that is known under one name: a registered server, its last death, or both. No part of it ever changes in place. */
export interface Entry {
  readonly record: ServerRecord | null;
  readonly tombstone: Tombstone | null;
  /** Its failed polls, while it is registered. */
  readonly failures: FailureCounts;
}

/** What a server that the last poll reached is made of. */
export interface Reached {
  readonly snapshot: Snapshot;
  readonly tally: ServerTally;
}

/** A server as the metric families see it. */
export interface ServerSubject extends Subject, Entry {
  /** Null where the last poll did not reach it: then nothing is shown that only a poll can know. */
  readonly reached: Reached | null;
  readonly sessions: readonly SessionSubject[];
}

/** A session of a server that the last poll reached. */
export interface SessionSubject extends Subject, SessionTally {}

/** The entries of a view, each name once. */
export function entriesOf({ records, tombstones }: FleetView, failures: PollFailures): Entry[] {
  const deaths = new Map(tombstones.map((tombstone) => [tombstone.name, tombstone]));
  const registered = records.map((record): Entry => {
    const { name } = record.target;
    const tombstone = deaths.get(name) ?? null;
    deaths.delete(name);
    return { record, tombstone, failures: failures.of(name) };
  });
  const departed = Array.from(deaths.values(), (tombstone) => ({ record: null, tombstone, failures: NO_FAILURES }));
  return [...registered, ...departed];
}

/** Makes of an entry what the families need. */
export function subjectOf(entry: Entry): ServerSubject {
  const name = entry.record?.target.name ?? entry.tombstone?.name ?? '';
  const labels = labelText('server', name);
  const snapshot = entry.record?.snapshot ?? null;
  if (!snapshot) return { ...entry, labels, reached: null, sessions: [] };
  const reached = { snapshot, tally: tallyServer(snapshot) };
  return { ...entry, labels, reached, sessions: sessionSubjects(labels, tallySessions(snapshot)) };
}

function sessionSubjects(server: string, tallies: readonly SessionTally[]): SessionSubject[] {
  const taken = new Set<string>();
  return tallies.map((tally) => {
    const name = distinctLabel(tally.session, taken);
    return { ...tally, labels: `${server},session="${name}"` };
  });
}

/** tmux keeps session names apart, but two could come to read the same; a series that is there twice costs the whole scrape. */
function distinctLabel({ id, name }: Session, taken: Set<string>): string {
  let label = escapeLabelValue(name);
  while (taken.has(label)) label += ` ${id}`;
  taken.add(label);
  return label;
}
