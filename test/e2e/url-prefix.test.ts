import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cli, Daemon } from '../support/daemon/daemon.ts';

/** As a proxy that adds a prefix does: it passes on what is below that, and nothing else. */
function createPrefixProxy(target: string): Server {
  return createServer((incoming, response) => {
    if (!incoming.url?.startsWith('/tmux/')) {
      response.writeHead(404).end('not below the prefix');
      return;
    }
    const { method = 'GET', headers } = incoming;
    const url = new URL(incoming.url.replace('/tmux', ''), target);
    const passed = request(url, { method, headers: { ...headers, host: url.host } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(passed);
  });
}

describe.each(['/tmux', '/tmux/'])('A client of an exporter behind the prefix %s', (prefix) => {
  let daemon: Daemon;
  let proxy: Server;
  let url: string;
  let token: readonly string[];

  beforeAll(async () => {
    daemon = await Daemon.start();
    token = ['--token-file', daemon.tokenFile];
    proxy = createPrefixProxy(daemon.url).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${prefix}`;
  });

  afterAll(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await daemon.cleanup();
  });

  it('lists, adds and removes servers', async () => {
    expect(await cli(['servers', 'add', 'extra', join(daemon.sockets, 'extra'), '--url', url, ...token])).toMatchObject(
      {
        code: 0,
        stderr: '',
      },
    );
    expect((await cli(['servers', 'list'], { TMUX_EXPORTER_URL: url })).stdout).toMatch(/^extra +pending +api/m);
    expect(await cli(['servers', 'remove', 'extra', '--url', url, ...token])).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    ['queue', 'No receiver is configured'],
    ['dead', 'No message was given up'],
  ])('looks after web hooks: %s', async (command, said) => {
    expect(await cli(['webhook', command, '--url', url, ...token])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(said),
    });
  });

  it('replays dead letters', async () => {
    expect(await cli(['webhook', 'replay', 'all', '--url', url, ...token])).toMatchObject({ code: 0, stderr: '' });
  });

  it('follows the feed', async () => {
    await cli(['servers', 'add', 'seen', join(daemon.sockets, 'seen'), '--url', url, ...token]);
    const env = { XDG_STATE_HOME: join(daemon.sockets, 'home') };
    const watched = await cli(['watch', '--url', url, '--since=all', '--server=seen', '--once', '--json'], env);
    expect(JSON.parse(watched.stdout)).toMatchObject({ type: 'server-registered', server: { name: 'seen' } });
  });
});
