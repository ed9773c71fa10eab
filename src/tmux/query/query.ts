import { randomBytes } from 'node:crypto';
import { RECORD_KINDS, type RecordKind } from './record-kinds.ts';

/** The text before every record of one query's output. It is new and random each time, so no name can contain it. */
export type Marker = string;

const MARKER_BYTES = 9;

/** Random bytes for many markers: each call of `randomBytes` costs as much as building a whole query. */
let drawn = Buffer.alloc(0);

/** Creates the marker of one query: 72 random bits in characters that no format, shell or version of tmux treats specially. */
export function newMarker(): Marker {
  if (drawn.length === 0) drawn = randomBytes(MARKER_BYTES * 128);
  const bytes = drawn.subarray(0, MARKER_BYTES);
  drawn = drawn.subarray(MARKER_BYTES);
  return bytes.toString('base64').replaceAll('+', 'x').replaceAll('/', 'y');
}

/** Additional details to ask for, by kind of object. For the path of a pane, the server has to read /proc. */
export interface QueryDetails {
  readonly windows: boolean;
  readonly panes: boolean;
  readonly clients: boolean;
}

/** No additional details. */
export const NO_DETAILS: QueryDetails = { windows: false, panes: false, clients: false };

/**
 * Builds the command that asks a server for everything except its clients.
 *
 * It is one command: each command is a line in the server's message log, and a list of commands leaks memory in tmux 3.3a. Every pane
 * of every link of a window gives a line. The active pane's line begins with the window's records; in the active window, with those of
 * the server and the session before them. A name can contain any separator, and versions print control characters
 * differently; so a record is the marker, a letter, ids and numbers, and at most one free text, which comes last.
 */
export function objectsCommand(marker: Marker, { windows, panes }: QueryDetails = NO_DETAILS): readonly string[] {
  const session = recordsOf(marker, ['server', 'session', 'group']);
  const window = recordsOf(marker, [...(windows ? WINDOW_DETAILS : []), 'window']);
  const pane = recordsOf(marker, [...(panes ? PANE_DETAILS : []), 'pane']);
  return ['list-panes', '-a', '-F', `#{?pane_active,#{?window_active,${session},}${window},}${pane}`];
}

/** Builds the command that asks a server for its attached clients: needed only if a session has one. */
export function clientsCommand(marker: Marker, { clients }: QueryDetails = NO_DETAILS): readonly string[] {
  return ['list-clients', '-F', recordsOf(marker, [...(clients ? CLIENT_DETAILS : []), 'client'])];
}

/** Builds the command that a server without sessions answers since 3.2. */
export function serverCommand(marker: Marker): readonly string[] {
  return ['display-message', '-p', recordsOf(marker, ['server'])];
}

/** The command that a server without sessions answers with an empty list, on every version. */
export const SESSIONS_COMMAND: readonly string[] = ['list-sessions'];

/** The commands that the exporter runs on servers: the labels of their counters. */
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

/** The format of a record after its marker; it is constant. */
function textOf(kind: RecordKind): string {
  const known = TEXTS.get(kind);
  if (known !== undefined) return known;
  const { letter, fields } = RECORD_KINDS[kind];
  const text = [letter, ...fields.map(variable)].join(' ');
  TEXTS.set(kind, text);
  return text;
}

/** The shortest format of a variable. Each of our commands is a line in the server's message log, and a short line disturbs people less. */
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
