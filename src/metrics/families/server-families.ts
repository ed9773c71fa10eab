import { HAZARDS } from '../../core/death/hazard.ts';
import { FAILURE_REASONS, GONE_REASONS, SERVER_STATES } from '../../core/model/server.ts';
import { LEVELS } from './exposure.ts';
import { type Family, gauge, polled } from './family.ts';
import type { Reached, ServerSubject } from './subject.ts';

/** The metric families of a server: its health, which is shown even while polls fail, and what the last poll found in it. */
export const SERVER_FAMILIES: readonly Family<ServerSubject>[] = [
  gauge('tmux_server_up', 'Whether the last poll reached the server: 1 or 0.', ({ record, tombstone }) => {
    if (record) return record.snapshot ? 1 : 0;
    return tombstone?.lingering ? 0 : null;
  }),
  {
    name: 'tmux_server_state',
    type: 'gauge',
    help: 'The state of the registered server: 1 for the current state, 0 for the others.',
    labels: ['state'],
    most: SERVER_STATES.length,
    samples: ({ record }) =>
      record ? SERVER_STATES.map((state) => [record.state === state ? 1 : 0, state] as const) : [],
  },
  {
    name: 'tmux_server_gone_total',
    type: 'counter',
    help: 'Deaths of the server.',
    labels: ['reason'],
    most: GONE_REASONS.length,
    samples: ({ tombstone }) => GONE_REASONS.map((reason) => [tombstone?.deaths[reason] ?? 0, reason] as const),
  },
  {
    name: 'tmux_server_gone_timestamp_seconds',
    type: 'gauge',
    help: 'Unix time of the last death of the server.',
    labels: ['reason', 'cause'],
    most: 1,
    samples: ({ tombstone }) =>
      tombstone ? [[tombstone.death.at / 1000, tombstone.death.reason, tombstone.death.cause]] : [],
  },
  gauge(
    'tmux_server_last_seen_timestamp_seconds',
    'Unix time at which the server last answered a poll.',
    ({ record }) => secondsOf(record?.life?.lastSeenAt),
  ),
  gauge('tmux_server_poll_duration_seconds', 'How long the last poll of the server took.', ({ record }) =>
    secondsOf(record?.pollMs),
  ),
  {
    name: 'tmux_server_poll_failures_total',
    type: 'counter',
    help: 'Failed polls of the server.',
    labels: ['reason'],
    most: FAILURE_REASONS.length,
    samples: ({ record, failures }) =>
      record ? FAILURE_REASONS.map((reason) => [failures[reason] ?? 0, reason] as const) : [],
  },
  {
    name: 'tmux_server_info',
    type: 'info',
    help: polled('Version of the server, and how it came to be registered'),
    labels: ['version', 'registration'],
    most: 1,
    samples: ({ record, reached }) =>
      record && reached ? [[1, reached.snapshot.version, record.target.registration]] : [],
  },
  ofReached(
    'tmux_server_start_time_seconds',
    'Unix time at which the server started',
    ({ snapshot }) => snapshot.incarnation.startedAt,
  ),
  ofReached('tmux_server_sessions', 'Sessions of the server', ({ tally }) => tally.sessions),
  ofReached(
    'tmux_server_windows',
    'Windows of the server; one that is linked into several sessions counts once',
    ({ tally }) => tally.windows,
  ),
  ofReached('tmux_server_panes', 'Panes of the server', ({ tally }) => tally.panes),
  ofReached(
    'tmux_server_attached_sessions',
    'Sessions that a client is attached to',
    ({ tally }) => tally.attachedSessions,
  ),
  ofReached('tmux_server_dead_panes', 'Panes whose process has ended', ({ tally }) => tally.deadPanes),
  {
    name: 'tmux_server_hazard',
    type: 'gauge',
    help: 'Whether a known danger to the living server exists: 1 or 0. Checked every ten minutes.',
    labels: ['hazard'],
    most: HAZARDS.length,
    samples: ({ record }) => (record?.hazards ?? []).map(({ hazard, holds }) => [holds ? 1 : 0, hazard] as const),
  },
  {
    name: 'tmux_server_truncated',
    type: 'gauge',
    help: 'Whether a limit drops series of the server at a level: 1 or 0.',
    labels: ['level'],
    most: LEVELS.length,
    samples: ({ truncated }) => truncated.map(({ level, isCut }) => [isCut ? 1 : 0, level] as const),
  },
  {
    name: 'tmux_server_clients',
    type: 'gauge',
    help: polled('Attached clients, those of the exporter never counted'),
    labels: ['kind'],
    most: 2,
    samples: ({ reached }) => {
      if (!reached) return [];
      const { tty, control } = reached.snapshot.clients;
      return [
        [tty, 'tty'],
        [control, 'control'],
      ];
    },
  },
];

function ofReached(name: string, help: string, value: (reached: Reached) => number): Family<ServerSubject> {
  return gauge(name, polled(help), ({ reached }) => (reached ? value(reached) : null));
}

function secondsOf(milliseconds: number | null | undefined): number | null {
  return milliseconds == null ? null : milliseconds / 1000;
}
