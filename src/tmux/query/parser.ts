import type { ClientCounts, Pane, Session, Snapshot, Window, WindowLink } from '../../core/model/snapshot.ts';
import { readAttachedClients, readPaneDetails, readWindowDetails, type WindowDetails } from './details.ts';
import type { Marker } from './query.ts';
import { fieldsOf, flag, GarbledOutput, identifier, integer, quoted, Records } from './records.ts';

/** The snapshot in the output of a query, or what was expected and what was found. */
export type Parsed =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'garbled'; readonly message: string };

/** Reads the output of one query's commands. Text that does not parse is an error, never a zero. */
export function parseQuery(output: string, marker: Marker): Parsed {
  try {
    return { kind: 'snapshot', snapshot: readSnapshot(new Records(output, marker)) };
  } catch (error) {
    if (error instanceof GarbledOutput) return { kind: 'garbled', message: error.message };
    throw error;
  }
}

function readSnapshot(records: Records): Snapshot {
  const header = records.of('server')[0];
  if (header === undefined) throw new GarbledOutput('expected pid, start time and version of the server, found none');
  const [pid = '', startedAt = '', version = ''] = fieldsOf('server', header);
  return {
    incarnation: { pid: integer(pid, 'pid'), startedAt: integer(startedAt, 'start_time') },
    version: readVersion(version),
    sessions: readSessions(records),
    clients: readClients(records.of('client')),
    attachedClients: readAttachedClients(records),
    windows: readWindows(records),
    panes: readPanes(records),
  };
}

function groupsOf(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const [id = '', group = ''] = fieldsOf('group', text);
      return [id, group];
    }),
  );
}

/** Two sessions of one name would be two samples of one series, and Prometheus would refuse the whole scrape. */
function readSessions(records: Records): Session[] {
  const groups = groupsOf(records.of('group'));
  const sessions = records.of('session').map((text) => readSession(text, groups));
  const ids = new Set(sessions.map(({ id }) => id));
  const names = new Set(sessions.map(({ name }) => name));
  if (ids.size < sessions.length || names.size < sessions.length) throw new GarbledOutput('found a session twice');
  return sessions;
}

function readSession(text: string, groups: ReadonlyMap<string, string>): Session {
  const [id = '', created = '', activity = '', lastAttached = '', attached = '', name = ''] = fieldsOf('session', text);
  return {
    id: identifier(id, '$'),
    name,
    group: groups.get(id) || null,
    createdAt: integer(created, 'session_created'),
    activityAt: integer(activity, 'session_activity'),
    lastAttachedAt: lastAttached === '' || lastAttached === '0' ? null : integer(lastAttached, 'session_last_attached'),
    attachedClients: integer(attached, 'session_attached'),
  };
}

function readClients(texts: readonly string[]): ClientCounts {
  const control = texts.filter((text) => flag(text)).length;
  return { tty: texts.length - control, control };
}

/** A window is listed once for each of its links. */
function readWindows(records: Records): Window[] {
  const details = readWindowDetails(records);
  const windows = new Map<string, Window & { sessionIds: string[]; links: WindowLink[] }>();
  for (const [at, text] of records.of('window').entries()) {
    const [id = '', sessionId = '', bell = '', activity = '', silence = '', name = ''] = fieldsOf('window', text);
    const detail = details?.[at] ?? null;
    const link = readLink(sessionId, [bell, activity, silence], detail);
    const known = windows.get(id);
    if (!known) {
      const first = { sessionIds: [link.sessionId], links: [link], detail: detail?.window ?? null };
      windows.set(id, { id: identifier(id, '@'), name, ...first });
      continue;
    }
    known.links.push(link);
    if (!known.sessionIds.includes(sessionId)) known.sessionIds.push(sessionId);
  }
  return [...windows.values()];
}

function readLink(sessionId: string, alerts: readonly string[], detail: WindowDetails | null): WindowLink {
  const [bell = '', activity = '', silence = ''] = alerts;
  return {
    sessionId: identifier(sessionId, '$'),
    index: detail?.index ?? null,
    bell: flag(bell),
    activity: flag(activity),
    silence: flag(silence),
  };
}

function readPanes(records: Records): Pane[] {
  const details = readPaneDetails(records);
  const panes = new Map<string, Pane>();
  for (const [at, text] of records.of('pane').entries()) {
    const [id = '', windowId = '', dead = '', pid = '', command = ''] = fieldsOf('pane', text);
    if (panes.has(id)) continue;
    panes.set(id, {
      id: identifier(id, '%'),
      windowId: identifier(windowId, '@'),
      dead: flag(dead),
      pid: integer(pid, 'pane_pid'),
      command,
      detail: details?.(at) ?? null,
    });
  }
  return [...panes.values()];
}

/** Another user's server can send any text, and the version appears in labels and events. */
function readVersion(text: string): string {
  if (!/^[\w.+~-]{1,40}$/.test(text)) throw new GarbledOutput(`expected a version, found ${quoted(text)}`);
  return text;
}
