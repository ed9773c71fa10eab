import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ResolvedAddress, systemResolve } from '../../../src/alert/request/address-guard.ts';
import { CONNECT } from '../../../src/alert/request/connect.ts';
import { type Outcome, problemOf } from '../../../src/alert/request/outcome.ts';
import { createPost, type Network, type PostRequest } from '../../../src/alert/request/post.ts';
import type { ProxySettings, Variables } from '../../../src/alert/request/proxy.ts';
import { routeTo } from '../../../src/alert/request/proxy.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { type Certificate, makeCertificate, readCertificate } from '../../support/world/certificates.ts';
import { type Answer, answers, Endpoint } from '../support/endpoint.ts';
import { ForwardProxy } from '../support/proxy.ts';

const NO_PROXY: ProxySettings = { proxyUrl: null, noProxy: '', proxyFromEnvironment: false };
const FROM_ENVIRONMENT: ProxySettings = { ...NO_PROXY, proxyFromEnvironment: true };
const DELIVERED = { kind: 'answered', status: 204 };
const closers: (() => Promise<void>)[] = [];
let folder: string;
let certificate: Certificate;

beforeAll(async () => {
  folder = await makePrivateFolder();
  const files = await makeCertificate(folder, 'receiver', { names: 'DNS:receiver.example,IP:127.0.0.1' });
  certificate = await readCertificate(files);
});

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

afterAll(() => removeFolder(folder));

interface World {
  readonly endpoint: Endpoint;
  readonly proxy: ForwardProxy;
}

/** A receiver, and a proxy that leads every name to it. */
async function worldOf({
  isSecure = false,
  isProxySecure = false,
  answer = answers(204) as Answer,
} = {}): Promise<World> {
  const endpoint = await Endpoint.start(answer, isSecure ? certificate : undefined);
  const proxy = await ForwardProxy.start(endpoint.url, isProxySecure ? certificate : undefined);
  closers.push(
    () => endpoint.close(),
    () => proxy.close(),
  );
  return { endpoint, proxy };
}

/** Nobody resolves the names of the tests: only a proxy leads to them. */
const unresolved = async (host: string): Promise<readonly ResolvedAddress[]> => {
  throw Object.assign(new Error(host), { code: 'ENOTFOUND' });
};

function postTo(url: string, given: Partial<PostRequest> & Partial<Network> = {}): Promise<Outcome> {
  const { resolve = unresolved, connect = CONNECT, variables = {}, ...request } = given;
  return createPost({ resolve, connect, variables })({
    url: new URL(url),
    headers: { authorization: 'Bearer t0ken' },
    body: '{}',
    proxy: NO_PROXY,
    tls: {},
    timeoutMs: 5_000,
    signal: new AbortController().signal,
    secrets: [],
    ...request,
  });
}

function through({ url }: Pick<ForwardProxy, 'url'>, noProxy = ''): ProxySettings {
  return { ...NO_PROXY, proxyUrl: url, noProxy };
}

describe('a request through a proxy', () => {
  it('names the whole URL for http', async () => {
    const { endpoint, proxy } = await worldOf();
    expect(await postTo('http://receiver.example:81/a?b=c', { proxy: through(proxy) })).toMatchObject(DELIVERED);
    expect(proxy.requests).toEqual([{ line: 'POST http://receiver.example:81/a?b=c', host: 'receiver.example:81' }]);
    expect(endpoint.requests).toMatchObject([
      { path: '/a?b=c', body: '{}', headers: { authorization: 'Bearer t0ken' } },
    ]);
  });

  it('is hidden from the proxy by a tunnel for https', async () => {
    const { endpoint, proxy } = await worldOf({ isSecure: true });
    const outcome = await postTo('https://receiver.example/a?b=c', {
      proxy: through(proxy),
      tls: { ca: certificate.cert },
    });
    expect(outcome).toMatchObject(DELIVERED);
    expect(proxy.requests).toEqual([{ line: 'CONNECT receiver.example:443', host: 'receiver.example:443' }]);
    expect(endpoint.requests).toMatchObject([{ path: '/a?b=c', body: '{}', headers: { host: 'receiver.example' } }]);
  });

  it.each([false, true])('logs in with the user and the password of its URL (https: %s)', async (isSecure) => {
    const { endpoint, proxy } = await worldOf({ isSecure });
    const url = proxy.url.replace('//', '//me:p%40ss@');
    const target = `${isSecure ? 'https' : 'http'}://receiver.example/`;
    const outcome = await postTo(target, { proxy: through({ url }), tls: { ca: certificate.cert } });
    expect(outcome).toMatchObject(DELIVERED);
    expect(proxy.requests[0]?.login).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
    if (isSecure) expect(endpoint.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  it.each([false, true])(
    'reaches a proxy over TLS that has another name than the receiver (https: %s)',
    async (isSecure) => {
      const { proxy } = await worldOf({ isSecure, isProxySecure: true });
      const tls = { ca: certificate.cert, servername: 'receiver.example' };
      const target = `${isSecure ? 'https' : 'http'}://other.example/`;
      expect(await postTo(target, { proxy: through(proxy), tls })).toMatchObject(DELIVERED);
      expect(await postTo(target, { proxy: through(proxy) })).toMatchObject({
        kind: 'unanswered',
        problem: expect.stringMatching(
          /^its certificate is not trusted .*; it is reached through the proxy of proxy_url$/,
        ),
      });
    },
  );

  it.each([false, true])('leaves no connection behind (https: %s)', async (isSecure) => {
    const { proxy } = await worldOf({ isSecure });
    const target = `${isSecure ? 'https' : 'http'}://receiver.example/`;
    await postTo(target, { proxy: through(proxy), tls: { ca: certificate.cert } });
    await eventually('the connections end', () => proxy.connections === 0);
  });

  it.each([false, true])('that the receiver does not answer ends in time (https: %s)', async (isSecure) => {
    const { proxy } = await worldOf({ isSecure, answer: () => {} });
    const target = `${isSecure ? 'https' : 'http'}://receiver.example/`;
    expect(await postTo(target, { proxy: through(proxy), tls: { ca: certificate.cert }, timeoutMs: 300 })).toEqual({
      kind: 'unanswered',
      problem: 'no answer within 300 ms; it is reached through the proxy of proxy_url',
    });
    await eventually('the connections end', () => proxy.connections === 0);
  });

  it('checks the certificate of the receiver, not of the way', async () => {
    const { endpoint, proxy } = await worldOf({ isSecure: true });
    const outcome = await postTo('https://other.example/', { proxy: through(proxy), tls: { ca: certificate.cert } });
    expect(outcome).toEqual({
      kind: 'unanswered',
      problem: 'its certificate is for another host; it is reached through the proxy of proxy_url',
    });
    expect(endpoint.requests).toEqual([]);
  });

  it.each([
    ['https', 403, 'the proxy of proxy_url answered 403'],
    ['https', 502, 'the proxy of proxy_url answered 502'],
    ['https', 407, 'the proxy of proxy_url answered 407: it needs a user name and a password in its URL'],
    ['http', 407, 'the proxy of proxy_url answered 407: it needs a user name and a password in its URL'],
  ])('of %s is tried again when the proxy answers %s', async (scheme, status, problem) => {
    const { proxy } = await worldOf();
    proxy.refusal = status;
    expect(await postTo(`${scheme}://receiver.example/`, { proxy: through(proxy) })).toEqual({
      kind: 'unanswered',
      problem,
    });
  });

  it('takes a 407 of the receiver itself for what it is', async () => {
    const { endpoint, proxy } = await worldOf({ isSecure: true, answer: answers(407) });
    const [tls, tunnelled] = [{ ca: certificate.cert }, through(proxy)];
    expect(await postTo(endpoint.url, { tls })).toMatchObject({ kind: 'answered', status: 407 });
    expect(await postTo('https://receiver.example/', { tls, proxy: tunnelled })).toMatchObject({
      kind: 'answered',
      status: 407,
    });
  });

  it.each(['me:t0ken-proxy1', 'me:t0ken-%31proxy'])(
    'repeats nothing of the login %s that comes back',
    async (login) => {
      const { endpoint } = await worldOf();
      const url = endpoint.url.replace('//', `//${login}@`);
      endpoint.answer = (response, { headers }) => {
        const sent = headers['proxy-authorization'] ?? '';
        const plain = Buffer.from(sent.slice('Basic '.length), 'base64').toString();
        response.writeHead(404).end(`bad login ${sent} ${plain}`);
      };
      const ways = [{ proxy: through({ url }) }, { proxy: FROM_ENVIRONMENT, variables: { HTTP_PROXY: url } }];
      for (const way of ways) {
        const outcome = await postTo('http://receiver.example/', way);
        expect(problemOf(outcome)).toMatch(/^answered 404 \(bad login Basic … /);
        expect(problemOf(outcome)).not.toContain('t0ken');
      }
    },
  );

  it('may be answered by the proxy, and says so', async () => {
    const { proxy } = await worldOf();
    proxy.refusal = 502;
    const outcome = await postTo('http://receiver.example/', { proxy: through(proxy) });
    expect(outcome).toMatchObject({ kind: 'answered', status: 502 });
    expect(problemOf(outcome)).toBe('answered 502 (by the receiver, or by the proxy of proxy_url)');
  });

  it('says that a proxy is in the way when it is not reached, and shows nothing of its URL', async () => {
    const { proxy } = await worldOf();
    await proxy.close();
    closers.pop();
    const url = proxy.url.replace('//', '//me:s3cret@');
    expect(await postTo('https://receiver.example/', { proxy: through({ url }) })).toEqual({
      kind: 'unanswered',
      problem: 'the connection was refused; it is reached through the proxy of proxy_url',
    });
  });
});

describe('the address rules', () => {
  const isRefused = { kind: 'unsendable', problem: expect.stringContaining('nothing is sent there') };

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'https://[fd20:ce::254]/',
    'http://[::ffff:169.254.169.254]/',
    'http://0xa9fea9fe/',
    'http://metadata.google.internal/computeMetadata/v1/',
    'https://METADATA.google.internal./',
  ])('hold for the target of a proxy: %s', async (url) => {
    const { proxy } = await worldOf();
    expect(await postTo(url, { proxy: through(proxy) })).toEqual(isRefused);
    expect(proxy.requests).toEqual([]);
  });

  it.each(['http://169.254.169.254:80', 'http://[fe80::1]:3128', 'https://[64:ff9b::a9fe:a9fe]'])(
    'hold for the address of a proxy: %s',
    async (url) => {
      const connect = { http: refuseToConnect, https: refuseToConnect };
      const outcome = await postTo('http://receiver.example/', { proxy: through({ url }), connect });
      expect(outcome).toMatchObject({ kind: 'unsendable', problem: expect.stringMatching(/^its proxy: its address/) });
    },
  );

  it('hold for the name of a proxy, and for one that changes its answer', async () => {
    const { proxy } = await worldOf();
    const replies = ['127.0.0.1', '169.254.169.254'];
    const resolve = async () => [{ address: replies.shift() ?? '', family: 4 }];
    const named = through({ url: proxy.url.replace('127.0.0.1', 'proxy.example') });
    expect(await postTo('http://receiver.example/', { proxy: named, resolve })).toMatchObject(DELIVERED);
    expect(await postTo('http://receiver.example/', { proxy: named, resolve })).toEqual(isRefused);
    expect(proxy.requests).toHaveLength(1);
  });

  it('hold for a host that no_proxy leaves out', async () => {
    const { proxy } = await worldOf();
    const resolve = async () => [{ address: '169.254.169.254', family: 4 }];
    const outcome = await postTo('http://receiver.example/', { proxy: through(proxy, 'receiver.example'), resolve });
    expect(outcome).toEqual(isRefused);
  });
});

function refuseToConnect(): never {
  throw new Error('a connection was begun');
}

describe('a proxy of the environment', () => {
  it('is used if the configuration says so', async () => {
    const { proxy } = await worldOf();
    const variables = { HTTP_PROXY: proxy.url };
    const outcome = await postTo('http://receiver.example/', { proxy: FROM_ENVIRONMENT, variables });
    expect(outcome).toMatchObject(DELIVERED);
  });

  it('is not used otherwise, and a receiver that is not reached says so', async () => {
    const { proxy } = await worldOf();
    expect(await postTo('https://receiver.example/', { variables: { https_proxy: proxy.url } })).toEqual({
      kind: 'unanswered',
      problem:
        'the name of its host is not known; the proxy of https_proxy is not used: set proxy_from_environment if only a proxy leads there',
    });
    expect(proxy.requests).toEqual([]);
  });

  it('is not spoken of when the receiver was reached, or would be reached without it', async () => {
    const { endpoint } = await worldOf({ answer: (response) => response.socket?.end('SSH-2.0-x\r\n') });
    const variables = { HTTP_PROXY: 'http://127.0.0.1:9' };
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const [named, local] = [endpoint.url.replace('127.0.0.1', 'receiver.example'), 'http://127.0.0.1:9/'];
    expect(await postTo(named, { variables, resolve })).toMatchObject({
      problem: 'its answer is not HTTP: are the scheme and the port of its URL right? (HPE_INVALID_CONSTANT)',
    });
    expect(await postTo(local, { variables, resolve: systemResolve })).toMatchObject({
      problem: 'the connection was refused',
    });
  });

  it('is a problem of its own if its URL cannot be used', async () => {
    const outcome = await postTo('http://receiver.example/', {
      proxy: FROM_ENVIRONMENT,
      variables: { HTTP_PROXY: 'socks5://me:s3cret@127.0.0.1:1' },
    });
    expect(outcome).toEqual({
      kind: 'unanswered',
      problem:
        'HTTP_PROXY does not hold the http or https URL of a proxy, without port 0: correct it, or turn proxy_from_environment off',
    });
  });
});

describe('the route', () => {
  const choose = (url: string, settings: Partial<ProxySettings>, variables: Variables = {}) => {
    const route = routeTo(new URL(url), { ...NO_PROXY, ...settings }, variables);
    return route.kind === 'proxy' ? route.url.host : route.kind;
  };

  it.each<[string, Variables, string]>([
    ['http://a.example/', { HTTP_PROXY: 'http://p:1' }, 'p:1'],
    ['http://a.example/', { http_proxy: 'p:1' }, 'p:1'],
    ['http://a.example/', { HTTP_PROXY: 'http://p:1', http_proxy: 'http://q:1' }, 'p:1'],
    ['http://a.example/', { HTTP_PROXY: '', http_proxy: 'http://q:1' }, 'q:1'],
    ['http://a.example/', { HTTPS_PROXY: 'http://p:1', ALL_PROXY: 'http://p:1' }, 'direct'],
    ['https://a.example/', { HTTPS_PROXY: 'http://p:1' }, 'p:1'],
    ['https://a.example/', { HTTP_PROXY: 'http://p:1' }, 'direct'],
    ['http://a.example/', { HTTP_PROXY: 'http://p:1', NO_PROXY: 'example' }, 'direct'],
    ['http://a.example/', { HTTP_PROXY: 'http://p:1', no_proxy: '*' }, 'direct'],
    ['http://localhost/', { HTTP_PROXY: 'http://p:1' }, 'direct'],
    ['http://127.9.9.9/', { HTTP_PROXY: 'http://p:1' }, 'direct'],
    ['http://[::1]/', { HTTP_PROXY: 'http://p:1' }, 'direct'],
  ])('to %s with %j is %s, as in Go', (url, variables, route) => {
    expect(choose(url, { proxyFromEnvironment: true }, variables)).toBe(route);
  });

  it('to loopback leads through proxy_url, unless there is a no_proxy', () => {
    expect(choose('http://127.0.0.1/', { proxyUrl: 'http://p:1' })).toBe('p:1');
    expect(choose('http://127.0.0.1/', { proxyUrl: 'http://p:1', noProxy: 'example' })).toBe('direct');
  });

  it.each([
    ['a.example', ['http://a.example/', 'http://b.a.example/', 'https://A.EXAMPLE:8443/'], ['http://ba.example/']],
    ['.a.example', ['http://b.a.example/'], ['http://a.example/']],
    ['*.a.example', ['http://b.a.example/', 'http://c.b.a.example/'], ['http://a.example/']],
    [' x , a.example:8080 ', ['http://a.example:8080/'], ['http://a.example/', 'https://a.example/']],
    ['a.example:80', ['http://a.example/'], ['https://a.example/']],
    ['10.0.0.0/8', ['http://10.9.9.9/'], ['http://11.0.0.1/', 'http://ten.example/']],
    ['192.0.2.1', ['http://192.0.2.1/', 'http://[::ffff:192.0.2.1]/'], ['http://192.0.2.2/']],
    ['192.0.2.1:443', ['https://192.0.2.1/'], ['http://192.0.2.1/']],
    ['2001:db8::/32', ['http://[2001:db8:1::1]/'], ['http://[2001:db9::1]/']],
    ['2001:db8::1', ['https://[2001:db8::1]/'], ['https://[2001:db8::2]/']],
    ['[2001:db8::1]:8080', ['http://[2001:db8::1]:8080/'], ['http://[2001:db8::1]/']],
    ['bücher.example', ['http://xn--bcher-kva.example/'], []],
    ['*', ['http://a.example/', 'http://192.0.2.1/'], []],
    [',, :80, 10.0.0.0/99, /8', [], ['http://a.example/', 'http://10.0.0.1/']],
  ])('with no_proxy %j is direct for %j and not for %j', (noProxy, direct, proxied) => {
    const settings = { proxyUrl: 'http://p:1', noProxy };
    expect(direct.map((url) => choose(url, settings))).toEqual(direct.map(() => 'direct'));
    expect(proxied.map((url) => choose(url, settings))).toEqual(proxied.map(() => 'p:1'));
  });
});
