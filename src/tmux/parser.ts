import type { ClientCounts, Pane, Session, Snapshot, Window } from '../core/snapshot.ts';
import type { Marker } from './query.ts';

/** What the output of a query holds, or what was expected and what was found. */
export type Parsed =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'garbled'; readonly message: string };

/** Reads the output of {@link queryCommand}. What does not parse is an error, never a zero. */
export function parseQuery(output: string, marker: Marker): Parsed {
  try {
    return { kind: 'snapshot', snapshot: readSnapshot(recordsOf(output, marker)) };
  } catch (error) {
    if (error instanceof GarbledOutput) return { kind: 'garbled', message: error.message };
    throw error;
  }
}

class GarbledOutput extends Error {}

/** Of at most twelve digits: as seconds that is still a time that a date can hold. */
const INTEGER = /^\d{1,12}$/;

/** A record begins with one of the letters of {@link queryCommand}. */
const RECORD = /^[hsgcwp] /;

type Records = ReadonlyMap<string, readonly string[]>;

function recordsOf(output: string, marker: Marker): Records {
  const records = new Map<string, string[]>();
  const [before = '', ...chunks] = output.split(marker);
  if (before !== '') throw new GarbledOutput(`expected a record first, found ${quoted(before)}`);
  for (const chunk of chunks) {
    if (!RECORD.test(chunk)) throw new GarbledOutput(`expected a record, found ${quoted(chunk)}`);
    const letter = chunk.slice(0, 1);
    const text = chunk.slice(2).replace(/\n$/, '');
    const sameLetter = records.get(letter);
    if (sameLetter) sameLetter.push(text);
    else records.set(letter, [text]);
  }
  return records;
}

function readSnapshot(records: Records): Snapshot {
  const header = records.get('h')?.[0];
  if (header === undefined) throw new GarbledOutput('expected pid, start time and version of the server, found none');
  const [pid = '', startedAt = '', version = ''] = fieldsOf(header, 3);
  const groups = groupsOf(records.get('g') ?? []);
  return {
    incarnation: { pid: integer(pid, 'pid'), startedAt: integer(startedAt, 'start_time') },
    version: readVersion(version),
    sessions: readSessions(records.get('s') ?? [], groups),
    clients: readClients(records.get('c') ?? []),
    windows: readWindows(records.get('w') ?? []),
    panes: readPanes(records.get('p') ?? []),
  };
}

function groupsOf(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const [id = '', group = ''] = fieldsOf(text, 2);
      return [id, group];
    }),
  );
}

/** Two sessions of one name would be two samples of one series, for which Prometheus refuses the whole scrape. */
function readSessions(texts: readonly string[], groups: ReadonlyMap<string, string>): Session[] {
  const sessions = texts.map((text) => readSession(text, groups));
  const ids = new Set(sessions.map(({ id }) => id));
  const names = new Set(sessions.map(({ name }) => name));
  if (ids.size < texts.length || names.size < texts.length) throw new GarbledOutput('found a session twice');
  return sessions;
}

function readSession(text: string, groups: ReadonlyMap<string, string>): Session {
  const [id = '', created = '', activity = '', lastAttached = '', attached = '', name = ''] = fieldsOf(text, 6);
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

function readWindows(texts: readonly string[]): Window[] {
  const windows = new Map<string, Window & { sessionIds: string[] }>();
  for (const text of texts) {
    const [id = '', sessionId = '', bell = '', activity = '', silence = '', name = ''] = fieldsOf(text, 6);
    const known = windows.get(id);
    if (!known) {
      const sessionIds = [identifier(sessionId, '$')];
      const flags = { bell: flag(bell), activity: flag(activity), silence: flag(silence) };
      windows.set(id, { id: identifier(id, '@'), sessionIds, name, ...flags });
    } else if (!known.sessionIds.includes(sessionId)) {
      known.sessionIds.push(identifier(sessionId, '$'));
    }
  }
  return [...windows.values()];
}

function readPanes(texts: readonly string[]): Pane[] {
  const panes = new Map<string, Pane>();
  for (const text of texts) {
    const [id = '', windowId = '', dead = '', pid = '', command = ''] = fieldsOf(text, 5);
    if (panes.has(id)) continue;
    panes.set(id, {
      id: identifier(id, '%'),
      windowId: identifier(windowId, '@'),
      dead: flag(dead),
      pid: integer(pid, 'pane_pid'),
      command,
    });
  }
  return [...panes.values()];
}

/** The first `count - 1` fields, and all the rest as the last: that one is free text. */
function fieldsOf(text: string, count: number): string[] {
  const fields: string[] = [];
  let from = 0;
  while (fields.length < count - 1) {
    const space = text.indexOf(' ', from);
    if (space < 0) throw new GarbledOutput(`expected ${count} fields, found ${quoted(text)}`);
    fields.push(text.slice(from, space));
    from = space + 1;
  }
  return [...fields, text.slice(from)];
}

/** A server of somebody else can say anything: what it says here stands in labels and events. */
function readVersion(text: string): string {
  if (!/^[\w.+~-]{1,40}$/.test(text)) throw new GarbledOutput(`expected a version, found ${quoted(text)}`);
  return text;
}

function identifier(text: string, sigil: string): string {
  if (!text.startsWith(sigil) || !INTEGER.test(text.slice(1))) {
    throw new GarbledOutput(`expected an id such as ${sigil}1, found ${quoted(text)}`);
  }
  return text;
}

function integer(text: string, field: string): number {
  if (!INTEGER.test(text)) throw new GarbledOutput(`expected a number as ${field}, found ${quoted(text)}`);
  return Number(text);
}

/** tmux prints 1 for true, and 0 or nothing for false. */
function flag(text: string): boolean {
  if (text === '' || text === '0') return false;
  if (text === '1') return true;
  throw new GarbledOutput(`expected 0 or 1, found ${quoted(text)}`);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
