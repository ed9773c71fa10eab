import type { Pane, Session, Snapshot, Window, WindowAlerts } from './snapshot.ts';

/** Distinct objects of one session. A window that is linked into two sessions counts in both. */
export interface SessionTally {
  readonly session: Session;
  readonly windows: number;
  readonly panes: number;
  readonly bellWindows: number;
  readonly activityWindows: number;
  readonly silenceWindows: number;
}

/** Distinct objects of a whole server. */
export interface ServerTally {
  readonly sessions: number;
  readonly windows: number;
  readonly panes: number;
  readonly deadPanes: number;
  readonly attachedSessions: number;
}

/** Counts the objects of a server, each once. */
export function tallyServer({ sessions, windows, panes }: Snapshot): ServerTally {
  return {
    sessions: sessions.length,
    windows: windows.length,
    panes: panes.length,
    deadPanes: panes.filter((pane) => pane.dead).length,
    attachedSessions: sessions.filter((session) => session.attachedClients > 0).length,
  };
}

/** Counts the panes of every window, by its id. */
export function tallyPanes(panes: readonly Pane[]): ReadonlyMap<string, number> {
  return countBy(panes, (pane) => pane.windowId);
}

/** Counts the objects of every session, in the order of the snapshot. Its time grows with the number of links, because one window can be linked into thousands of sessions. */
export function tallySessions({ sessions, windows, panes }: Snapshot): SessionTally[] {
  const panesOf = tallyPanes(panes);
  const tallies = new Map(sessions.map(({ id }) => [id, { ...NOTHING }]));
  for (const window of windows) {
    for (const id of window.sessionIds) {
      const tally = tallies.get(id);
      if (!tally) continue;
      tally.windows++;
      tally.panes += panesOf.get(window.id) ?? 0;
    }
    for (const [alert, count] of ALERTS) {
      for (const id of alertedIn(window, alert)) {
        const tally = tallies.get(id);
        if (tally) tally[count]++;
      }
    }
  }
  return sessions.map((session) => ({ session, ...(tallies.get(session.id) ?? NOTHING) }));
}

const NOTHING = { windows: 0, panes: 0, bellWindows: 0, activityWindows: 0, silenceWindows: 0 };

/** Each alert, and what counts its windows. */
const ALERTS: readonly (readonly [keyof WindowAlerts, 'bellWindows' | 'activityWindows' | 'silenceWindows'])[] = [
  ['bell', 'bellWindows'],
  ['activity', 'activityWindows'],
  ['silence', 'silenceWindows'],
];

/** The sessions in which a window has an alert. It can be linked into a session more than once. */
function alertedIn({ links }: Window, alert: keyof WindowAlerts): ReadonlySet<string> {
  return new Set(links.filter((link) => link[alert]).map(({ sessionId }) => sessionId));
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
