import { eventually } from '../machine/eventually.ts';
import { residentBytes } from '../machine/process-cost.ts';
import { childrenOf } from '../machine/process-life.ts';
import { processesOf } from '../machine/processes.ts';
import type { Place } from './place.ts';
import type { RestlessDaemon } from './restless-daemon.ts';
import { placeOf, seriesProblems } from './series.ts';
import { steadyFiles } from './steady-files.ts';

/** The resources that a daemon holds. */
export interface Footprint {
  readonly files: number;
  readonly residentBytes: number;
}

/** The state after a storm, and its problems. */
export interface Aftermath {
  readonly problems: readonly string[];
  readonly afterStorm: Footprint;
  /** Of a daemon that was only just started over the same servers. */
  readonly fresh: Footprint;
}

/** How long an end in good order may take, in milliseconds. */
const STOP_MS = 5_000;

/** Waits for the storm to end, and checks that the daemon sees everything that exists and nothing else, and leaves nothing behind. */
export async function examineAftermath(
  daemon: RestlessDaemon,
  places: readonly Place[],
  sockets: string,
): Promise<Aftermath> {
  for (const place of places) {
    // The watch of a life without a path stays open as long as the life, and a fresh start cannot make it.
    while (place.hasDisplaced) await place.endDisplaced();
    if (place.state === 'stopped') place.goOn();
    if (place.state === 'ghost') await place.makeSocketAgain();
    // A fresh start finds what a person had deregistered.
    if (place.state === 'alive' && place.isDeregistered) await registerAgain(daemon, place);
  }
  const problems = await settle(daemon, places);
  problems.push(...(await lastingSeriesProblems(daemon, places)));
  const afterStorm = await footprint(daemon);
  problems.push(...(await stopProblems(daemon, sockets)));
  for (const place of places) place.isDeregistered = false;
  await daemon.start();
  problems.push(...(await settle(daemon, places)));
  const fresh = await footprint(daemon);
  if (afterStorm.files > fresh.files)
    problems.push(`${afterStorm.files} open files after the storm, ${fresh.files} after a fresh start`);
  problems.push(...(await stopProblems(daemon, sockets)));
  return { problems, afterStorm, fresh };
}

async function registerAgain({ daemon }: RestlessDaemon, place: Place): Promise<void> {
  const answer = await daemon?.change(place.apiPath, 'PUT', { socket: place.socket });
  if (!answer?.ok) throw new Error(`expected that ${place.name} can be registered, found status ${answer?.status}`);
  place.isDeregistered = false;
}

/** Returns what is wrong with the metrics and still is after some polls: the last session can have been created a moment ago. */
async function lastingSeriesProblems(daemon: RestlessDaemon, places: readonly Place[]): Promise<readonly string[]> {
  let problems: readonly string[] = [];
  const isRight = async () => {
    problems = await seriesProblems(daemon, places);
    return problems.length === 0;
  };
  await eventually('the metrics are right', isRight, 10_000).catch(() => {});
  return problems;
}

/** Waits until every living server is up and watched by one connection, and the daemon has no child; gives what is wrong if that does not come. */
export async function settle(daemon: RestlessDaemon, places: readonly Place[]): Promise<string[]> {
  let found = '';
  const alive = places.filter((place) => place.state === 'alive' && !place.isDeregistered);
  const wanted = textOf(alive.map(({ life }) => life));
  const isSettled = async () => {
    found = textOf(await upServers(daemon));
    const watches = wanted === '' ? 0 : wanted.split(' ').length;
    const held = await daemon.daemon?.sample('tmux_exporter_watches');
    return found === wanted && held === watches && childrenOf(daemon.pid).length === 0;
  };
  try {
    await eventually('every living server is up and watched', isSettled, 30_000);
    return [];
  } catch {
    const held = await daemon.daemon?.sample('tmux_exporter_watches');
    const children = childrenOf(daemon.pid).length;
    return [`not settled: up are ${found}, alive are ${wanted}, ${held} watches, ${children} children of the daemon`];
  }
}

async function upServers({ daemon }: RestlessDaemon): Promise<{ name: string; pid: number }[]> {
  const response = await fetch(`${daemon?.url}/api/v1/servers`);
  const { servers } = (await response.json()) as {
    servers: { name: string; up: boolean; incarnation: { pid: number } | null }[];
  };
  return servers
    .filter(({ up }) => up)
    .map(({ name, incarnation }) => ({ name: placeOf(name), pid: incarnation?.pid ?? 0 }));
}

function textOf(servers: readonly { name: string; pid: number }[]): string {
  const texts = servers.map(({ name, pid }) => `${name}:${pid}`);
  return texts.sort().join(' ');
}

async function footprint({ pid }: RestlessDaemon): Promise<Footprint> {
  return { files: await steadyFiles(pid), residentBytes: residentBytes(pid) };
}

/** A timer or a handle that was forgotten would keep the process; a client that was forgotten would outlive it. */
async function stopProblems(daemon: RestlessDaemon, sockets: string): Promise<string[]> {
  const stopMs = await daemon.stop();
  const left = [...processesOf(sockets)].filter(([, command]) => !command.includes('new-session'));
  return [
    ...(stopMs > STOP_MS ? [`it took ${Math.round(stopMs)} ms to end`] : []),
    ...left.map(([pid, command]) => `process ${pid} was left behind: ${command}`),
  ];
}
