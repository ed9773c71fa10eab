import { type Family, gauge, info, polled } from './family.ts';
import type { SessionSubject } from './subject.ts';

/** The metric families of a session. A window that is linked into two sessions counts in both, so their sum is not the server's total. */
export const SESSION_FAMILIES: readonly Family<SessionSubject>[] = [
  ofSession('tmux_session_windows', 'Windows of the session', ({ windows }) => windows),
  ofSession('tmux_session_panes', 'Panes of the session', ({ panes }) => panes),
  ofSession(
    'tmux_session_attached_clients',
    'Clients attached to the session',
    ({ session }) => session.attachedClients,
  ),
  {
    name: 'tmux_session_alert_windows',
    type: 'gauge',
    help: polled('Windows of the session with an alert that nobody has seen yet'),
    labels: ['alert'],
    most: 3,
    samples: ({ bellWindows, activityWindows, silenceWindows }) => [
      [bellWindows, 'bell'],
      [activityWindows, 'activity'],
      [silenceWindows, 'silence'],
    ],
  },
  ofSession(
    'tmux_session_created_timestamp_seconds',
    'Unix time at which the session was created',
    ({ session }) => session.createdAt,
  ),
  ofSession(
    'tmux_session_activity_timestamp_seconds',
    'Unix time of the last activity in the session',
    ({ session }) => session.activityAt,
  ),
  ofSession(
    'tmux_session_last_attached_timestamp_seconds',
    'Unix time at which a client last attached to the session',
    ({ session }) => session.lastAttachedAt,
  ),
  info(
    'tmux_session_info',
    polled('Id of the session, and the session group that it belongs to'),
    ['session_id', 'group'],
    ({ session }) => [session.id, session.group ?? ''],
  ),
];

function ofSession(
  name: string,
  help: string,
  value: (subject: SessionSubject) => number | null,
): Family<SessionSubject> {
  return gauge(name, polled(help), value);
}
