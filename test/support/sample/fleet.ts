import type { Snapshot } from '../../../src/core/model/snapshot.ts';
import type { ServerRecord } from '../../../src/core/record/record.ts';
import type { FleetView, Tombstone } from '../../../src/core/record/view.ts';
import { NOW, samplePane, sampleSession, sampleSnapshot, sampleWindow, upRecord } from './sample.ts';

/** A view of these servers and deaths. */
export function viewOf(records: readonly ServerRecord[], tombstones: readonly Tombstone[] = []): FleetView {
  return { records, tombstones };
}

/** A name that died once, lost, a minute before {@link NOW}. */
export function sampleTombstone(tombstone: Partial<Tombstone> = {}): Tombstone {
  const death = { reason: 'lost', cause: 'unknown', at: NOW - 60_000 } as const;
  return { name: 'work', death, deaths: { lost: 1 }, incident: null, lingering: true, ...tombstone };
}

/** Creates a snapshot of this many sessions, each with a window and two panes. */
export function crowdedSnapshot(sessions: number): Snapshot {
  const numbers = Array.from({ length: sessions }, (_, number) => number);
  return sampleSnapshot({
    sessions: numbers.map((number) =>
      sampleSession(number, {
        name: `project-${number}`,
        createdAt: NOW / 1000 - number,
        activityAt: NOW / 1000 - (number % 60),
        lastAttachedAt: NOW / 1000 - 7,
        attachedClients: number % 2,
      }),
    ),
    windows: numbers.map((number) => sampleWindow(number, [number])),
    panes: numbers.flatMap((number) => [samplePane(2 * number, number), samplePane(2 * number + 1, number)]),
  });
}

/** Creates a view of this many servers that are up, with this many sessions each. */
export function crowdedView(servers: number, sessions: number): FleetView {
  const names = Array.from({ length: servers }, (_, number) => `server-${number}`);
  return viewOf(names.map((name) => upRecord(crowdedSnapshot(sessions), { name, socket: `/tmp/tmux-1000/${name}` })));
}
