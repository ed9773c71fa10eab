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

describe('An exporter with an external URL', () => {
  let daemon: Daemon;
  let origin: string;

  beforeAll(async () => {
    daemon = await Daemon.start({
      flags: ['--web.external-url=https://tmux.example.org/tmux/', '--web.telemetry-path=/prometheus'],
    });
    origin = new URL(daemon.url).origin;
  });
  afterAll(() => daemon.cleanup());

  it('answers below its path only, and leads there', async () => {
    expect(daemon.url).toBe(`${origin}/tmux`);
    const paths = ['/tmux/', '/tmux/prometheus', '/tmux/-/healthy', '/tmux/api/v1/servers', '/tmux/events?poll=1'];
    const statuses = await Promise.all(paths.map(async (path) => (await fetch(`${origin}${path}`)).status));
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    const outside = ['/prometheus', '/-/healthy', '/tmuxx/-/healthy', '/tmux/metrics', '//tmux/-/healthy'];
    const refused = await Promise.all(outside.map(async (path) => (await fetch(`${origin}${path}`)).status));
    expect(refused).toEqual([404, 404, 404, 404, 404]);
    const { url } = await fetch(`${origin}/`);
    expect([url, (await fetch(`${origin}/tmux`)).url]).toEqual([`${origin}/tmux/`, `${origin}/tmux/`]);
  });

  it('links to its metrics, and to what it has registered', async () => {
    expect(await (await fetch(daemon.url)).text()).toContain('<a href="prometheus">');
    const put = await daemon.change('/api/v1/servers/made', 'PUT', { socket: join(daemon.sockets, 'made') });
    expect([put.status, put.headers.get('location')]).toEqual([201, '/tmux/api/v1/servers/made']);
  });

  it('takes the host of the URL, and is reached by our commands', async () => {
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    const { hostname, port } = new URL(origin);
    const headers = { host: 'tmux.example.org' };
    request({ hostname, port, path: '/tmux/-/healthy', headers }, (answer) =>
      resolve(answer.resume().statusCode),
    ).end();
    expect(await promise).toBe(200);
    const { code, stderr } = await cli(['servers', 'list', '--url', daemon.url]);
    expect([code, stderr]).toEqual([0, '']);
  });
});
