import { randomBytes } from 'node:crypto';

/** A text that stands before every record of one query's output. Nobody can have put it into a name: it is new and random each time. */
export type Marker = string;

/** A marker for one query: 96 random bits in characters that no format, shell or version of tmux treats as special. */
export function newMarker(): Marker {
  return `tx${randomBytes(12).toString('hex')}`;
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
 * The one command that asks a server for everything, in one client.
 *
 * Any name can hold any separator, and versions differ in how they print control characters; so every record begins with the
 * marker and a letter, has its ids and numbers first and at most one free text, last. Where an object needs several records they
 * stand on one line, and the one that all queries have ends it. `list-windows` and `list-panes` fail on a server without sessions,
 * and an error drops what follows, so they come last.
 */
export function queryCommand(marker: Marker, details: QueryDetails = NO_DETAILS): readonly string[] {
  const { windows, panes, clients } = details;
  const lineOf = (records: readonly Record[]) => records.map((fields) => record(marker, fields)).join('');
  return [
    ...['display-message', '-p', lineOf([SERVER])],
    ...[';', 'list-sessions', '-F', lineOf([SESSION, GROUP])],
    ...[';', 'list-clients', '-F', lineOf([...(clients ? CLIENT_DETAILS : []), CLIENT])],
    ...[';', 'list-windows', '-a', '-F', lineOf([...(windows ? WINDOW_DETAILS : []), WINDOW])],
    ...[';', 'list-panes', '-a', '-F', lineOf([...(panes ? PANE_DETAILS : []), PANE])],
  ];
}

/** The first commands of all clients that are run, by which they are counted. */
export const TMUX_COMMANDS = ['display-message', 'list-sessions', 'wait-for'] as const;

/** The command that a server without sessions answers on every version; before 3.2 it answers nothing else. */
export const EMPTY_SERVER_COMMAND: readonly string[] = ['list-sessions'];

/** The letter of a record, and its fields. */
type Record = readonly [letter: string, ...fields: string[]];

const SERVER: Record = ['h', 'pid', 'start_time', 'version'];

const SESSION: Record = [
  's',
  'session_id',
  'session_created',
  'session_activity',
  'session_last_attached',
  'session_attached',
  'session_name',
];

const GROUP: Record = ['g', 'session_id', 'session_group'];

const CLIENT: Record = ['c', 'client_control_mode'];

const CLIENT_DETAILS: readonly Record[] = [
  [
    'k',
    'client_pid',
    'session_id',
    'client_created',
    'client_activity',
    'client_written',
    'client_discarded',
    'client_name',
  ],
  ['e', 'client_termname'],
];

const WINDOW: Record = [
  'w',
  'window_id',
  'session_id',
  'window_bell_flag',
  'window_activity_flag',
  'window_silence_flag',
  'window_name',
];

const WINDOW_DETAILS: readonly Record[] = [['v', 'window_index', 'window_activity', 'window_active_clients']];

const PANE: Record = ['p', 'pane_id', 'window_id', 'pane_dead', 'pane_pid', 'pane_current_command'];

const PANE_DETAILS: readonly Record[] = [
  ['q', 'pane_in_mode', 'pane_dead_status', 'pane_dead_signal', 'history_size', 'history_limit'],
  ['t', 'pane_title'],
  ['d', 'pane_current_path'],
];

function record(marker: Marker, [letter, ...fields]: Record): string {
  return [marker + letter, ...fields.map((field) => `#{${field}}`)].join(' ');
}
