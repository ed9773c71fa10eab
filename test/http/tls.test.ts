import { once } from 'node:events';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClientCertificates } from '../../src/http/access/client-certificate.ts';
import { OPEN_POLICY, type PolicySource } from '../../src/http/access/policy.ts';
import { createTlsLayer, type TlsSettings } from '../../src/http/access/tls-layer.ts';
import { HttpServer, type HttpTimes } from '../../src/http/http-server.ts';
import type { HttpPorts } from '../../src/http/ports.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { type Certificate, makeCertificate, readCertificate } from '../support/world/certificates.ts';
import { untilClosed } from '../support/world/socket-end.ts';
import { listenOn, portsWith } from './support/ports.ts';

let folder: string;
let authority: Certificate;
let own: Certificate;
let known: Certificate;
let stranger: Certificate;

beforeAll(async () => {
  folder = await makePrivateFolder();
  const issuer = await makeCertificate(folder, 'authority');
  authority = await readCertificate(issuer);
  own = await readCertificate(await makeCertificate(folder, 'own', { issuer }));
  known = await readCertificate(await makeCertificate(folder, 'known', { issuer, names: 'DNS:scraper' }));
  stranger = await readCertificate(await makeCertificate(folder, 'stranger', { names: 'DNS:scraper' }));
});
afterAll(() => removeFolder(folder));

const servers: HttpServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

async function listen(policy: PolicySource, ports: Partial<HttpPorts> = {}, times: Partial<HttpTimes> = {}) {
  const { doorkeeper } = portsWith();
  const all = portsWith({ ...ports, doorkeeper: { ...doorkeeper, policy } });
  const parts = { ports: all, allowedHosts: [], onCut: () => {}, closeFeed: async () => {}, times };
  const server = new HttpServer(parts);
  servers.push(server);
  return { server, port: await listenOn(server) };
}

function layer(given: Partial<TlsSettings> = {}) {
  return createTlsLayer({
    cert: own.cert,
    key: own.key,
    ca: authority.cert,
    clients: { kind: 'none', names: null },
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: null,
    prefersOwnCiphers: true,
    curves: null,
    ...given,
  });
}

const always = (given: Partial<TlsSettings> = {}): PolicySource => {
  const policy = { ...OPEN_POLICY, tls: layer(given) };
  return async () => policy;
};

/** The status of a request, or the code of its error. */
async function statusOf(port: number, options: ConnectionOptions = {}): Promise<number | string | undefined> {
  const sent = request({ port, host: '127.0.0.1', path: '/-/healthy', agent: false, ca: authority.cert, ...options });
  try {
    const [response] = await once(sent.end(), 'response');
    response.resume();
    return response.statusCode;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

describe('A server with TLS', () => {
  it('answers who trusts its certificate, and nobody in plain HTTP', async () => {
    const { port } = await listen(always());
    expect(await statusOf(port)).toBe(200);
    expect(await statusOf(port, { ca: stranger.cert })).toBe('SELF_SIGNED_CERT_IN_CHAIN');
    await expect(fetch(`http://127.0.0.1:${port}/-/healthy`)).rejects.toThrow('fetch failed');
  });

  it('streams the feed', async () => {
    const { port } = await listen(always(), { feed: (_request, response) => void response.write('data: one\n\n') });
    const sent = request({ port, host: '127.0.0.1', path: '/events', agent: false, ca: authority.cert }).end();
    const [response] = await once(sent, 'response');
    expect(String((await once(response, 'data'))[0])).toBe('data: one\n\n');
    sent.destroy();
  });

  it('cuts a client that takes nothing of an answer, and none that reads slowly', async () => {
    const scrape: HttpPorts['scrape'] = async () => ({ headers: {}, chunks: [Buffer.alloc(16 * 1_048_576)] });
    // The system takes more of an answer only if a third of its buffer is free, which is megabytes: the reader must read as much in this time.
    const { port } = await listen(always(), { scrape }, { stallMs: 3_000 });
    const ask = async () => {
      const client = connect({ port, host: '127.0.0.1', ca: authority.cert }).on('error', () => {});
      await once(client, 'secureConnect');
      client.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      return client;
    };
    const reader = await ask();
    let length = 0;
    for await (const chunk of reader) {
      length += chunk.length;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(length).toBeGreaterThan(16 * 1_048_576);
    const idler = await ask();
    const closed = untilClosed(idler);
    // The end of a connection that is not read is seen by a write.
    const writing = setInterval(() => idler.write(' '), 10);
    await closed;
    clearInterval(writing);
  }, 30_000);

  it('loses nothing of what arrives before the policy is known, in TLS and without', async () => {
    const { promise: known, resolve } = Promise.withResolvers<void>();
    let tls: ReturnType<typeof layer> | null = null;
    const { port } = await listen(async () => {
      await known;
      return { ...OPEN_POLICY, tls };
    });
    const plain = connectPlain(port, '127.0.0.1').setEncoding('utf8');
    const answers: string[] = [];
    plain.on('data', (text) => answers.push(String(text)));
    plain.write('GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n');
    plain.end('GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await once(plain, 'connect');
    resolve();
    await untilClosed(plain);
    expect(answers.join('').match(/ 200 OK/g)).toHaveLength(2);
    tls = layer();
    expect(await statusOf(port)).toBe(200);
  });

  it('changes its certificate, and plain HTTP to TLS, without a connection lost', async () => {
    let policy = OPEN_POLICY;
    const { port } = await listen(async () => policy);
    const agent = connectPlain(port, '127.0.0.1').setEncoding('utf8');
    const ask = async () => {
      agent.write('GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n');
      return String((await once(agent, 'data'))[0]).slice(9, 12);
    };
    expect(await ask()).toBe('200');
    policy = { ...OPEN_POLICY, tls: layer() };
    expect([await ask(), await statusOf(port)]).toEqual(['200', 200]);
    policy = { ...OPEN_POLICY, tls: layer({ cert: stranger.cert, key: stranger.key }) };
    const trusting = { ca: stranger.cert, checkServerIdentity: () => undefined };
    expect([await ask(), await statusOf(port, trusting)]).toEqual(['200', 200]);
    agent.destroy();
  });

  it.each<[ClientCertificates, boolean, boolean, boolean]>([
    [{ kind: 'none', names: null }, true, true, true],
    [{ kind: 'asked', names: null }, true, true, true],
    [{ kind: 'any', names: null }, false, true, true],
    [{ kind: 'verified_if_given', names: null }, true, false, true],
    [{ kind: 'verified', names: null }, false, false, true],
    [{ kind: 'verified', names: ['scraper'] }, false, false, true],
    [{ kind: 'verified', names: ['other'] }, false, false, false],
  ])(
    'with client certificates %j lets in without one: %p, a stranger: %p, a known one: %p',
    async (clients, ...wanted) => {
      const { port } = await listen(always({ clients }));
      const statuses = [await statusOf(port), await statusOf(port, stranger), await statusOf(port, known)];
      expect(statuses.map((status) => status === 200)).toEqual(wanted);
    },
  );

  it.each<[Partial<TlsSettings>, ConnectionOptions, boolean]>([
    [{}, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' }, false],
    [{ minVersion: 'TLSv1' }, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' }, true],
    [{ minVersion: 'TLSv1.3' }, { maxVersion: 'TLSv1.2' }, false],
    [{ curves: 'P-521' }, { ecdhCurve: 'P-384' }, false],
    [{ curves: 'P-521' }, { ecdhCurve: 'P-521' }, true],
    [
      { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' },
      { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' },
      false,
    ],
  ])('set to %j agrees with a client of %j: %p', async (settings, client, agrees) => {
    const { port } = await listen(always(settings));
    expect((await statusOf(port, client)) === 200).toBe(agrees);
  });

  it('refuses a key of another certificate, and what is no PEM', () => {
    expect(() => layer({ key: stranger.key })).toThrow();
    expect(() => layer({ cert: 'junk' })).toThrow();
  });

  it('ends within its time while clients have not finished their handshakes', async () => {
    const { server, port } = await listen(always(), {}, { closeMs: 10 });
    const silent = connectPlain(port, '127.0.0.1');
    const secure: TLSSocket = connect({ port, host: '127.0.0.1', ca: authority.cert });
    await once(secure, 'secureConnect');
    const gone = Promise.all([untilClosed(silent), untilClosed(secure)]);
    await server.close();
    await gone;
  });

  it('limits what a client may take for a request', async () => {
    const { port } = await listen(always(), {}, { headersMs: 40, requestMs: 40, checkMs: 10 });
    const secure = connect({ port, host: '127.0.0.1', ca: authority.cert }).setEncoding('utf8');
    secure.write('GET / HTTP/1.1\r\n');
    expect(String((await once(secure, 'data'))[0])).toMatch(/^HTTP\/1\.1 408 /);
    secure.destroy();
  });

  it('survives clients that speak no TLS, leave at once, or break off', async () => {
    const { port } = await listen(always());
    for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\x02\x00\x01', '']) {
      const socket = connectPlain(port, '127.0.0.1').on('error', () => {});
      await once(socket, 'connect');
      socket.end(bytes).resume();
      await untilClosed(socket);
    }
    const broken = connectPlain(port, '127.0.0.1');
    await once(broken, 'connect');
    broken.resetAndDestroy();
    expect(await statusOf(port)).toBe(200);
  });
});
