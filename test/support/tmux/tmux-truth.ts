import { TmuxReading } from './tmux-reading.ts';
import type { TmuxServer } from './tmux-server.ts';

/** Values of series by their keys: {@link keyOf}. */
export type Series = ReadonlyMap<string, number>;

type Labels = Readonly<Record<string, string>>;

/** The key of a series: its metric and its labels, in any order. */
export function keyOf(metric: string, labels: Labels): string {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${metric} ${JSON.stringify(pairs)}`;
}

/** Lists every series that the objects of a server should have, field by field, as tmux itself reports them. */
export async function truthOf(server: TmuxServer, name: string): Promise<Series> {
  const truth = new Truth(new TmuxReading(server), name);
  await truth.readServer();
  await truth.readSessions();
  await truth.readWindows();
  await truth.readPanes();
  await truth.readClients();
  return truth.series;
}

/** Gathers the series level by level. Each object of a list stands where it stands in every other column of that list. */
class Truth {
  readonly series = new Map<string, number>();
  readonly #reading: TmuxReading;
  readonly #server: string;
  #nameOfSession: ReadonlyMap<string, string> = new Map();
  /** Ids of the sessions of each window, and the place of the window there. */
  readonly #homes = new Map<string, { session: number; index: number }>();

  constructor(reading: TmuxReading, server: string) {
    this.#reading = reading;
    this.#server = server;
  }

  async readServer(): Promise<void> {
    const sessions = await this.#reading.columns(['list-sessions'], ['session_id', 'session_attached']);
    const panes = await this.#reading.columns(['list-panes', '-a'], ['window_id', 'pane_id', 'pane_dead']);
    const clients = await this.#reading.columns(['list-clients'], ['client_control_mode']);
    const [start = ''] = await this.#reading.all([['display-message', '-p', '#{start_time}']]);
    const dead = panes.pane_id.filter((_, at) => panes.pane_dead[at] === '1');
    const control = clients.client_control_mode.filter((value) => value === '1').length;
    this.#add('tmux_server_start_time_seconds', {}, start);
    this.#add('tmux_server_sessions', {}, sessions.session_id.length);
    this.#add('tmux_server_windows', {}, new Set(panes.window_id).size);
    this.#add('tmux_server_panes', {}, new Set(panes.pane_id).size);
    this.#add('tmux_server_dead_panes', {}, new Set(dead).size);
    this.#add('tmux_server_attached_sessions', {}, sessions.session_attached.filter((value) => value !== '0').length);
    this.#add('tmux_server_clients', { kind: 'control' }, control);
    this.#add('tmux_server_clients', { kind: 'tty' }, clients.client_control_mode.length - control);
  }

  async readSessions(): Promise<void> {
    const columns = await this.#reading.columns(
      ['list-sessions'],
      ['session_id', 'session_created', 'session_activity', 'session_last_attached', 'session_attached'],
    );
    const ids = columns.session_id;
    const groups = await this.#reading.texts(ids, 'session_group');
    this.#nameOfSession = await this.#reading.texts(ids, 'session_name');
    for (const [at, id] of ids.entries()) {
      const session = this.#nameOfSession.get(id) ?? '';
      this.#add('tmux_session_info', { session, session_id: id, group: groups.get(id) ?? '' }, 1);
      this.#add('tmux_session_created_timestamp_seconds', { session }, columns.session_created[at]);
      this.#add('tmux_session_activity_timestamp_seconds', { session }, columns.session_activity[at]);
      this.#add('tmux_session_last_attached_timestamp_seconds', { session }, columns.session_last_attached[at]);
      this.#add('tmux_session_attached_clients', { session }, columns.session_attached[at]);
    }
    await this.#readWindowsOf(ids);
  }

  async #readWindowsOf(ids: readonly string[]): Promise<void> {
    const fields = ['window_id', 'window_bell_flag', 'window_activity_flag', 'window_silence_flag'];
    const lists = ids.flatMap((id) => [
      ...fields.map((field) => ['list-windows', '-t', id, '-F', `#{${field}}`]),
      ['list-panes', '-s', '-t', id, '-F', '#{pane_id}'],
    ]);
    const columns = (await this.#reading.all(lists)).map((text) => text.split('\n').slice(0, -1));
    for (const [at, id] of ids.entries()) {
      const session = this.#nameOfSession.get(id) ?? '';
      const [windows = [], bell = [], activity = [], silence = [], panes = []] = columns.slice(5 * at, 5 * at + 5);
      const alerted = (flags: readonly string[]) => new Set(windows.filter((_, place) => flags[place] === '1')).size;
      this.#add('tmux_session_windows', { session }, new Set(windows).size);
      this.#add('tmux_session_panes', { session }, new Set(panes).size);
      this.#add('tmux_session_alert_windows', { session, alert: 'bell' }, alerted(bell));
      this.#add('tmux_session_alert_windows', { session, alert: 'activity' }, alerted(activity));
      this.#add('tmux_session_alert_windows', { session, alert: 'silence' }, alerted(silence));
    }
  }

  async readWindows(): Promise<void> {
    const columns = await this.#reading.columns(
      ['list-windows', '-a'],
      [
        ...(['window_id', 'session_id', 'window_index', 'window_panes', 'window_activity'] as const),
        ...(['window_active_clients', 'window_bell_flag', 'window_activity_flag', 'window_silence_flag'] as const),
      ],
    );
    const names = await this.#reading.texts([...new Set(columns.window_id)], 'window_name');
    const isAlerted = (flags: readonly string[], id: string) =>
      columns.window_id.some((other, at) => other === id && flags[at] === '1') ? 1 : 0;
    for (const [at, id] of columns.window_id.entries()) {
      const window = { window_id: id };
      this.#settle(id, columns.session_id[at], columns.window_index[at]);
      this.#add('tmux_window_panes', window, columns.window_panes[at]);
      this.#add('tmux_window_activity_timestamp_seconds', window, columns.window_activity[at]);
      this.#add('tmux_window_active_clients', window, columns.window_active_clients[at]);
      this.#add('tmux_window_alert', { ...window, alert: 'bell' }, isAlerted(columns.window_bell_flag, id));
      this.#add('tmux_window_alert', { ...window, alert: 'activity' }, isAlerted(columns.window_activity_flag, id));
      this.#add('tmux_window_alert', { ...window, alert: 'silence' }, isAlerted(columns.window_silence_flag, id));
    }
    for (const [id, { session, index }] of this.#homes) {
      const place = { session: this.#nameOfSession.get(`$${session}`) ?? '', window_index: String(index) };
      this.#add('tmux_window_info', { window_id: id, ...place, window: names.get(id) ?? '' }, 1);
    }
  }

  async readPanes(): Promise<void> {
    const columns = await this.#reading.columns(
      ['list-panes', '-a'],
      [
        ...(['pane_id', 'window_id', 'pane_dead', 'pane_dead_status', 'pane_dead_signal'] as const),
        ...(['pane_in_mode', 'history_size', 'history_limit'] as const),
      ],
    );
    const ids = [...new Set(columns.pane_id)];
    const commands = await this.#reading.texts(ids, 'pane_current_command');
    const titles = await this.#reading.texts(ids, 'pane_title');
    const paths = await this.#reading.texts(ids, 'pane_current_path');
    for (const [at, id] of columns.pane_id.entries()) {
      const window = columns.window_id[at] ?? '';
      const session = this.#nameOfSession.get(`$${this.#homes.get(window)?.session}`) ?? '';
      const texts = { command: commands.get(id) ?? '', path: paths.get(id) ?? '', title: titles.get(id) ?? '' };
      this.#add('tmux_pane_dead', { pane_id: id }, columns.pane_dead[at]);
      this.#add('tmux_pane_exit_status', { pane_id: id }, columns.pane_dead_status[at]);
      this.#add('tmux_pane_exit_signal', { pane_id: id }, columns.pane_dead_signal[at]);
      this.#add('tmux_pane_in_mode', { pane_id: id }, columns.pane_in_mode[at] === '0' ? 0 : 1);
      this.#add('tmux_pane_history_lines', { pane_id: id }, columns.history_size[at]);
      this.#add('tmux_pane_history_limit_lines', { pane_id: id }, columns.history_limit[at]);
      this.#add('tmux_pane_info', { pane_id: id, window_id: window, session, ...texts }, 1);
    }
  }

  async readClients(): Promise<void> {
    const columns = await this.#reading.columns(
      ['list-clients'],
      [
        ...(['client_name', 'session_id', 'client_created', 'client_activity', 'client_written'] as const),
        ...(['client_discarded', 'client_control_mode', 'client_termname'] as const),
      ],
    );
    for (const [at, client] of columns.client_name.entries()) {
      const session = this.#nameOfSession.get(columns.session_id[at] ?? '') ?? '';
      const kind = columns.client_control_mode[at] === '1' ? 'control' : 'tty';
      this.#add('tmux_client_created_timestamp_seconds', { client }, columns.client_created[at]);
      this.#add('tmux_client_activity_timestamp_seconds', { client }, columns.client_activity[at]);
      this.#add('tmux_client_written_bytes_total', { client }, columns.client_written[at]);
      this.#add('tmux_client_discarded_bytes_total', { client }, columns.client_discarded[at]);
      this.#add('tmux_client_info', { client, session, kind, term: columns.client_termname[at] ?? '' }, 1);
    }
  }

  /** A window is told to be in the oldest of its sessions, at the first of its places there. */
  #settle(window: string, sessionId = '', index = ''): void {
    const place = { session: Number(sessionId.slice(1)), index: Number(index) };
    const known = this.#homes.get(window);
    const isOlder = known === undefined || place.session < known.session;
    if (isOlder || (place.session === known.session && place.index < known.index)) this.#homes.set(window, place);
  }

  #add(metric: string, labels: Labels, value: number | string | undefined): void {
    if (value !== undefined && value !== '')
      this.series.set(keyOf(metric, { server: this.#server, ...labels }), Number(value));
  }
}
