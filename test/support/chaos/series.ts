import { deathCounts } from './deaths.ts';
import type { Place } from './place.ts';
import type { RestlessDaemon } from './restless-daemon.ts';

/** The series that stay of a server that is no longer registered. */
const OF_THE_DEAD = ['tmux_server_up', 'tmux_server_gone_total', 'tmux_server_gone_timestamp_seconds'];

/** The series of a registered server that was not reached. */
const OF_THE_UNREACHED = [
  ...OF_THE_DEAD,
  'tmux_server_state',
  'tmux_server_last_seen_timestamp_seconds',
  'tmux_server_poll_duration_seconds',
  'tmux_server_poll_failures_total',
  'tmux_server_hazard',
];

/** Returns what is wrong with the metrics of a fleet at rest: series of dead objects, counters that differ from the number of events. */
export async function seriesProblems(daemon: RestlessDaemon, places: readonly Place[]): Promise<string[]> {
  const lines = (await (await fetch(`${daemon.url}/metrics`)).text()).split('\n');
  const series = lines.flatMap(parseSeries);
  const up = new Map(places.filter(isUp).map((place) => [place.name, place]));
  const registered = new Set(series.filter(({ family }) => family === 'tmux_server_state').map(({ server }) => server));
  const problems: string[] = [];
  for (const { family, server, line } of series) {
    if (up.has(placeOf(server))) continue;
    const allowed = registered.has(server) ? OF_THE_UNREACHED : OF_THE_DEAD;
    if (!allowed.includes(family)) problems.push(`a series of what is not there: ${line}`);
  }
  return [
    ...problems,
    ...(await sessionProblems(up, series)),
    ...counterProblems(daemon, series),
    ...reapedProblems(daemon, lines),
  ];
}

/** The place of a server by its name; one in another mount namespace is called by the name of its socket and by where it is. */
export function placeOf(server: string): string {
  return server.split('@')[0] ?? server;
}

interface Series {
  readonly family: string;
  readonly server: string;
  readonly labels: string;
  readonly value: number;
  readonly line: string;
}

function parseSeries(line: string): Series[] {
  const [, family = '', labels = '', value = ''] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
  const server = labelOf(labels, 'server');
  return server === null ? [] : [{ family, server, labels, value: Number(value), line }];
}

function labelOf(labels: string, name: string): string | null {
  return new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? null;
}

function isUp(place: Place): boolean {
  return place.state === 'alive' && !place.isDeregistered;
}

async function sessionProblems(up: ReadonlyMap<string, Place>, series: readonly Series[]): Promise<string[]> {
  const problems: string[] = [];
  for (const place of up.values()) {
    const told = series
      .filter(({ family, server }) => family === 'tmux_session_windows' && placeOf(server) === place.name)
      .map(({ labels }) => labelOf(labels, 'session'));
    const present = await place.sessions();
    if (told.sort().join() !== [...present].sort().join())
      problems.push(`${place.name} has the sessions ${present}, told are ${told}`);
  }
  return problems;
}

/** The deaths of a name are counted over every restart of the daemon. */
function counterProblems({ witness }: RestlessDaemon, series: readonly Series[]): string[] {
  const counts = deathCounts(witness.events);
  const problems: string[] = [];
  for (const { family, server, labels, value, line } of series) {
    if (family !== 'tmux_server_gone_total') continue;
    const key = `${server} ${labelOf(labels, 'reason')}`;
    if ((counts.get(key) ?? 0) !== value) problems.push(`${line}, yet there are ${counts.get(key) ?? 0} events of it`);
    counts.delete(key);
  }
  for (const [key, count] of counts) problems.push(`${count} events of ${key} are counted nowhere`);
  return problems;
}

/** The deaths of the fleet are counted by each daemon for itself. */
function reapedProblems({ witness, startedAt }: RestlessDaemon, lines: readonly string[]): string[] {
  const own = witness.events.filter(({ type, time }) => type === 'server-gone' && Date.parse(time) >= startedAt);
  const counts = lines.filter((line) => line.startsWith('tmux_exporter_servers_reaped_total{'));
  const counted = counts.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  return counted === own.length ? [] : [`${counted} deaths are counted, yet there are ${own.length} events`];
}
