import type { ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FakeServer } from '../support/churn/fake-server.ts';
import { type DaemonOptions, runCli } from '../support/daemon/daemon.ts';
import { HeldDaemon } from '../support/daemon/held-daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { exitFrame, FakeProtocolServer, outputFrame } from '../support/tmux/fake-protocol-server.ts';
import { endFleet, startFleet } from '../support/tmux/tmux-fleet.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { FeedReader } from '../support/world/feed-reader.ts';
import { plainRow, type Row } from './row.ts';

const SERVERS = 200;
const EVENTS = 10_000;
const SERIES = 50_000;
const SESSIONS = 20_000;
const LOGGED_SERVERS = 50;
const BUDGET_MS = 50;

const EVERYTHING = ['window', 'pane', 'client', 'pane-process'].map((name) => `--collector.${name}`);

/** How long the main thread of a whole daemon is blocked at a time. A server that is ending waits that long for the exporter. */
export async function* bench(): AsyncGenerator<Row> {
  yield* inFolder(manyServers);
  yield* inFolder(manyPanes);
  yield* inFolder(manySeries);
  yield* inFolder(manySessions);
  yield* inFolder(unreadLog);
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

async function* manySeries(folder: string): AsyncGenerator<Row> {
  const limits = [`--limits.series=${SERIES}`, '--limits.panes=10000', '--limits.windows=10000'];
  const names = ['a', 'b', 'c', 'd'];
  const servers = await Promise.all(names.map((name) => TmuxServer.start({ folder, name })));
  const window = ['new-window', '-d', 'exec cat', ';'];
  for (const server of servers)
    for (let at = 0; at < 10; at++) await server.run(...Array.from({ length: 70 }, () => window).flat());
  const held = await startIn(folder, [...EVERYTHING, ...limits]);
  try {
    await watched(held.daemon, ...servers);
    const series = await held.daemon.sample('tmux_exporter_series');
    if (series !== null && series < SERIES * 0.9) throw new Error(`expected ${SERIES} series, found ${series}`);
    await held.longestHold();
    await get(held, '/metrics', { 'accept-encoding': 'gzip' });
    yield await row(held, `GET /metrics with ${SERIES.toLocaleString('en')} series, in gzip`);
    await get(held, '/metrics', { 'accept-encoding': 'identity' });
    yield await row(held, `GET /metrics with ${SERIES.toLocaleString('en')} series, as it is`);
  } finally {
    await held.daemon.stop();
    for (const server of servers) await server.cleanup();
  }
}

/** A user can make as many sessions as the memory holds. */
async function* manySessions(folder: string): AsyncGenerator<Row> {
  const content = new FakeServer(join(folder, 'x'), process.pid);
  const ids = Array.from({ length: SESSIONS }, (_, number) => `$${number}`);
  for (const id of ids) content.content.sessions.set(id, `session-${id.slice(1)}`);
  content.content.windows.set('@0', { sessions: new Set(ids), panes: new Set(['%0']) });
  const fake = await FakeProtocolServer.listen(content.socket, (connection, command) => {
    // A watch gets its answer when the server ends.
    if (command.includes('wait-for')) return;
    const text = content.answer(command);
    for (let at = 0; at < text.length; at += 8_000) connection.write(outputFrame(text.slice(at, at + 8_000)));
    connection.write(exitFrame(0));
  });
  const held = await startIn(folder, ['--poll.timeout=20s']);
  const settled = (name: string, wanted: number) =>
    eventually(name, async () => (await held.daemon.sample('tmux_server_sessions{server="x"}')) === wanted, 60_000);
  try {
    await settled('all sessions', SESSIONS);
    yield await row(held, `the first poll of ${SESSIONS.toLocaleString('en')} sessions`);
    await delay(10_000);
    yield await row(held, `polls of ${SESSIONS.toLocaleString('en')} sessions`);
    content.content.sessions.clear();
    for (const id of ids) content.content.sessions.set(id, `renamed-${id.slice(1)}`);
    content.content.sessions.delete('$0');
    await settled('the renamed sessions', SESSIONS - 1);
    yield await row(held, `${SESSIONS.toLocaleString('en')} sessions renamed at once`);
  } finally {
    await held.daemon.stop();
    await fake.close();
  }
}

/** Each line is written at once if the pipe takes it, so a reader who sleeps must not hold us. */
async function* unreadLog(folder: string): AsyncGenerator<Row> {
  const servers = await startFleet(folder, LOGGED_SERVERS);
  let child: ChildProcess | null = null;
  const run: typeof runCli = (args, env) => {
    child = runCli(args, env);
    return child;
  };
  const held = await startIn(folder, ['--log.level=trace'], { run });
  const log = (child as ChildProcess | null)?.stderr;
  try {
    await watched(held.daemon, ...servers);
    log?.pause();
    await held.longestHold();
    await delay(10_000);
    for (const server of servers) server.kill('SIGKILL');
    await eventually('all deaths', async () => (await held.daemon.sample('tmux_exporter_registered_servers')) === 0);
    yield await row(held, `polls and deaths of ${LOGGED_SERVERS} servers, with a log that nobody reads`);
  } finally {
    log?.resume();
    await held.daemon.stop();
    await endFleet(servers);
  }
}

async function* longHistory(folder: string): AsyncGenerator<Row> {
  const first = await startIn(folder);
  // What the start costs is another row's.
  await first.longestHold();
  await fillHistory(first);
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

async function startIn(
  folder: string,
  flags: readonly string[] = [],
  options: Pick<DaemonOptions, 'run'> = {},
): Promise<HeldDaemon> {
  const state = join(folder, 'state');
  await mkdir(state, { recursive: true, mode: 0o700 });
  return HeldDaemon.start({ ...options, sockets: folder, state, flags, schedule: '*/2 * * * * *' });
}

async function row(held: HeldDaemon, what: string): Promise<Row> {
  return plainRow(`longest hold of the main thread: ${what}`, await held.longestHold(), 'ms', BUDGET_MS);
}

async function get({ daemon }: HeldDaemon, path: string, headers: Record<string, string> = {}): Promise<void> {
  await (await fetch(daemon.url + path, { headers })).arrayBuffer();
}

/** A server that comes and goes is two events. */
async function fillHistory({ daemon }: HeldDaemon): Promise<void> {
  const change = async (name: string, method: string, body?: object) => {
    const { ok, status } = await daemon.change(`/api/v1/servers/${name}`, method, body);
    if (!ok) throw new Error(`expected ${method} of ${name} to succeed, found ${status}`);
  };
  const runner = async (number: number) => {
    for (let at = 0; at < EVENTS / 2 / 10; at++) {
      const name = `n${number}-${at}`;
      await change(name, 'PUT', { socket: `/tmp/${name}` });
      await change(name, 'DELETE');
    }
  };
  await Promise.all(Array.from({ length: 10 }, (_, number) => runner(number)));
}
