import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { ServersPort } from '../../src/http/ports.ts';
import { createRoutes } from '../../src/http/routes.ts';
import { fixedServers, LOOPBACK_ONLY, portsWith, serverJson } from './support/ports.ts';

function api(servers: Partial<ServersPort> = {}) {
  return request(createRoutes(portsWith({ servers: { ...fixedServers(), ...servers } }), LOOPBACK_ONLY));
}

function put(body: string | object, contentType = 'application/json', headers: Record<string, string> = {}) {
  return api().put('/api/v1/servers/work').set('Content-Type', contentType).set(headers).send(body);
}

describe('GET /api/v1/servers', () => {
  it('lists the servers', async () => {
    const response = await api(fixedServers(serverJson())).get('/api/v1/servers');
    expect([response.status, response.body]).toEqual([200, { servers: [serverJson()] }]);
  });
});

describe('GET /api/v1/servers/{name}', () => {
  it('shows one, also where a slash in its name is sent as %2F', async () => {
    const server = serverJson({ name: 'alice/play' });
    const response = await api(fixedServers(server)).get('/api/v1/servers/alice%2Fplay');
    expect([response.status, response.body]).toEqual([200, server]);
  });

  it('is 404 for an unknown one', async () => {
    const response = await api().get('/api/v1/servers/none');
    expect(response.status).toBe(404);
    expect(response.body).toEqual({ error: { code: 'unknown_server', message: 'no server is registered as "none"' } });
  });
});

describe('PUT /api/v1/servers/{name}', () => {
  it('registers a server and says where it is', async () => {
    const calls: string[][] = [];
    const server = serverJson({ name: 'alice/play', state: 'pending' });
    const created = api({
      put: async (...call) => {
        calls.push(call);
        return { kind: 'registered', server };
      },
    });
    const response = await created.put('/api/v1/servers/alice%2Fplay').send({ socket: '/run/play' });
    expect([response.status, response.headers['location']]).toEqual([201, '/api/v1/servers/alice%2Fplay']);
    expect(response.body).toEqual(server);
    expect(calls).toEqual([['alice/play', '/run/play']]);
  });

  it('is 200 when it was so before', async () => {
    const response = await api({ put: async () => ({ kind: 'unchanged', server: serverJson() }) })
      .put('/api/v1/servers/work')
      .send({ socket: '/tmp/work' });
    expect([response.status, response.headers['location']]).toEqual([200, undefined]);
  });

  it.each([
    ['invalid_name', 400],
    ['unknown_server', 404],
    ['name_taken', 409],
    ['socket_taken', 409],
    ['ignored', 409],
    ['limit', 409],
  ] as const)('answers the refusal %s with %d', async (code, status) => {
    const response = await api({ put: async () => ({ kind: 'refused', code, message: 'because' }) })
      .put('/api/v1/servers/work')
      .send({ socket: '/tmp/work' });
    expect([response.status, response.body]).toEqual([status, { error: { code, message: 'because' } }]);
  });

  it.each([
    ['{}', 'body.socket: expected string, found nothing'],
    ['{"socket":1}', 'body.socket: expected string, found 1'],
    ['{"socket":"work"}', 'body.socket: expected the absolute path of a socket, at most 107 bytes, found "work"'],
    [
      '{"socket":"/a\\u0000b"}',
      'body.socket: expected the absolute path of a socket, at most 107 bytes, found "/a\\u0000b"',
    ],
    ['{"socket":"/"}', 'body.socket: expected the absolute path of a socket, at most 107 bytes, found "/"'],
    ['{"socket":"/tmp/"}', 'body.socket: expected the absolute path of a socket, at most 107 bytes, found "/tmp/"'],
    [
      '{"socket":"/a\\ud800"}',
      'body.socket: expected the absolute path of a socket, at most 107 bytes, found "/a\\ud800"',
    ],
    [
      `{"socket":"/${'x'.repeat(12_000)}"}`,
      `body.socket: expected the absolute path of a socket, at most 107 bytes, found "/${'x'.repeat(117)}…`,
    ],
    ['{"socket":"/a","sock":1}', 'body: expected no further keys, found sock'],
    ['[]', 'body: expected object, found a list'],
    ['3', 'body: expected object, found 3'],
  ])('refuses the body %s and says what it expected and found', async (body, message) => {
    const response = await put(body);
    expect([response.status, response.body]).toEqual([400, { error: { code: 'invalid_body', message } }]);
  });

  it('is 400 where the body is not JSON', async () => {
    const response = await put('{"socket":');
    expect([response.status, response.body.error.code]).toEqual([400, 'invalid_json']);
    expect(response.body.error.message).toMatch(/^body: expected JSON, found something else: /);
  });

  it('is 413 where the body is too large', async () => {
    const response = await put({ socket: `/${'x'.repeat(20_000)}` });
    expect([response.status, response.body.error.code]).toEqual([413, 'body_too_large']);
  });

  it('is 415 where the body is compressed', async () => {
    const response = await put('{"socket":"/a"}', 'application/json', { 'Content-Encoding': 'gzip' });
    expect([response.status, response.body.error.message]).toEqual([
      415,
      'Content-Encoding: expected none, found "gzip"',
    ]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json-seq'])(
    'is 415 with Content-Type %s, which a foreign page may send',
    async (contentType) => {
      const response = await put('{"socket":"/a"}', contentType);
      expect([response.status, response.body.error]).toEqual([
        415,
        { code: 'unsupported_media_type', message: `Content-Type: expected application/json, found "${contentType}"` },
      ]);
    },
  );
});

describe('DELETE /api/v1/servers/{name}', () => {
  it('is 204 once it is deregistered', async () => {
    const names: string[] = [];
    const remove = (name: string) => {
      names.push(name);
      return { kind: 'deregistered' } as const;
    };
    const response = await api({ remove }).delete('/api/v1/servers/alice%2Fplay');
    expect([response.status, response.text, names]).toEqual([204, '', ['alice/play']]);
  });

  it('is 404 for an unknown one', async () => {
    expect((await api().delete('/api/v1/servers/none')).status).toBe(404);
  });
});
