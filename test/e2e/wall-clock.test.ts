import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Notification } from '../../src/core/alert/notification.ts';
import { answers, Endpoint } from '../alert/support/endpoint.ts';
import { Daemon } from '../support/daemon/daemon.ts';
import { WallClock } from '../support/daemon/wall-clock.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

const HOUR_MS = 3_600_000;

describe.each([
  { direction: 'back', stepMs: -HOUR_MS, mode: 'by polling alone', flags: ['--no-watch'] },
  { direction: 'forward', stepMs: HOUR_MS, mode: 'by polling alone', flags: ['--no-watch'] },
  { direction: 'back', stepMs: -HOUR_MS, mode: 'with the death watch', flags: [] },
  { direction: 'forward', stepMs: HOUR_MS, mode: 'with the death watch', flags: [] },
])('A daemon $mode whose wall clock is set $direction by an hour', ({ stepMs, flags }) => {
  let folder: string;
  let clock: WallClock;
  let endpoint: Endpoint;
  let daemon: Daemon;
  let feed: FeedReader;
  let servers: TmuxServer[];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    clock = new WallClock(join(folder, 'step'));
    endpoint = await Endpoint.start(answers(503));
    const config = join(folder, 'config.yaml');
    await writeFile(
      config,
      `webhooks: [{name: ops, url: '${endpoint.url}', group: {wait: 0s, interval: 0s}, events: [server-gone]}]\n`,
    );
    daemon = await Daemon.start({ env: clock.env, flags: [`--config.file=${config}`, ...flags] });
    feed = await FeedReader.open(daemon.url);
    servers = await Promise.all(
      ['early', 'late', 'living'].map((name) => TmuxServer.start({ folder: daemon.sockets, name })),
    );
    for (const name of ['early', 'late', 'living'])
      await feed.next(({ type, server }) => type === 'server-up' && server?.name === name);
    if (flags.length === 0) await watched(daemon, ...servers);
  });

  afterEach(async () => {
    feed.close();
    await Promise.all(servers.map((server) => server.cleanup()));
    await daemon.cleanup();
    await endpoint.close();
    await removeFolder(folder);
  });

  async function ticks(count: number): Promise<void> {
    const polls = async () => (await daemon.sample('tmux_exporter_polls_total')) ?? 0;
    const end = (await polls()) + count;
    await eventually(`${count} more polls`, async () => (await polls()) >= end);
  }

  it('goes on polling, finds deaths, tries its web hook again, and reports nothing false', async () => {
    const [early, late] = servers;
    await early?.crash();
    await feed.next(({ type, server }) => type === 'server-gone' && server?.name === 'early');
    await endpoint.until(({ length }) => length === 1);
    const uptoHere = feed.messages.length;

    clock.set(stepMs);
    await ticks(3);

    expect(await daemon.sample('tmux_server_up{server="early"}')).toBe(0);
    expect(await daemon.sample('tmux_server_up{server="living"}')).toBe(1);
    const oldestSeconds = await daemon.sample('tmux_exporter_webhook_oldest_seconds{receiver="ops"}');
    expect(oldestSeconds).toBeGreaterThan(0);
    expect(oldestSeconds).toBeLessThan(60);

    await late?.crash();
    const gone = await feed.next(({ type, server }) => type === 'server-gone' && server?.name === 'late');
    expect(gone['detection_ms']).toBeLessThan(10_000);
    expect(gone['uptime_seconds']).toBeLessThan(60);
    expect(Math.abs(Date.parse(String(gone['time'])) - Date.now() - stepMs)).toBeLessThan(60_000);

    endpoint.answer = answers(204);
    const names = () =>
      endpoint.bodies<Notification>().flatMap(({ notices }) => notices.map(({ event }) => event.server?.name));
    await endpoint.until(() => names().includes('late'));
    expect(names().filter((name) => name === 'early').length).toBeGreaterThan(1);

    await ticks(5);
    const news = feed.messages.slice(uptoHere).filter(({ type }) => type !== 'heartbeat');
    expect(news.map(({ type, server }) => `${type} ${server?.name}`)).toEqual(['server-gone late']);
  }, 60_000);
});
