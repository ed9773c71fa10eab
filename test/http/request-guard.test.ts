import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { isLocalHost, isOwnOrigin } from '../../src/http/request-guard.ts';
import { createRoutes } from '../../src/http/routes.ts';
import { LOOPBACK_ONLY, portsWith } from './support/ports.ts';

describe('a local Host', () => {
  it.each([
    'localhost',
    'localhost:8689',
    'LOCALHOST.',
    'tmux.localhost:1',
    '127.0.0.1:8689',
    '127.9.9.9',
    '[::1]:8689',
    '[::1]',
    '[::ffff:127.0.0.1]:1',
    'tmux.example',
    'TMUX.example:443',
    '[2001:db8::1]:8689',
  ])('is %s', (host) => {
    expect(isLocalHost(host, ['tmux.example', '2001:db8::1'])).toBe(true);
  });

  it.each([
    '',
    'evil.example',
    'localhost.evil.example',
    'notlocalhost',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '[::2]',
    '0.0.0.0',
    'evil.example:localhost',
    '[localhost',
    'localhost]:1',
    'a@localhost:1:2',
  ])('is not %s', (host) => {
    expect(isLocalHost(host, ['tmux.example'])).toBe(false);
  });
});

describe('the own Origin', () => {
  it.each([
    ['http://localhost:8689', 'localhost:8689', true],
    ['https://tmux.example', 'tmux.example', true],
    ['http://localhost:3000', 'localhost:8689', false],
    ['http://evil.example', 'localhost:8689', false],
    ['null', 'localhost:8689', false],
    ['', '', false],
  ])('of %s asked as %s: %s', (origin, host, expected) => {
    expect(isOwnOrigin(origin, host)).toBe(expected);
  });
});

describe('a daemon on loopback', () => {
  const app = createRoutes(portsWith(), LOOPBACK_ONLY);

  it('refuses a foreign Host on every path, health included', async () => {
    for (const path of ['/', '/metrics', '/events', '/-/healthy', '/nowhere']) {
      const response = await request(app).get(path).set('Host', 'evil.example');
      expect([path, response.status, response.body.error.code]).toEqual([path, 403, 'foreign_host']);
    }
  });

  it('refuses a write of a foreign page, and lets its own page and a shell write', async () => {
    const write = () => request(app).delete('/api/v1/servers/work').set('Host', 'localhost:8689');
    const foreign = await write().set('Origin', 'http://evil.example');
    expect([foreign.status, foreign.body.error.code]).toEqual([403, 'foreign_origin']);
    expect((await write().set('Origin', 'http://localhost:8689')).body.error.code).toBe('unknown_server');
    expect((await write()).body.error.code).toBe('unknown_server');
  });

  it('lets a foreign page read nothing: it allows no origin', async () => {
    const response = await request(app).get('/api/v1/servers').set('Origin', 'http://evil.example');
    expect(response.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('a request with two Host headers', () => {
  it('is refused with 400', async () => {
    const server = createServer(createRoutes(portsWith(), LOOPBACK_ONLY)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1');
    client.end('GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
    const answer = await text(client);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('Host: expected one header, found 2');
    server.close();
  });
});

describe('a page in a browser', () => {
  const ports = portsWith({ feed: (_request, response) => void response.end('a stream') });
  const app = createRoutes(ports, LOOPBACK_ONLY);
  const ask = async (path: string, site: string, mode: string, dest: string) => {
    const headers = { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': mode, 'Sec-Fetch-Dest': dest };
    return (await request(app).get(path).set(headers)).status;
  };

  it.each([
    ['/events', 'same-origin', 'cors', 'empty'],
    ['/events', 'same-origin', 'navigate', 'document'],
    ['/events', 'none', 'navigate', 'document'],
    ['/', 'cross-site', 'navigate', 'document'],
    ['/metrics', 'same-site', 'navigate', 'document'],
    ['/api/v1/servers', 'same-origin', 'same-origin', 'empty'],
  ])('gets %s: %s, %s, %s', async (...given) => {
    expect(await ask(...given)).toBe(200);
  });

  it.each([
    ['/events', 'cross-site', 'navigate', 'iframe'],
    ['/events', 'same-site', 'navigate', 'iframe'],
    ['/events', 'same-origin', 'navigate', 'iframe'],
    ['/events', 'cross-site', 'navigate', 'document'],
    ['/events', 'cross-site', 'no-cors', 'image'],
    ['/events', 'same-origin', 'no-cors', 'script'],
    ['/events', 'same-site', 'cors', 'empty'],
    ['/metrics', 'cross-site', 'no-cors', 'image'],
    ['/metrics', 'cross-site', 'navigate', 'iframe'],
    ['/', 'same-site', 'navigate', 'object'],
    ['/-/healthy', 'cross-site', 'no-cors', 'empty'],
  ])('of another origin, or a frame, does not get %s: %s, %s, %s', async (...given) => {
    expect(await ask(...given)).toBe(403);
  });
});

describe('a daemon that other machines reach', () => {
  it('takes any Host: it has another guard', async () => {
    const app = createRoutes(portsWith(), { loopbackOnly: false, allowedHosts: [] });
    expect((await request(app).get('/-/healthy').set('Host', 'tmux.example')).status).toBe(200);
  });
});
