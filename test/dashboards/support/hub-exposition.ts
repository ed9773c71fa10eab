import { EVENT_TYPES } from '../../../src/core/event/event.ts';

/** A host as a hub sees it. */
export interface SeenHost {
  readonly name: string;
  readonly state: 'present' | 'silent' | 'left';
  /** Unix milliseconds. */
  readonly lastSeen: number;
  readonly behind: number;
}

/** What a hub knows, for its metrics. */
export interface HubView {
  readonly hosts: readonly SeenHost[];
  readonly isUp: boolean;
  readonly lagSeconds: number;
  /** Events that it has read, by type. */
  readonly events: Readonly<Record<string, number>>;
  readonly duplicates: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly reopened: Readonly<Record<string, number>>;
}

/** A hub that sees one host, and has seen all that can go wrong. */
export const SAMPLE_HUB: HubView = {
  hosts: [
    { name: 'build7', state: 'present', lastSeen: 1_772_366_400_000, behind: 0 },
    { name: 'build8', state: 'silent', lastSeen: 1_772_366_100_000, behind: 3 },
    { name: 'laptop', state: 'left', lastSeen: 1_772_360_000_000, behind: 0 },
  ],
  isUp: true,
  lagSeconds: 0,
  events: { 'server-gone': 4 },
  duplicates: 1,
  rejected: { body: 1, id: 0, replayed: 0, host: 0, size: 0 },
  reopened: { unhealthy: 1, stuck: 0, rewound: 0, closed: 0 },
};

/** The metrics of a hub in the text format: the names and labels of the contract between a hub and its dashboards. */
export function hubExposition({ hosts, isUp, lagSeconds, events, duplicates, rejected, reopened }: HubView): string {
  const states = ['present', 'silent', 'left'].map((state) => {
    return sample('hosts', hosts.filter((host) => host.state === state).length, { state });
  });
  const perHost = hosts.flatMap(({ name: host, state, lastSeen, behind }) => [
    sample('host_last_seen_timestamp_seconds', lastSeen / 1000, { host, state }),
    sample('host_behind_events', behind, { host }),
  ]);
  const byLabel = (name: string, label: string, values: Readonly<Record<string, number>>) =>
    Object.entries(values).map(([value, count]) => sample(name, count, { [label]: value }));
  return [
    ...states,
    ...perHost,
    sample('source_up', Number(isUp)),
    sample('source_lag_seconds', lagSeconds),
    ...EVENT_TYPES.map((type) => sample('events_total', events[type] ?? 0, { type })),
    ...byLabel('rejected_total', 'reason', rejected),
    sample('duplicates_total', duplicates),
    ...byLabel('reopened_total', 'reason', reopened),
  ].join('');
}

function sample(name: string, value: number, labels: Readonly<Record<string, string>> = {}): string {
  const written = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  return `tmux_fleet_${name}${written.length > 0 ? `{${written.join(',')}}` : ''} ${value}\n`;
}
