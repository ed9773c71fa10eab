import { hubExposition, type SeenHost } from './hub-exposition.ts';
import { minutesBeforeEnd, SCENARIO } from './scenario.ts';

/** A hub of the scenario. */
export interface ScriptedHub {
  readonly instance: string;
  /** When it does not see the bus, in minutes before the end. */
  readonly blind: { readonly from: number; readonly to: number } | null;
}

/** Two hubs of one fleet. */
export const HUBS: readonly ScriptedHub[] = [
  { instance: 'hub-1:8689', blind: null },
  { instance: 'hub-2:8689', blind: { from: 130, to: 100 } },
];

const HEARTBEAT_MS = 12_000;
const SILENT_AFTER_MS = 180_000;

/** When a host that nobody scrapes fell silent, and when another one said goodbye, in minutes before the end. */
const SILENT_FROM = 42;
const LEFT_AT = 300;

/** What a hub exposes at a moment. */
export function hubAt({ blind }: ScriptedHub, at: number): string {
  const isUp = blind === null || at < minutesBeforeEnd(blind.from) || at >= minutesBeforeEnd(blind.to);
  const known = isUp || blind === null ? at : minutesBeforeEnd(blind.from);
  const isAgain = blind !== null && at >= minutesBeforeEnd(blind.to);
  return hubExposition({
    hosts: hostsAt(known),
    isUp,
    lagSeconds: isUp ? 0 : (at - known) / 1000,
    events: { 'server-gone': deathsUntil(known), 'server-up': deathsUntil(known - 240_000) },
    duplicates: isAgain ? 1 : 0,
    rejected: { body: 0, id: 0, replayed: 0, host: at >= minutesBeforeEnd(210) ? 1 : 0, size: 0 },
    reopened: { unhealthy: isAgain ? 1 : 0, stuck: 0, rewound: 0, closed: 0 },
  });
}

function hostsAt(at: number): SeenHost[] {
  const present = SCENARIO.map(({ instance }) => instance);
  const silentFrom = minutesBeforeEnd(SILENT_FROM);
  const leftAt = minutesBeforeEnd(LEFT_AT);
  const isSilent = at > silentFrom + SILENT_AFTER_MS;
  return [
    ...present.map((name) => ({ name, state: 'present' as const, lastSeen: at - HEARTBEAT_MS, behind: 0 })),
    {
      name: 'gpu-4',
      state: isSilent ? 'silent' : 'present',
      lastSeen: Math.min(at, silentFrom) - HEARTBEAT_MS,
      behind: at > silentFrom ? 2 : 0,
    },
    {
      name: 'spare-5',
      state: at >= leftAt ? 'left' : 'present',
      lastSeen: Math.min(at, leftAt),
      behind: 0,
    },
  ];
}

function deathsUntil(at: number): number {
  const ends = SCENARIO.flatMap(({ servers }) => servers.flatMap(({ lives }) => lives.map(({ to }) => to)));
  return ends.filter((to) => to !== null && minutesBeforeEnd(to) <= at).length;
}
