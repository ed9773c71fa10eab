import { pbkdf2 } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClientCertificates } from '../../src/http/access/client-certificate.ts';
import { Doorkeeper } from '../../src/http/access/doorkeeper.ts';
import { OPEN_POLICY, type WebPolicy } from '../../src/http/access/policy.ts';
import { createTlsLayer } from '../../src/http/access/tls-layer.ts';
import { HttpServer } from '../../src/http/http-server.ts';
import type { HttpPorts } from '../../src/http/ports.ts';
import { eventually } from '../support/machine/eventually.ts';
import { freePort } from '../support/machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { type Certificate, makeCertificate, readCertificate } from '../support/world/certificates.ts';
import { listenOn, portsWith } from './support/ports.ts';

const USERS = new Map([['scraper', 'a hash']]);

let folder: string;
let authority: Certificate;
let own: Certificate;
let renewed: Certificate;
let known: Certificate;

beforeAll(async () => {
  folder = await makePrivateFolder();
  const issuer = await makeCertificate(folder, 'authority');
  authority = await readCertificate(issuer);
  own = await readCertificate(await makeCertificate(folder, 'own', { issuer }));
  renewed = await readCertificate(await makeCertificate(folder, 'renewed', { issuer }));
  known = await readCertificate(await makeCertificate(folder, 'known', { issuer }));
});
afterAll(() => removeFolder(folder));

let policy: WebPolicy;
let server: HttpServer;
let port: number;

beforeEach(() => {
  policy = OPEN_POLICY;
  server = serverWith();
});
afterEach(() => server.close());

function serverWith(ports: Partial<HttpPorts> = {}): HttpServer {
  const doorkeeper = new Doorkeeper({
    policy: async () => policy,
    guardsReads: () => false,
    readTokens: async () => [],
    userOf: async () => null,
    nowMs: () => 0,
    onRefused: () => {},
  });
  const all = portsWith({ ...ports, doorkeeper });
  return new HttpServer({ ports: all, allowedHosts: [], onCut: () => {}, closeFeed: async () => {} });
}

function withTls(kind: ClientCertificates['kind'], { cert, key } = own, given: Partial<WebPolicy> = {}): WebPolicy {
  const tls = createTlsLayer({
    cert,
    key,
    ca: authority.cert,
    clients: { kind, names: null },
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: null,
    prefersOwnCiphers: true,
    curves: null,
  });
  return { ...OPEN_POLICY, ...given, tls };
}

/** A client that keeps its connection. */
function clientOf(socket: Socket) {
  const ended = once(socket.on('error', () => {}).setEncoding('utf8'), 'close').then(() => 'closed');
  return {
    ended,
    write: (text: string) => void socket.write(text),
    /** The status of the next answer, or that the connection was closed without one. */
    status: () => Promise.race([once(socket, 'data').then(([text]) => String(text).slice(9, 12)), ended]),
    get(path: string) {
      this.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      return this.status();
    },
    leave: () => void socket.destroy(),
  };
}

const plainClient = (to = port) => clientOf(connectPlain(to, '127.0.0.1'));
const tlsClient = (options: ConnectionOptions = {}) =>
  clientOf(connect({ port, host: '127.0.0.1', ca: authority.cert, ...options }));

async function takesConnections(to: number): Promise<boolean> {
  const socket = connectPlain(to, '127.0.0.1');
  const isTaken = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return isTaken;
}

describe('A connection that was open before the policy changed', () => {
  it('is closed if it has no client certificate and now needs one, and no login is needed any more', async () => {
    policy = withTls('none', own, { users: USERS });
    port = await listenOn(server);
    const client = tlsClient();
    expect(await client.get('/metrics')).toBe('401');
    policy = withTls('verified');
    expect([await client.get('/-/healthy'), await client.get('/metrics')]).toEqual(['200', 'closed']);
  });

  it('is closed if it has no TLS and now needs it', async () => {
    port = await listenOn(server);
    const client = plainClient();
    expect(await client.get('/metrics')).toBe('200');
    policy = withTls('none');
    expect([await client.get('/-/healthy'), await client.get('/metrics')]).toEqual(['200', 'closed']);
  });

  it('is closed if another authority has to know its certificate', async () => {
    policy = withTls('any');
    port = await listenOn(server);
    const client = tlsClient(known);
    expect(await client.get('/metrics')).toBe('200');
    policy = withTls('verified');
    expect(await client.get('/metrics')).toBe('closed');
  });

  it.each<[string, ClientCertificates['kind'], () => WebPolicy]>([
    ['the certificate of the server is renewed', 'none', () => withTls('none', renewed)],
    ['it is renewed, and clients show one', 'verified', () => withTls('verified', renewed)],
    ['clients need no certificate any more', 'verified', () => withTls('none')],
    ['clients are asked for a certificate that they may leave out', 'none', () => withTls('verified_if_given')],
    ['TLS is turned off', 'none', () => OPEN_POLICY],
  ])('goes on if %s', async (_change, kind, next) => {
    policy = withTls(kind);
    port = await listenOn(server);
    const client = tlsClient(known);
    expect(await client.get('/metrics')).toBe('200');
    policy = next();
    expect([await client.get('/metrics'), await client.get('/metrics')]).toEqual(['200', '200']);
    client.leave();
  });
});

describe('A connection to an address that is not listened on any more', () => {
  it('gets no answer to a request that it had sent half of, by the rules of another address', async () => {
    policy = { ...OPEN_POLICY, users: USERS };
    port = await freePort();
    await server.listen([{ host: '0.0.0.0', port }]);
    const client = plainClient();
    expect(await client.get('/metrics')).toBe('401');
    client.write('GET /metrics HTTP/1.1\r\nHost: local');
    // An answer to another client, so that the half has arrived.
    await plainClient().get('/-/healthy');
    await server.listen([{ host: '127.0.0.1', port }], () => {
      policy = OPEN_POLICY;
    });
    client.write('host\r\n\r\n');
    expect(await client.status()).toBe('closed');
    expect(await plainClient().get('/metrics')).toBe('200');
  });

  it('ends after the answer under way', async () => {
    const asked = Promise.withResolvers<void>();
    const rendered = Promise.withResolvers<void>();
    const scrape: HttpPorts['scrape'] = async () => {
      asked.resolve();
      await rendered.promise;
      return { headers: {}, chunks: [] };
    };
    server = serverWith({ scrape });
    port = await listenOn(server);
    const client = plainClient();
    const answer = client.get('/metrics');
    await asked.promise;
    await server.listen([{ host: '127.0.0.1', port: await freePort() }]);
    rendered.resolve();
    expect([await answer, await client.ended]).toEqual(['200', 'closed']);
  });
});

describe('A connection to an address that is added', () => {
  /** Keeps the threads busy that look up names. */
  const keepThreadsBusy = () =>
    Promise.all(
      Array.from({ length: 4 }, () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        pbkdf2('a', 'b', 300_000, 32, 'sha256', () => resolve());
        return promise;
      }),
    );

  it('waits for the policy that comes with it', async () => {
    port = await freePort();
    const busy = keepThreadsBusy();
    const moved = server.listen(
      [
        { host: '127.0.0.1', port },
        { host: 'localhost', port: await freePort() },
      ],
      () => {
        policy = { ...OPEN_POLICY, users: USERS };
      },
    );
    await eventually('it takes connections', () => takesConnections(port));
    expect(await plainClient().get('/metrics')).toBe('401');
    await Promise.all([moved, busy]);
  });

  it('is closed if another one cannot be listened on', async () => {
    const other = serverWith();
    const [taken] = await other.listen([{ host: 'localhost', port: 0 }]);
    port = await freePort();
    const busy = keepThreadsBusy();
    const moved = server.listen([
      { host: '127.0.0.1', port },
      { host: 'localhost', port: taken && 'port' in taken ? taken.port : 0 },
    ]);
    const refused = expect(moved).rejects.toThrow('EADDRINUSE');
    await eventually('it takes connections', () => takesConnections(port));
    expect(await plainClient().get('/metrics')).toBe('closed');
    await Promise.all([refused, busy, other.close()]);
  });
});
