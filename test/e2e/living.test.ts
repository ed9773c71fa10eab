import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

describe('A server that lives', () => {
  let daemon: Daemon;
  let feed: FeedReader;
  const servers: TmuxServer[] = [];

  beforeAll(async () => {
    daemon = await Daemon.start({ flags: ['--poll.timeout=500ms'] });
    feed = await FeedReader.open(daemon.url);
  });

  afterAll(async () => {
    expect(feed.messages.filter(({ type }) => type === 'server-gone')).toEqual([]);
    feed.close();
    await daemon.cleanup();
    for (const server of servers) await server.cleanup();
  });

  async function start(name: string): Promise<TmuxServer> {
    const server = await TmuxServer.start({ folder: daemon.sockets, name });
    servers.push(server);
    await feed.next(({ type, server }) => type === 'server-up' && server?.name === name);
    return server;
  }

  function told(type: string, name: string) {
    return feed.next((message) => message.type === type && message.server?.name === name);
  }

  it('and is stopped is unresponsive, with its objects gone from the metrics, and recovers', async () => {
    const server = await start('stopped');
    server.kill('SIGSTOP');
    await told('server-unresponsive', 'stopped');
    expect(await daemon.sample('tmux_server_up{server="stopped"}')).toBe(0);
    expect(await daemon.sample('tmux_server_state{server="stopped",state="unresponsive"}')).toBe(1);
    expect(await daemon.sample('tmux_server_sessions{server="stopped"}')).toBeNull();
    expect(
      await daemon.sample('tmux_server_poll_failures_total{server="stopped",reason="timeout"}'),
    ).toBeGreaterThanOrEqual(2);
    server.kill('SIGCONT');
    await told('server-recovered', 'stopped');
  });

  it('and whose socket file was deleted is unreachable, is told with the cure, and recovers by it', async () => {
    const server = await start('lost');
    await rm(server.socket);
    const notice = await told('server-unreachable', 'lost');
    expect(notice).toMatchObject({ cause: 'socket_lost', cure: expect.stringContaining(`kill -USR1 ${server.pid}`) });
    server.kill('SIGUSR1');
    await told('server-recovered', 'lost');
  });

  it('and at whose path is a regular file recovers by its cure, which keeps that file', async () => {
    const server = await start('covered');
    await rm(server.socket);
    await writeFile(server.socket, 'mine');
    await told('server-unreachable', 'covered');
    let command = '';
    await eventually('its cure', async () => {
      const response = await fetch(`${daemon.url}/api/v1/servers/covered`);
      command = ((await response.json()) as { cure: { command: string } | null }).cure?.command ?? '';
      return command.includes('mv ');
    });

    execFileSync('sh', ['-c', command]);

    await told('server-recovered', 'covered');
    expect(await readFile(`${server.socket}-new`, 'utf8')).toBe('mine');
  });

  it('and has no session is up with zeros', async () => {
    const server = await start('empty');
    await server.run('set-option', '-g', 'exit-empty', 'off');
    await server.run('kill-session', '-t', 'main');
    await told('session-closed', 'empty');
    expect(await daemon.sample('tmux_server_up{server="empty"}')).toBe(1);
    expect(await daemon.sample('tmux_server_sessions{server="empty"}')).toBe(0);
  });

  it('is not one that a regular file stands for', async () => {
    const path = join(daemon.sockets, 'file');
    await writeFile(path, '');
    const put = await daemon.change('/api/v1/servers/file', 'PUT', { socket: path });
    expect(put.status).toBe(201);
    const failures = 'tmux_server_poll_failures_total{server="file",reason="no_socket"}';
    await eventually('its polls fail', async () => ((await daemon.sample(failures)) ?? 0) > 0);
    expect(await daemon.sample('tmux_server_state{server="file",state="pending"}')).toBe(1);
  });
});
