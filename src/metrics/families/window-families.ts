import { brief, type Family, gauge, info, polled } from './family.ts';
import type { WindowSubject } from './subject.ts';

/** The metric families of a window. A window appears once, even if it is linked into several sessions. */
export const WINDOW_FAMILIES: readonly Family<WindowSubject>[] = [
  ofWindow('tmux_window_panes', 'Panes of the window', ({ panes }) => panes),
  ofWindow(
    'tmux_window_activity_timestamp_seconds',
    'Unix time of the last activity in the window',
    ({ window }) => window.detail?.activityAt ?? null,
  ),
  ofWindow(
    'tmux_window_active_clients',
    'Clients that show the window now',
    ({ window }) => window.detail?.activeClients ?? null,
  ),
  {
    name: 'tmux_window_alert',
    type: 'gauge',
    help: polled('Whether the window has an alert that nobody has seen yet, in any of its sessions: 1 or 0'),
    labels: ['alert'],
    most: 3,
    samples: ({ window: { links } }) => [
      [links.some(({ bell }) => bell) ? 1 : 0, 'bell'],
      [links.some(({ activity }) => activity) ? 1 : 0, 'activity'],
      [links.some(({ silence }) => silence) ? 1 : 0, 'silence'],
    ],
  },
  info(
    'tmux_window_info',
    polled('Name of the window, and its place in the oldest session that it is linked into'),
    ['session', 'window_index', 'window'],
    ({ home, window }) => [home.session, home.index === null ? '' : String(home.index), brief(window.name)],
  ),
];

function ofWindow(name: string, help: string, value: (subject: WindowSubject) => number | null): Family<WindowSubject> {
  return gauge(name, polled(help), value);
}
