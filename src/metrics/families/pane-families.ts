import type { PaneDetail } from '../../core/model/snapshot.ts';
import { brief, type Family, gauge, info, polled } from './family.ts';
import type { PaneSubject } from './subject.ts';

/** The metric families of a pane. A pane appears once, even if its window is linked into several sessions. */
export const PANE_FAMILIES: readonly Family<PaneSubject>[] = [
  gauge('tmux_pane_dead', polled('Whether the process of the pane has ended: 1 or 0'), ({ pane }) =>
    pane.dead ? 1 : 0,
  ),
  ofDetail('tmux_pane_exit_status', 'Exit status of the process that has ended in the pane', ({ exitStatus }, dead) =>
    dead ? exitStatus : null,
  ),
  ofDetail(
    'tmux_pane_exit_signal',
    'Number of the signal that ended the process in the pane',
    ({ exitSignal }, dead) => (dead ? exitSignal : null),
  ),
  ofDetail('tmux_pane_in_mode', 'Whether the pane is in a mode, such as copy mode: 1 or 0', ({ inMode }) =>
    inMode ? 1 : 0,
  ),
  ofDetail('tmux_pane_history_lines', 'Lines in the history of the pane', ({ historyLines }) => historyLines),
  ofDetail(
    'tmux_pane_history_limit_lines',
    'Lines that the history of the pane can hold',
    ({ historyLimitLines }) => historyLimitLines,
  ),
  info(
    'tmux_pane_info',
    polled('What runs in the pane and where, and the oldest session that its window is linked into'),
    ['window_id', 'session', 'command', 'path', 'title'],
    ({ pane, session }) => [
      pane.windowId,
      session,
      brief(pane.command),
      brief(pane.detail?.path ?? ''),
      brief(pane.detail?.title ?? ''),
    ],
  ),
];

function ofDetail(
  name: string,
  help: string,
  value: (detail: PaneDetail, dead: boolean) => number | null,
): Family<PaneSubject> {
  return gauge(name, polled(help), ({ pane }) => (pane.detail ? value(pane.detail, pane.dead) : null));
}
