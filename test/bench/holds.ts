import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HeldDaemon } from '../support/daemon/held-daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { endFleet, startFleet } from '../support/tmux/tmux-fleet.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { FeedReader } from '../support/world/feed-reader.ts';
import { plainRow, type Row } from './row.ts';

const SERVERS = 200;
const EVENTS = 10_000;
const BUDGET_MS = 50;

const EVERYTHING = ['window', 'pane', 'client', 'pane-process'].map((name) => `--collector.${name}`);

/** How long the main thread of a whole daemon is blocked at a time. A server that is ending waits that long for the exporter. */
export async function* bench(): AsyncGenerator<Row> {
  yield* inFolder(manyServers);
  yield* inFolder(manyPanes);
  yield* inFolder(longHistory);
}

async function* inFolder(measure: (folder: string) => AsyncGenerator<Row>): AsyncGenerator<Row> {
  const folder = await makePrivateFolder();
  try {
    yield* measure(folder);
  } finally {
    await removeFolder(folder);
  }
}

async function* manyServers(folder: string): AsyncGenerator<Row> {
  const servers = await startFleet(folder, SERVERS);
  const held = await startIn(folder);
  const { daemon } = held;
  try {
    await watched(daemon, ...servers);
    yield await row(held, `start over ${SERVERS} servers, from the first of them on`);
    await delay(10_000);
    yield await row(held, `polls of ${SERVERS} servers`);
    for (const path of ['/metrics', '/', '/api/v1/servers', '/events?poll=1']) {
      await get(held, path);
      yield await row(held, `GET ${path} with ${SERVERS} servers`);
    }
    daemon.kill('SIGHUP');
    await eventually('a reload', () => daemon.log.some(({ msg }) => msg.startsWith('the configuration was read')));
    yield await row(held, `reload with ${SERVERS} servers`);
    const feed = await FeedReader.open(daemon.url);
    await held.longestHold();
    for (const server of servers) server.kill('SIGKILL');
    for (let at = 0; at < SERVERS; at++)
      await feed.next(({ type, server }) => type === 'server-gone' && server?.name === `s${at}`);
    feed.close();
    yield await row(held, `${SERVERS} servers killed at once`);
  } finally {
    await daemon.stop();
    await endFleet(servers);
  }
}

async function* manyPanes(folder: string): AsyncGenerator<Row> {
  const sessions = Array.from({ length: 10 }, (_, number) => `session-${number}`);
  const server = await TmuxServer.start({ folder, name: 'x', sessions });
  const window = (session: string) => ['new-window', '-d', '-t', `${session}:`, 'exec cat', ';'];
  for (const session of sessions) await server.run(...Array.from({ length: 99 }, () => window(session)).flat());
  const held = await startIn(folder, EVERYTHING);
  try {
    await watched(held.daemon, server);
    yield await row(held, 'start over a server with 1,000 panes, from its first answer on');
    await delay(10_000);
    yield await row(held, 'polls of 1,000 panes');
    await get(held, '/metrics');
    yield await row(held, 'GET /metrics with 1,000 panes');
    await server.run(...Array.from({ length: 300 }, () => window('session-0')).flat());
    await eventually('300 new windows', async () => {
      return ((await held.daemon.sample('tmux_server_windows{server="x"}')) ?? 0) >= 1_300;
    });
    yield await row(held, '300 new windows at once');
  } finally {
    await held.daemon.stop();
    await server.cleanup();
  }
}

async function* longHistory(folder: string): AsyncGenerator<Row> {
  const first = await startIn(folder);
  await fillHistory(first.daemon.url);
  yield await row(first, `${EVENTS.toLocaleString('en')} events stored, one after the other`);
  await first.daemon.stop();
  // Events that an earlier process stored are kept as text.
  const held = await startIn(folder);
  const server = await TmuxServer.start({ folder, name: 'x' });
  try {
    await watched(held.daemon, server);
    await held.longestHold();
    for (const query of ['', '&type=server-gone', '&format=ndjson', '&server=none']) {
      await get(held, `/events?poll=1&since=all${query}`);
      yield await row(held, `replay of ${EVENTS.toLocaleString('en')} events, ?since=all${query}`);
    }
    await get(held, '/');
    yield await row(held, 'GET / with a long history');
  } finally {
    await held.daemon.stop();
    await server.cleanup();
  }
}

async function startIn(folder: string, flags: readonly string[] = []): Promise<HeldDaemon> {
  const state = join(folder, 'state');
  await mkdir(state, { recursive: true, mode: 0o700 });
  return HeldDaemon.start({ sockets: folder, state, flags, schedule: '*/2 * * * * *' });
}

async function row(held: HeldDaemon, what: string): Promise<Row> {
  return plainRow(`longest hold of the main thread: ${what}`, await held.longestHold(), 'ms', BUDGET_MS);
}

async function get({ daemon }: HeldDaemon, path: string): Promise<void> {
  await (await fetch(daemon.url + path)).arrayBuffer();
}

/** A server that comes and goes is two events. */
async function fillHistory(url: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const change = async (name: string) => {
    const body = JSON.stringify({ socket: `/tmp/${name}` });
    await fetch(`${url}/api/v1/servers/${name}`, { method: 'PUT', headers, body });
    await fetch(`${url}/api/v1/servers/${name}`, { method: 'DELETE', headers });
  };
  const runner = async (number: number) => {
    for (let at = 0; at < EVENTS / 2 / 10; at++) await change(`n${number}-${at}`);
  };
  await Promise.all(Array.from({ length: 10 }, (_, number) => runner(number)));
}
