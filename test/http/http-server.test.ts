import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpServer, type HttpTimes } from '../../src/http/http-server.ts';
import type { HttpPorts } from '../../src/http/ports.ts';
import { untilClosed } from '../support/world/socket-end.ts';
import { listenOn, portsWith } from './support/ports.ts';

const servers: HttpServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

function newServer(
  ports: Partial<HttpPorts> = {},
  times: Partial<HttpTimes> = {},
  closeFeed = async () => {},
): HttpServer {
  const server = new HttpServer({ ports: portsWith(ports), allowedHosts: [], onCut: () => {}, closeFeed, times });
  servers.push(server);
  return server;
}

describe('an HTTP server', () => {
  it('tells where it listens', async () => {
    const port = await listenOn(newServer());
    expect((await fetch(`http://127.0.0.1:${port}/-/healthy`)).status).toBe(200);
  });

  it('rejects with the code of the system where the port is taken', async () => {
    const port = await listenOn(newServer());
    await expect(newServer().listen([{ host: '127.0.0.1', port }])).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('answers clients that end their side after their request, also if many come at once', async () => {
    const port = await listenOn(newServer());
    const answerTo = async (path: string) => {
      const socket = connect(port, '127.0.0.1').setEncoding('utf8');
      let text = '';
      socket.on('data', (part) => {
        text += String(part);
      });
      socket.end(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      await untilClosed(socket);
      return text.slice(0, 15);
    };
    const paths = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? '/-/healthy' : '/api/v1/servers'));
    expect(new Set(await Promise.all(paths.map(answerTo)))).toEqual(new Set(['HTTP/1.1 200 OK']));
  });

  it('cuts off who never finishes a request, and not who follows the feed', async () => {
    let tell = (_text: string) => {};
    const feed: HttpPorts['feed'] = (_request, response) => {
      response.writeHead(200).write('open\n');
      tell = (text) => response.end(text);
    };
    const server = newServer({ feed }, { headersMs: 500, requestMs: 500, checkMs: 20 });
    const port = await listenOn(server);
    const stream = await fetch(`http://127.0.0.1:${port}/events`);
    const slow = connect(port, '127.0.0.1').setEncoding('utf8');
    slow.write('GET / HTTP/1.1\r\n');
    const [answer] = await once(slow, 'data');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    tell('alive\n');
    expect(await stream.text()).toBe('open\nalive\n');
  });
});

describe('a closing HTTP server', () => {
  it('closes what was listened on at the same time', async () => {
    const server = newServer();
    const addresses = [{ host: '127.0.0.1', port: 0 }];
    const places = await Promise.all([server.listen(addresses), server.listen(addresses)]);
    await server.close();
    expect(places[0]).toEqual(places[1]);
    for (const place of places.flat()) {
      const port = 'port' in place ? place.port : 0;
      await expect(fetch(`http://127.0.0.1:${port}/-/healthy`)).rejects.toThrow('fetch failed');
    }
  });

  it('is not ready any more while the feed closes', async () => {
    const { promise: fedUp, resolve: closeFeed } = Promise.withResolvers<void>();
    const server = newServer({}, {}, () => fedUp);
    const port = await listenOn(server);
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    socket.write('GET /-/ready HTTP/1.1\r\nHost: localhost\r\n\r\nGET /-/re');
    const [before] = await once(socket, 'data');
    const closed = server.close();
    socket.write('ady HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [after] = await once(socket, 'data');
    closeFeed();
    await closed;
    expect([before, after].map((text: string) => text.slice(0, 12))).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503']);
  });

  it('closes the feed before it cuts what is left', async () => {
    const steps: string[] = [];
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const scrape: HttpPorts['scrape'] = () => {
      ask();
      return new Promise(() => {});
    };
    const server = newServer({ scrape }, { closeMs: 10 }, async () => void steps.push('feed closed'));
    const port = await listenOn(server);
    const socket = connect(port, '127.0.0.1');
    socket.on('close', () => steps.push('cut off'));
    socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await asked;
    const ended = untilClosed(socket);
    await Promise.all([server.close(), ended]);
    expect(steps).toEqual(['feed closed', 'cut off']);
  });

  it('does not wait for connections that are kept alive', async () => {
    const server = newServer({}, { closeMs: 3_600_000 });
    const port = await listenOn(server);
    await (await fetch(`http://127.0.0.1:${port}/-/healthy`)).text();
    await server.close();
    await expect(fetch(`http://127.0.0.1:${port}/-/healthy`)).rejects.toThrow();
  });

  it('closes once, and also if it never listened', async () => {
    let closings = 0;
    const server = newServer({}, {}, async () => void closings++);
    await Promise.all([server.close(), server.close()]);
    expect(closings).toBe(1);
  });
});
