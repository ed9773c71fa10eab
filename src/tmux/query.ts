import { randomBytes } from 'node:crypto';

/** A text that stands before every record of one query's output. Nobody can have put it into a name: it is new and random each time. */
export type Marker = string;

/** A marker for one query: 96 random bits in characters that no format, shell or version of tmux treats as special. */
export function newMarker(): Marker {
  return `tx${randomBytes(12).toString('hex')}`;
}

/**
 * The one command that asks a server for everything, in one client.
 *
 * Any name can hold any separator, and versions differ in how they print control characters; so every record begins with the
 * marker and a letter, has its ids and numbers first and at most one free text, last. `list-windows` and `list-panes` fail on a
 * server without sessions, and an error drops what follows, so they come last.
 */
export function queryCommand(marker: Marker): readonly string[] {
  return [
    ...['display-message', '-p', record(marker, 'h', 'pid', 'start_time', 'version')],
    ...[
      ';',
      'list-sessions',
      '-F',
      record(marker, 's', ...SESSION_FIELDS) + record(marker, 'g', 'session_id', 'session_group'),
    ],
    ...[';', 'list-clients', '-F', record(marker, 'c', 'client_control_mode')],
    ...[';', 'list-windows', '-a', '-F', record(marker, 'w', ...WINDOW_FIELDS)],
    ...[';', 'list-panes', '-a', '-F', record(marker, 'p', ...PANE_FIELDS)],
  ];
}

/** The first commands of all clients that are run, by which they are counted. */
export const TMUX_COMMANDS = ['display-message', 'list-sessions', 'wait-for'] as const;

/** The command that a server without sessions answers on every version; before 3.2 it answers nothing else. */
export const EMPTY_SERVER_COMMAND: readonly string[] = ['list-sessions'];

const SESSION_FIELDS = [
  'session_id',
  'session_created',
  'session_activity',
  'session_last_attached',
  'session_attached',
  'session_name',
];

const WINDOW_FIELDS = [
  'window_id',
  'session_id',
  'window_bell_flag',
  'window_activity_flag',
  'window_silence_flag',
  'window_name',
];

const PANE_FIELDS = ['pane_id', 'window_id', 'pane_dead', 'pane_pid', 'pane_current_command'];

function record(marker: Marker, letter: string, ...fields: string[]): string {
  return [marker + letter, ...fields.map((field) => `#{${field}}`)].join(' ');
}
