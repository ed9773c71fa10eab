import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryLog } from '../../src/core/registry/memory-log.ts';
import { createFeed } from '../../src/feed/feed.ts';
import { HttpServer } from '../../src/http/http-server.ts';
import { runs } from '../support/sample/seed.ts';
import { untilClosed } from '../support/world/socket-end.ts';
import { listenOn, portsWith, serverJson } from './support/ports.ts';

const errors: unknown[] = [];
const history = new MemoryLog('e', { host: 'box', bootId: null });
const ports = portsWith({ history, onError: (error) => errors.push(error) });
const nobody = () => {};
const observer = {
  connected: nobody,
  disconnected: nobody,
  delivered: nobody,
  replayed: nobody,
  dropped: nobody,
  gap: nobody,
};
const feed = createFeed({
  local: { history, snapshot: () => [serverJson()] },
  fleet: null,
  host: 'box',
  observer,
});
const server = new HttpServer({
  ports: { ...ports, feed: (request, response) => feed.handle(request, response) },
  allowedHosts: [],
  onCut: () => {},
  closeFeed: () => feed.close(),
});
let port = 0;

beforeAll(async () => {
  port = await listenOn(server);
});
afterAll(() => server.close());

/** Sends the bytes of a request and gives the status of the answer; null where the connection is ended without one. */
async function statusOf(request: string): Promise<number | null> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', nobody);
  socket.write(Buffer.from(request, 'latin1'));
  const answer = once(socket, 'data').then(([chunk]: Buffer[]) => String(chunk));
  const end = untilClosed(socket).then(() => '');
  const text = await Promise.race([answer, end]).catch(() => '');
  socket.destroy();
  return text === '' ? null : Number(text.slice(9, 12));
}

describe('rubbish', () => {
  const line = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
  const rubbish = line.map((text) => text.replace(/[\r\n]/g, ''));
  const known = [
    '/',
    '/metrics',
    '/events',
    '/-/reload',
    '/api/v1/servers/',
    '/api/v1/events',
    '//',
    '/%',
    '*',
    'http://',
  ];
  const target = fc.tuple(
    fc.constantFrom(...known),
    rubbish.map((text) => text.replaceAll(' ', '+')),
  );
  const key = fc.constantFrom('server', 'type', 'since', 'last_event_id', 'after', 'limit', 'severity', '__proto__');
  const query = fc.array(fc.tuple(key, fc.webQueryParameters()), { maxLength: 3 });
  const name = fc.constantFrom('Last-Event-ID', 'Accept', 'Accept-Encoding', 'Origin', 'Content-Type', 'X-Y', 'Range');
  const headers = fc.array(fc.tuple(name, rubbish), { maxLength: 4 });
  const method = fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'TRACE');

  it('in target, query and headers is never answered with an error of ours', async () => {
    await fc.assert(
      fc.asyncProperty(method, target, query, headers, async (verb, [path, tail], pairs, lines) => {
        const asked = pairs.map(([parameter, value]) => `${parameter}=${value}`).join('&');
        const head = lines.map(([field, value]) => `${field}: ${value}\r\n`).join('');
        const text = `${verb} ${path}${tail}?${asked} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${head}\r\n`;
        expect((await statusOf(text)) ?? 400).toBeLessThan(500);
      }),
      { numRuns: runs(500) },
    );
    expect(errors).toEqual([]);
    expect(await statusOf('GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n')).toBe(200);
  });

  it('in the query and the cursor of the feed is never more than a bad request', async () => {
    await fc.assert(
      fc.asyncProperty(query, fc.webQueryParameters(), rubbish, async (pairs, tail, cursor) => {
        const asked = [...pairs.map(([parameter, value]) => `${parameter}=${value}`), tail].join('&');
        const cursorLine = `Last-Event-ID: ${cursor.replace(/[^\t\x20-\x7e\x80-\xff]/g, '')}\r\n`;
        const status = await statusOf(`GET /events?${asked} HTTP/1.1\r\nHost: localhost\r\n${cursorLine}\r\n`);
        expect([200, 400]).toContain(status);
      }),
      { numRuns: runs(500) },
    );
  });
});
