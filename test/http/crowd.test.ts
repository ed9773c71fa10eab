import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { CrowdLimits } from '../../src/http/crowd.ts';
import { type CutReason, HttpServer } from '../../src/http/http-server.ts';
import { eventually } from '../support/machine/eventually.ts';
import { listenOn, portsWith } from './support/ports.ts';

/** More than all buffers of the kernel hold. */
const LARGE = Buffer.alloc(16 * 1024 * 1024, 'x');
const ROOMY: CrowdLimits = { mostConnections: 100, mostUnreadBytes: 1e9 };

describe('The clients of an HTTP server', () => {
  const servers: HttpServer[] = [];
  const clients: Socket[] = [];
  let cuts: CutReason[];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function serverWith(limits: Partial<CrowdLimits>): Promise<number> {
    cuts = [];
    const server = new HttpServer({
      ports: portsWith({
        scrape: async () => ({ headers: {}, chunks: [LARGE] }),
        feed: (_request, response) => void response.write('open'),
      }),
      allowedHosts: [],
      onCut: (reason) => cuts.push(reason),
      closeFeed: async () => {},
      times: { closeMs: 10 },
      limits: () => ({ ...ROOMY, ...limits }),
    });
    servers.push(server);
    return listenOn(server);
  }

  /** Connects, and asks for a path if there is one, of whose answer it reads the first part. */
  async function enter(port: number, path?: string): Promise<Socket> {
    const client = connect(port, '127.0.0.1');
    clients.push(client);
    client.on('error', () => {});
    await once(client, 'connect');
    if (path !== undefined) await ask(client, path);
    return client;
  }

  async function ask(client: Socket, path: string): Promise<string> {
    client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const [answer] = await once(client.resume(), 'data');
    client.pause();
    return String(answer).slice(0, 12);
  }

  it('are cut if there are too many, first those that have asked for nothing for the longest time', async () => {
    const port = await serverWith({ mostConnections: 4 });
    const stream = await enter(port, '/events');
    const silent = await enter(port);
    const first = await enter(port, '/-/healthy');
    const second = await enter(port, '/-/healthy');
    const gone = [silent, second].map((client) => once(client.resume(), 'close'));
    await ask(first, '/-/healthy');
    expect(await ask(await enter(port), '/-/healthy')).toBe('HTTP/1.1 200');
    expect(await ask(await enter(port), '/-/healthy')).toBe('HTTP/1.1 200');
    await Promise.all(gone);
    expect(cuts).toEqual(['crowded', 'crowded']);
    expect(await ask(first, '/-/healthy')).toBe('HTTP/1.1 200');
    expect([stream.destroyed, stream.readableEnded]).toEqual([false, false]);
  });

  it('make room for a newcomer while their requests only wait for their turns', async () => {
    const port = await serverWith({ mostConnections: 20 });
    const busy = await Promise.all(Array.from({ length: 20 }, () => enter(port)));
    for (const client of busy) client.resume().write('GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(16));
    const answers = await Promise.all(Array.from({ length: 10 }, async () => ask(await enter(port), '/-/healthy')));
    expect(new Set(answers)).toEqual(new Set(['HTTP/1.1 200']));
  });

  it('make no room while each of them is being answered', async () => {
    const port = await serverWith({ mostConnections: 2 });
    const streams = [await enter(port, '/events'), await enter(port, '/events')];
    await once((await enter(port)).resume(), 'close');
    expect(streams.map(({ readableEnded }) => readableEnded)).toEqual([false, false]);
    expect(cuts).toEqual(['crowded']);
  });

  it('are cut if all of them together leave too much unread, those first that were answered first', async () => {
    const port = await serverWith({ mostUnreadBytes: 2.5 * LARGE.length });
    const deaf = await enter(port, '/metrics');
    await enter(port, '/metrics');
    const last = await enter(port, '/metrics');
    await eventually('one is cut', async () => cuts.length > 0);
    expect(cuts).toEqual(['crowded']);
    let length = 0;
    for await (const chunk of deaf) length += chunk.length;
    expect(length).toBeLessThan(LARGE.length);
    last.resume();
    await eventually('the others are not', async () => last.bytesRead > LARGE.length);
  });

  it('are cut if they send many requests with an expectation that no server knows', async () => {
    const client = await enter(await serverWith({}));
    client.write('GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nExpect: nothing\r\n\r\n'.repeat(1_000));
    await once(client.resume(), 'close');
    expect(cuts).toEqual(['pipelined']);
  });

  it('count as having read what they have read', async () => {
    const port = await serverWith({ mostUnreadBytes: 1 });
    const client = await enter(port, '/metrics');
    client.resume();
    await eventually('all is read', async () => client.bytesRead > LARGE.length);
    await enter(port, '/metrics');
    expect(await ask(client, '/-/healthy')).toBe('HTTP/1.1 200');
    expect(cuts).toEqual([]);
  });
});
