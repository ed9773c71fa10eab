import type { TmuxServer } from './tmux-server.ts';

/** Commands that together say everything of a server that its people could notice: who is there, how large it is, and how it is set up. */
const QUESTIONS: readonly (readonly string[])[] = [
  ['list-clients', '-F', '#{client_name} #{client_session} #{client_width}x#{client_height} #{client_flags}'],
  [
    'list-sessions',
    '-F',
    '#{session_id} #{session_name} #{session_attached} #{session_attached_list} #{session_group}',
  ],
  ['list-windows', '-a', '-F', '#{window_id} #{window_width}x#{window_height} #{window_layout} #{window_flags}'],
  ['list-panes', '-a', '-F', '#{pane_id} #{pane_width}x#{pane_height} #{pane_pid} #{pane_in_mode} #{pane_pipe}'],
  ['show-options', '-s'],
  ['show-options', '-g'],
  ['show-options', '-gw'],
  ['show-options', '-A'],
  ['show-options', '-Aw'],
  ['show-hooks', '-g'],
  ['show-hooks', '-gw'],
  ['show-hooks'],
  ['show-environment', '-g'],
  ['show-environment'],
  ['list-keys'],
  ['list-buffers'],
];

/** The visible state of a server, as one text to compare. */
export async function portraitOf(server: TmuxServer): Promise<string> {
  const [first = [], ...others] = QUESTIONS;
  return server.run(...first, ...others.flatMap((question) => [';', ...question]));
}

/** Closes the last sessions of a server, and gives how long it took to end after that, in milliseconds. */
export async function emptyOut(server: TmuxServer): Promise<number> {
  await server.run('kill-session', '-a');
  const begun = performance.now();
  await server.run('kill-session');
  await server.ended();
  return performance.now() - begun;
}
