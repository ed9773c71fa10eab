/** The layout of one kind of record in a server's answer. */
interface RecordShape {
  /** The letter after the marker. */
  readonly letter: string;
  /** The tmux variables in the record, in order: ids and numbers first, at most one free text, last. */
  readonly fields: readonly string[];
  /** Whether it is the last of its line, so that tmux prints a newline after it. */
  readonly endsLine?: true;
}

/** Every kind of record that servers are asked for. Both the query and the parser use this table. */
export const RECORD_KINDS = {
  server: { letter: 'h', fields: ['pid', 'start_time', 'version'], endsLine: true },
  session: {
    letter: 's',
    fields: [
      'session_id',
      'session_created',
      'session_activity',
      'session_last_attached',
      'session_attached',
      'session_name',
    ],
  },
  group: { letter: 'g', fields: ['session_id', 'session_group'] },
  client: { letter: 'c', fields: ['client_control_mode'], endsLine: true },
  clientDetails: {
    letter: 'k',
    fields: [
      'client_pid',
      'session_id',
      'client_created',
      'client_activity',
      'client_written',
      'client_discarded',
      'client_name',
    ],
  },
  terminal: { letter: 'e', fields: ['client_termname'] },
  window: {
    letter: 'w',
    fields: [
      'window_id',
      'session_id',
      'window_bell_flag',
      'window_activity_flag',
      'window_silence_flag',
      'window_name',
    ],
  },
  windowDetails: { letter: 'v', fields: ['window_index', 'window_activity', 'window_active_clients'] },
  pane: {
    letter: 'p',
    fields: ['pane_id', 'window_id', 'pane_dead', 'pane_pid', 'pane_current_command'],
    endsLine: true,
  },
  paneDetails: {
    letter: 'q',
    fields: ['pane_in_mode', 'pane_dead_status', 'pane_dead_signal', 'history_size', 'history_limit'],
  },
  title: { letter: 't', fields: ['pane_title'] },
  path: { letter: 'd', fields: ['pane_current_path'] },
} as const satisfies Readonly<Record<string, RecordShape>>;

/** The name of a kind of record. */
export type RecordKind = keyof typeof RECORD_KINDS;
