import type { AttachedClient, Pane, Session, Snapshot, Window, WindowLink } from '../../core/model/snapshot.ts';
import { type ServerTally, type SessionTally, tallyPanes, tallyServer, tallySessions } from '../../core/model/tally.ts';
import type { ServerProcesses } from '../../core/process/server-processes.ts';
import type { ServerRecord } from '../../core/record/record.ts';
import type { FleetView, Tombstone } from '../../core/record/view.ts';
import { escapeLabelValue, labelText } from '../text/sample.ts';
import { type Exposure, isExposed, isSessionShown, LEVELS, type Level } from './exposure.ts';
import type { Subject } from './family.ts';
import { type FailureCounts, NO_FAILURES, type PollFailures } from './poll-failures.ts';
import type { UsageSubject } from './process-families.ts';
import { type Selection, selectObjects } from './selection.ts';

/** Everything known under one name: a registered server, its last death, or both. No part of it changes in place. */
export interface Entry {
  readonly record: ServerRecord | null;
  readonly tombstone: Tombstone | null;
  /** The failed polls of the server, while it is registered. */
  readonly failures: FailureCounts;
}

/** The content of a server that the last poll reached. */
export interface Reached {
  readonly snapshot: Snapshot;
  readonly tally: ServerTally;
}

/** Whether a limit leaves objects of a level out. */
export interface Truncation {
  readonly level: Level;
  readonly isCut: boolean;
}

/** A server prepared for the metric families. The objects of each level are the exposed ones, oldest first. */
export interface ServerSubject extends Subject, Entry {
  /** Null if the last poll did not reach the server. Values that only a poll can know are not shown then. */
  readonly reached: Reached | null;
  readonly sessions: readonly SessionSubject[];
  readonly windows: readonly WindowSubject[];
  readonly clients: readonly ClientSubject[];
  readonly panes: readonly PaneSubject[];
  /** One for each exposed level. */
  readonly truncated: readonly Truncation[];
}

/** A session of a server that the last poll reached. */
export interface SessionSubject extends UsageSubject, SessionTally {}

/** The home of a window: the oldest shown session that it is linked into, and its index there. */
export interface WindowHome {
  /** Name of the session. */
  readonly session: string;
  readonly index: number | null;
}

/** A window of a server that the last poll reached. */
export interface WindowSubject extends Subject {
  readonly window: Window;
  readonly home: WindowHome;
  readonly panes: number;
}

/** A client of a server that the last poll reached. */
export interface ClientSubject extends Subject {
  readonly client: AttachedClient;
  /** Name of its session. */
  readonly session: string;
}

/** A pane of a server that the last poll reached. */
export interface PaneSubject extends UsageSubject {
  readonly pane: Pane;
  /** Name of the home session of its window. */
  readonly session: string;
}

/** The entries of a view, one for each name. */
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

/** Prepares an entry for the metric families. */
export function subjectOf(entry: Entry, exposure: Exposure): ServerSubject {
  const name = entry.record?.target.name ?? entry.tombstone?.name ?? '';
  const labels = labelText('server', name);
  const snapshot = entry.record?.snapshot ?? null;
  if (!snapshot) return { ...entry, ...NOTHING, labels };
  const selection = selectObjects(snapshot, exposure);
  const homes = new Homes(snapshot, exposure);
  const processes = entry.record?.processes ?? null;
  return {
    ...entry,
    labels,
    reached: { snapshot, tally: tallyServer(snapshot) },
    sessions: sessionSubjects(labels, selection, snapshot, processes),
    windows: windowSubjects(labels, selection, snapshot, homes),
    clients: clientSubjects(labels, selection, homes),
    panes: selection.panes.map((pane) => ({
      pane,
      session: homes.of(pane.windowId).session,
      labels: `${labels},${labelText('pane_id', pane.id)}`,
      usage: processes?.panes.get(pane.id) ?? null,
    })),
    truncated: LEVELS.filter((level) => isExposed(exposure, level)).map((level) => {
      return { level, isCut: selection.cut.has(level) };
    }),
  };
}

const NOTHING = { reached: null, sessions: [], windows: [], clients: [], panes: [], truncated: [] };

function sessionSubjects(
  server: string,
  { sessions }: Selection,
  snapshot: Snapshot,
  processes: ServerProcesses | null,
): SessionSubject[] {
  if (sessions.length === 0) return [];
  const tallies = new Map(tallySessions(snapshot).map((tally) => [tally.session, tally]));
  const distinct = new DistinctLabels();
  return sessions.flatMap((session) => {
    const tally = tallies.get(session);
    if (!tally) return [];
    const labels = `${server},session="${distinct.label(session.name, session.id)}"`;
    return [{ ...tally, labels, usage: processes?.sessions.get(session.id) ?? null }];
  });
}

function windowSubjects(server: string, { windows }: Selection, { panes }: Snapshot, homes: Homes): WindowSubject[] {
  const panesOf = windows.length === 0 ? new Map<string, number>() : tallyPanes(panes);
  return windows.map((window) => ({
    window,
    home: homes.of(window.id),
    panes: panesOf.get(window.id) ?? 0,
    labels: `${server},${labelText('window_id', window.id)}`,
  }));
}

function clientSubjects(server: string, { clients }: Selection, homes: Homes): ClientSubject[] {
  const distinct = new DistinctLabels();
  return clients.map((client) => ({
    client,
    session: homes.nameOf(client.sessionId),
    labels: `${server},client="${distinct.label(client.name, String(client.pid))}"`,
  }));
}

/** Finds the homes of windows. It reads the snapshot on first use, because often no home is needed. */
class Homes {
  readonly #snapshot: Snapshot;
  readonly #exposure: Exposure;
  #names: ReadonlyMap<string, string> | null = null;
  #windows: ReadonlyMap<string, Window> | null = null;

  constructor(snapshot: Snapshot, exposure: Exposure) {
    this.#snapshot = snapshot;
    this.#exposure = exposure;
  }

  nameOf(sessionId: string): string {
    return this.#shownNames().get(sessionId) ?? '';
  }

  of(windowId: string): WindowHome {
    this.#windows ??= new Map(this.#snapshot.windows.map((window) => [window.id, window]));
    let home: WindowLink | null = null;
    for (const link of this.#windows.get(windowId)?.links ?? []) {
      if (this.#shownNames().has(link.sessionId) && (!home || isOlder(link, home))) home = link;
    }
    return home ? { session: this.nameOf(home.sessionId), index: home.index } : NOWHERE;
  }

  #shownNames(): ReadonlyMap<string, string> {
    const isShown = ({ name }: Session) => isSessionShown(this.#exposure, name);
    this.#names ??= new Map(this.#snapshot.sessions.filter(isShown).map(({ id, name }) => [id, name]));
    return this.#names;
  }
}

const NOWHERE: WindowHome = { session: '', index: null };

/** Whether `a` is in an older session: tmux counts ids up. */
function isOlder(a: WindowLink, b: WindowLink): boolean {
  return Number(a.sessionId.slice(1)) < Number(b.sessionId.slice(1));
}

/** Makes label values that are all different. Two names can become equal by escaping, and a duplicate series makes the whole scrape fail. */
class DistinctLabels {
  readonly #taken = new Set<string>();

  /** The name as a label value, followed by the id if the name is taken. */
  label(name: string, id: string): string {
    let label = escapeLabelValue(name);
    while (this.#taken.has(label)) label += ` ${id}`;
    this.#taken.add(label);
    return label;
  }
}
