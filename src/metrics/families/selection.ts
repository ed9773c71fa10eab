import type { AttachedClient, Pane, Session, Snapshot, Window } from '../../core/model/snapshot.ts';
import { type Exposure, isExposed, isSessionShown, type Level } from './exposure.ts';

/**
 * The exposed objects of a server, oldest first.
 *
 * tmux counts ids up and never reuses one in a server's life. If a limit cuts, the newest objects are left out. So an object that
 * was shown stays shown while it exists, and a new one never takes its place.
 */
export interface Selection {
  readonly sessions: readonly Session[];
  readonly windows: readonly Window[];
  readonly clients: readonly AttachedClient[];
  readonly panes: readonly Pane[];
  /** The levels at which a limit per server left objects out. */
  readonly cut: ReadonlySet<Level>;
}

/** Selects the objects of a server that are exposed. */
export function selectObjects(snapshot: Snapshot, exposure: Exposure): Selection {
  const { limits } = exposure;
  const shown = shownObjects(snapshot, exposure);
  const cut = new Set<Level>();
  const select = <T>(level: Level, objects: readonly T[], numberOf: (object: T) => number, limit: number): T[] => {
    if (!isExposed(exposure, level)) return [];
    if (objects.length > limit) cut.add(level);
    return oldestFirst(objects, numberOf).slice(0, limit);
  };
  return {
    sessions: select('session', shown.sessions, numberOfId, limits.sessions),
    windows: select('window', shown.windows, numberOfId, limits.windows),
    clients: select('client', shown.clients, ({ createdAt }) => createdAt, Number.POSITIVE_INFINITY),
    panes: select('pane', shown.panes, numberOfId, limits.panes),
    cut,
  };
}

type Shown = Omit<Selection, 'cut'>;

/** The objects of a server without hidden sessions, and without what is only in hidden sessions. */
function shownObjects({ sessions, windows, panes, attachedClients }: Snapshot, exposure: Exposure): Shown {
  const shown = sessions.filter(({ name }) => isSessionShown(exposure, name));
  if (shown.length === sessions.length) return { sessions, windows, panes, clients: attachedClients };
  const sessionIds = new Set(shown.map(({ id }) => id));
  const shownWindows = windows.filter((window) => window.sessionIds.some((id) => sessionIds.has(id)));
  const windowIds = new Set(shownWindows.map(({ id }) => id));
  return {
    sessions: shown,
    windows: shownWindows,
    panes: panes.filter(({ windowId }) => windowIds.has(windowId)),
    clients: attachedClients.filter(({ sessionId }) => sessionIds.has(sessionId)),
  };
}

function oldestFirst<T>(objects: readonly T[], numberOf: (object: T) => number): readonly T[] {
  const numbers = objects.map(numberOf);
  if (numbers.every((number, at) => at === 0 || number >= (numbers[at - 1] ?? 0))) return objects;
  const numbered = objects.map((object, at) => ({ object, number: numbers[at] ?? 0 }));
  return numbered.sort((a, b) => a.number - b.number).map(({ object }) => object);
}

function numberOfId({ id }: { readonly id: string }): number {
  return Number(id.slice(1));
}
