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

/** Counts the objects of every session, in the order of the snapshot. */
export function tallySessions(snapshot: Snapshot): SessionTally[] {
  const panesOf = tallyPanes(snapshot.panes);
  const windowsOf = groupBySession(snapshot.windows);
  return snapshot.sessions.map((session) => {
    const windows = windowsOf.get(session.id) ?? [];
    return {
      session,
      windows: windows.length,
      panes: windows.reduce((sum, window) => sum + (panesOf.get(window.id) ?? 0), 0),
      bellWindows: countAlerted(windows, session, 'bell'),
      activityWindows: countAlerted(windows, session, 'activity'),
      silenceWindows: countAlerted(windows, session, 'silence'),
    };
  });
}

function countAlerted(windows: readonly Window[], { id }: Session, alert: keyof WindowAlerts): number {
  return windows.filter(({ links }) => links.some((link) => link[alert] && link.sessionId === id)).length;
}

function groupBySession(windows: readonly Window[]): Map<string, Window[]> {
  const groups = new Map<string, Window[]>();
  for (const window of windows) {
    for (const id of window.sessionIds) {
      const group = groups.get(id);
      if (group) group.push(window);
      else groups.set(id, [window]);
    }
  }
  return groups;
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
