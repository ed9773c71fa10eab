import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { HttpPorts } from '../../src/http/ports.ts';
import { createRoutes } from '../../src/http/routes.ts';
import { fixedServers, LOOPBACK_ONLY, portsWith, serverJson } from './support/ports.ts';

function api(given: Partial<HttpPorts> = {}) {
  return request(createRoutes(portsWith(given), LOOPBACK_ONLY));
}

describe('/events', () => {
  const held = async (login: string | null, user: string | null) => {
    const holders: (string | null)[] = [];
    const feed: HttpPorts['feed'] = async (_request, response, holderOf) => {
      holders.push(await holderOf());
      response.end();
    };
    const { doorkeeper } = portsWith({});
    const admit: HttpPorts['doorkeeper']['admit'] = async () => ({ kind: 'admitted', login });
    await api({ feed, doorkeeper: { ...doorkeeper, admit, userAt: async () => user } }).get('/events');
    return holders;
  };

  it('counts a client by its login, or else by its user of this machine', async () => {
    expect(await held('token abc', 'uid 1000')).toEqual(['token abc']);
    expect(await held(null, 'uid 1000')).toEqual(['uid 1000']);
    expect(await held(null, null)).toEqual([null]);
  });
});

describe('/metrics', () => {
  const headers = { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8', Vary: 'Accept' };
  const chunks = [Buffer.from('a 1\n'), Buffer.from('b 2\n')];

  it('is the scrape as it was rendered, in one piece', async () => {
    const response = await api({ scrape: async () => ({ headers, chunks }) }).get('/metrics');
    expect([response.status, response.text]).toEqual([200, 'a 1\nb 2\n']);
    expect(response.headers).toMatchObject({
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'content-length': '8',
      vary: 'Accept',
    });
    expect(response.headers).not.toHaveProperty('etag');
  });

  it('hands on what the scraper can read', async () => {
    const asked: object[] = [];
    const scrape: HttpPorts['scrape'] = async (scraper) => {
      asked.push(scraper);
      return { headers: {}, chunks: [] };
    };
    await api({ scrape }).get('/metrics').set({ Accept: 'application/openmetrics-text', 'Accept-Encoding': 'br' });
    expect(asked).toEqual([{ accept: 'application/openmetrics-text', acceptEncoding: 'br', timeoutMs: null }]);
  });

  it.each([
    ['10', 10_000],
    ['0.5', 500],
    ['1.000000', 1_000],
    ['0', null],
    ['-1', null],
    ['', null],
    ['soon', null],
    ['Infinity', null],
  ])('hands on for how long the scraper waits: %j seconds', async (seconds, timeoutMs) => {
    const asked: (number | null)[] = [];
    const scrape: HttpPorts['scrape'] = async (scraper) => {
      asked.push(scraper.timeoutMs);
      return { headers: {}, chunks: [] };
    };
    await api({ scrape }).get('/metrics').set('X-Prometheus-Scrape-Timeout-Seconds', seconds);
    expect(asked).toEqual([timeoutMs]);
  });

  it('sends no body after HEAD', async () => {
    const response = await api({ scrape: async () => ({ headers, chunks }) }).head('/metrics');
    expect([response.status, response.headers['content-length'], response.text]).toEqual([200, '8', undefined]);
  });
});

describe('/events', () => {
  it('is left to the feed', async () => {
    const feed: HttpPorts['feed'] = ({ method, url }, response) => void response.end(`${method} ${url}`);
    expect((await api({ feed }).get('/events?poll=1')).text).toBe('GET /events?poll=1');
  });
});

describe('health', () => {
  it('is 200 even before the first tick', async () => {
    expect((await api({ ready: () => false }).get('/-/healthy')).status).toBe(200);
  });

  it('is ready once the first tick has ended', async () => {
    let ready = false;
    const client = api({ ready: () => ready });
    const before = await client.get('/-/ready');
    ready = true;
    const after = await client.get('/-/ready');
    expect([before.status, before.body.error.code, after.status]).toEqual([503, 'not_ready', 200]);
  });
});

describe('POST /-/reload', () => {
  it('reloads', async () => {
    const response = await api({ reload: async () => ({ kind: 'reloaded', nextStart: [] }) }).post('/-/reload');
    expect([response.status, response.text]).toEqual([200, 'The configuration was reloaded.\n']);
  });

  it('names the options that need a restart', async () => {
    const reload = async () => ({ kind: 'reloaded' as const, nextStart: ['storage.path'] });
    const { text } = await api({ reload }).post('/-/reload');
    expect(text).toBe('The configuration was reloaded. A restart is needed for storage.path.\n');
  });

  it('says why it failed', async () => {
    const message = 'poll.timeout: expected a duration, found "soon"';
    const response = await api({ reload: async () => ({ kind: 'failed', message }) }).post('/-/reload');
    expect([response.status, response.body]).toEqual([500, { error: { code: 'reload_failed', message } }]);
  });

  it('is 403 where it is not enabled, and names the cure', async () => {
    const response = await api().post('/-/reload');
    expect([response.status, response.body.error.code]).toEqual([403, 'not_enabled']);
    expect(response.body.error.message).toContain('--web.enable-lifecycle');
  });
});

describe('a path', () => {
  it.each([
    ['get', '/-/reload', 'POST'],
    ['post', '/metrics', 'GET, HEAD'],
    ['delete', '/', 'GET, HEAD'],
    ['options', '/api/v1/servers', 'GET, HEAD'],
    ['patch', '/api/v1/servers/work', 'GET, HEAD, PUT, DELETE'],
  ] as const)('that does not answer %s %s says so with 405 and Allow: %s', async (method, path, allow) => {
    const response = await api()[method](path);
    expect([response.status, response.headers['allow'], response.body.error.code]).toEqual([
      405,
      allow,
      'method_not_allowed',
    ]);
  });

  it('that is unknown is 404 with JSON', async () => {
    const response = await api().get('/nowhere');
    expect([response.status, response.body.error.code]).toEqual([404, 'not_found']);
  });

  it.each([
    '/Metrics',
    '/metrics/',
    '/Events',
    '/events/',
    '/-/Healthy',
    '/-/ready/',
    '/API/v1/servers',
    '/api/v1/servers/',
    '/api/v1/servers/work/',
    '/api/v1/openapi.json/',
  ])('in another spelling is 404: %s', async (path) => {
    const response = await api({ servers: fixedServers(serverJson({ name: 'work' })) }).get(path);
    expect([response.status, response.body.error.code]).toEqual([404, 'not_found']);
  });

  it.each(['/api/v1/alerts/', '/API/v1/alerts'])('of alerts in another spelling takes none: %s', async (path) => {
    const received: unknown[] = [];
    const receiveAlerts: HttpPorts['receiveAlerts'] = (alerts) => {
      received.push(alerts);
      return { kind: 'stored', told: 0, duplicates: 0 };
    };
    const admit: HttpPorts['doorkeeper']['admit'] = async (_visitor, scope) =>
      scope === 'write' ? { kind: 'admitted', login: null } : { kind: 'forbidden' };
    const client = api({ receiveAlerts, doorkeeper: { ...portsWith().doorkeeper, admit } });
    const send = async (to: string) => (await client.post(to).send({ version: '4', alerts: [] })).status;
    expect([await send(path), await send('/api/v1/alerts'), received]).toEqual([404, 403, []]);
  });

  it('that is configured is answered as it is written', async () => {
    const client = api({ paths: { prefix: '/exporter', telemetry: '/Metrics/' } });
    const paths = ['/exporter/', '/exporter/Metrics/', '/exporter/-/healthy', '/exporter/metrics', '/Exporter/'];
    const statuses: number[] = [];
    for (const path of paths) statuses.push((await client.get(path)).status);
    expect(statuses).toEqual([200, 200, 200, 404, 404]);
  });

  it('that is badly encoded is 400', async () => {
    const response = await api().get('/api/v1/servers/%E0%A4%A');
    expect([response.status, response.body.error.code]).toEqual([400, 'bad_request']);
  });
});

describe('every response', () => {
  it('keeps browsers from guessing its type, and does not say what made it', async () => {
    for (const path of ['/', '/metrics', '/api/v1/servers', '/nowhere']) {
      const { headers } = await api().get(path);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers).not.toHaveProperty('x-powered-by');
      expect(headers).not.toHaveProperty('etag');
    }
  });
});

describe('an error that nobody foresaw', () => {
  it('is told to the log, and to the client only that there was one', async () => {
    const errors: unknown[] = [];
    const secret = new Error('the password is 1234');
    const response = await api({
      scrape: () => Promise.reject(secret),
      onError: (error) => errors.push(error),
    }).get('/metrics');
    expect([response.status, response.body.error.code]).toEqual([500, 'internal']);
    expect(response.text).not.toContain('1234');
    expect(errors).toEqual([secret]);
  });
});
