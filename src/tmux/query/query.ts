import { randomBytes } from 'node:crypto';
import { RECORD_KINDS, type RecordKind } from './record-kinds.ts';

/** A text that stands before every record of one query's output. Nobody can have put it into a name: it is new and random each time. */
export type Marker = string;

const MARKER_BYTES = 9;

/** Drawn for many markers at once: each draw costs as much as the whole text of a query. */
let drawn = Buffer.alloc(0);

/** A marker for one query: 72 random bits in characters that no format, shell or version of tmux treats as special. */
export function newMarker(): Marker {
  if (drawn.length === 0) drawn = randomBytes(MARKER_BYTES * 128);
  const bytes = drawn.subarray(0, MARKER_BYTES);
  drawn = drawn.subarray(MARKER_BYTES);
  return bytes.toString('base64').replaceAll('+', 'x').replaceAll('/', 'y');
}

/** What is asked of each object beyond what everybody needs. The path of a pane costs the server a look into /proc. */
export interface QueryDetails {
  readonly windows: boolean;
  readonly panes: boolean;
  readonly clients: boolean;
}

/** Asks for nothing more than everybody needs. */
export const NO_DETAILS: QueryDetails = { windows: false, panes: false, clients: false };

/**
 * The command that asks a server for everything but its clients.
 *
 * One command, since each is a line in the server's message log and a list of commands leaks memory in tmux 3.3a. Every pane of
 * every link of a window gives a line: at the active pane the window's records come before it, and at the active pane of the
 * active window those of the server and the session. Any name can hold any separator, and versions differ in how they print control
 * characters; so every record begins with the marker and a letter, has its ids and numbers first and at most one free text, last.
 */
export function objectsCommand(marker: Marker, { windows, panes }: QueryDetails = NO_DETAILS): readonly string[] {
  const session = recordsOf(marker, ['server', 'session', 'group']);
  const window = recordsOf(marker, [...(windows ? WINDOW_DETAILS : []), 'window']);
  const pane = recordsOf(marker, [...(panes ? PANE_DETAILS : []), 'pane']);
  return ['list-panes', '-a', '-F', `#{?pane_active,#{?window_active,${session},}${window},}${pane}`];
}

/** The command that asks a server for its attached clients: needed only if a session has one. */
export function clientsCommand(marker: Marker, { clients }: QueryDetails = NO_DETAILS): readonly string[] {
  return ['list-clients', '-F', recordsOf(marker, [...(clients ? CLIENT_DETAILS : []), 'client'])];
}

/** The command that a server without sessions answers from 3.2 on. */
export function serverCommand(marker: Marker): readonly string[] {
  return ['display-message', '-p', recordsOf(marker, ['server'])];
}

/** The command that a server without sessions answers with nothing on every version. */
export const SESSIONS_COMMAND: readonly string[] = ['list-sessions'];

/** The commands that are run on servers, by which they are counted. */
export const TMUX_COMMANDS = ['list-panes', 'list-clients', 'display-message', 'list-sessions'] as const;

const CLIENT_DETAILS: readonly RecordKind[] = ['clientDetails', 'terminal'];
const WINDOW_DETAILS: readonly RecordKind[] = ['windowDetails'];
const PANE_DETAILS: readonly RecordKind[] = ['paneDetails', 'title', 'path'];

function recordsOf(marker: Marker, kinds: readonly RecordKind[]): string {
  let text = '';
  for (const kind of kinds) text += marker + textOf(kind);
  return text;
}

const TEXTS = new Map<RecordKind, string>();

/** The format of a record after its marker, which is always the same. */
function textOf(kind: RecordKind): string {
  const known = TEXTS.get(kind);
  if (known !== undefined) return known;
  const { letter, fields } = RECORD_KINDS[kind];
  const text = [letter, ...fields.map(variable)].join(' ');
  TEXTS.set(kind, text);
  return text;
}

/** tmux has a letter for some variables: every command of ours is a line in the server's message log, and a short one is less in a person's way. */
function variable(field: string): string {
  const letter = LETTER_OF[field];
  return letter === undefined ? `#{${field}}` : `#${letter}`;
}

const LETTER_OF: Readonly<{ [field: string]: string }> = {
  session_name: 'S',
  window_name: 'W',
  window_index: 'I',
  pane_id: 'D',
  pane_title: 'T',
};
