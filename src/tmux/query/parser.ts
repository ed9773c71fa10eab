import type { ClientCounts, Pane, Session, Snapshot, Window, WindowLink } from '../../core/model/snapshot.ts';
import { readAttachedClients, readPaneDetails, readWindowDetails, type WindowDetails } from './details.ts';
import type { Marker } from './query.ts';
import { atOnce, each, inTurns, mapped, type Slices } from './record-slices.ts';
import { fieldsOf, flag, GarbledOutput, identifier, integer, quoted, Records, time } from './records.ts';

/** The snapshot in the output of a query, or what was expected and what was found. */
export type Parsed =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'garbled'; readonly message: string };

/** Longer output is not parsed in one turn of the event loop: that would hold the main thread. */
const LONGEST_AT_ONCE = 262_144;

/** Reads the output of the commands of one query. What does not parse is an error, never a zero. */
export function parseQuery(output: string, marker: Marker): Parsed {
  return atOnce(parsing(output, marker));
}

/** The same, in several turns of the event loop if the output is long. */
export async function parseInTurns(output: string, marker: Marker): Promise<Parsed> {
  return output.length <= LONGEST_AT_ONCE ? parseQuery(output, marker) : await inTurns(parsing(output, marker));
}

/** The slices in which an output is parsed. */
export function* parsing(output: string, marker: Marker): Slices<Parsed> {
  try {
    const records = yield* Records.read(output, marker);
    return { kind: 'snapshot', snapshot: yield* readSnapshot(records) };
  } catch (error) {
    if (error instanceof GarbledOutput) return { kind: 'garbled', message: error.message };
    throw error;
  }
}

function* readSnapshot(records: Records): Slices<Snapshot> {
  const header = records.of('server')[0];
  if (header === undefined) throw new GarbledOutput('expected pid, start time and version of the server, found none');
  const [pid = '', startedAt = '', version = ''] = fieldsOf('server', header);
  return {
    incarnation: { pid: integer(pid, 'pid'), startedAt: time(startedAt, 'start_time') },
    version: readVersion(version),
    sessions: yield* readSessions(records),
    clients: readClients(records.of('client')),
    attachedClients: readAttachedClients(records),
    windows: yield* readWindows(records),
    panes: yield* readPanes(records),
  };
}

function* groupsOf(texts: readonly string[]): Slices<ReadonlyMap<string, string>> {
  const groups = new Map<string, string>();
  yield* each(texts, (text) => {
    const [id = '', group = ''] = fieldsOf('group', text);
    groups.set(id, group);
  });
  return groups;
}

/** Two sessions of one name would be two samples of one series, for which Prometheus refuses the whole scrape. */
function* readSessions(records: Records): Slices<Session[]> {
  const groups = yield* groupsOf(records.of('group'));
  const sessions = yield* mapped(records.of('session'), (text) => readSession(text, groups));
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
    createdAt: time(created, 'session_created'),
    activityAt: time(activity, 'session_activity'),
    lastAttachedAt: lastAttached === '' || lastAttached === '0' ? null : time(lastAttached, 'session_last_attached'),
    attachedClients: integer(attached, 'session_attached'),
  };
}

function readClients(texts: readonly string[]): ClientCounts {
  const control = texts.filter((text) => flag(text)).length;
  return { tty: texts.length - control, control };
}

/** A window is listed once for each of its links. */
function* readWindows(records: Records): Slices<Window[]> {
  const details = readWindowDetails(records);
  // A list would be searched for each link, and a server can claim any number of them.
  const places = new Set<string>();
  const windows = new Map<string, Window & { sessionIds: string[]; links: WindowLink[] }>();
  yield* each(records.of('window'), (text, at) => {
    const [id = '', sessionId = '', bell = '', activity = '', silence = '', name = ''] = fieldsOf('window', text);
    const detail = details?.[at] ?? null;
    const link = readLink(sessionId, [bell, activity, silence], detail);
    const known = windows.get(id);
    if (!known) {
      const first = { sessionIds: [link.sessionId], links: [link], detail: detail?.window ?? null };
      places.add(`${id} ${sessionId}`);
      windows.set(id, { id: identifier(id, '@'), name, ...first });
      return;
    }
    known.links.push(link);
    if (!places.has(`${id} ${sessionId}`)) known.sessionIds.push(sessionId);
    places.add(`${id} ${sessionId}`);
  });
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

function* readPanes(records: Records): Slices<Pane[]> {
  const details = readPaneDetails(records);
  const panes = new Map<string, Pane>();
  yield* each(records.of('pane'), (text, at) => {
    const [id = '', windowId = '', dead = '', pid = '', command = ''] = fieldsOf('pane', text);
    if (panes.has(id)) return;
    panes.set(id, {
      id: identifier(id, '%'),
      windowId: identifier(windowId, '@'),
      dead: flag(dead),
      pid: integer(pid, 'pane_pid'),
      command,
      detail: details?.(at) ?? null,
    });
  });
  return [...panes.values()];
}

/** Another user's server can send any text, and the version appears in labels and events. */
function readVersion(text: string): string {
  if (!/^[\w.+~-]{1,40}$/.test(text)) throw new GarbledOutput(`expected a version, found ${quoted(text)}`);
  return text;
}
