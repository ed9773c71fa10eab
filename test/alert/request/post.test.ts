import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import { systemResolve } from '../../../src/alert/request/address-guard.ts';
import { CONNECT } from '../../../src/alert/request/connect.ts';
import type { Outcome } from '../../../src/alert/request/outcome.ts';
import { createPost, type PostRequest } from '../../../src/alert/request/post.ts';
import { type Answer, answers, Endpoint, switches } from '../support/endpoint.ts';

const post = createPost({ resolve: systemResolve, connect: CONNECT, variables: {} });
const endpoints: Endpoint[] = [];

afterEach(async () => {
  await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.close()));
});

async function endpointThat(answer: Answer): Promise<Endpoint> {
  const endpoint = await Endpoint.start(answer);
  endpoints.push(endpoint);
  return endpoint;
}

function requestTo(url: string, given: Partial<PostRequest> = {}): PostRequest {
  const { signal } = new AbortController();
  const proxy = { proxyUrl: null, noProxy: '', proxyFromEnvironment: false };
  return {
    url: new URL(url),
    headers: {},
    body: '{"a":1}',
    proxy,
    tls: {},
    timeoutMs: 5_000,
    signal,
    secrets: [url],
    ...given,
  };
}

async function outcomeOf(answer: Answer, given: Partial<PostRequest> = {}): Promise<Outcome> {
  const { url } = await endpointThat(answer);
  return post(requestTo(`${url}/services/T0KEN/x`, given));
}

describe('a request', () => {
  it('is a POST with the body, to the path and the query of the URL', async () => {
    const endpoint = await endpointThat(answers(204));
    const outcome = await post(requestTo(`${endpoint.url}/a/b?c=d`, { headers: { 'x-y': 'z' }, body: '{"b":"ü"}' }));
    expect(outcome).toEqual({ kind: 'answered', status: 204, retryAfterMs: null, excerpt: null });
    expect(endpoint.requests).toMatchObject([
      { path: '/a/b?c=d', body: '{"b":"ü"}', headers: { 'x-y': 'z', 'content-length': '10', connection: 'close' } },
    ]);
  });

  it.each([200, 400, 404, 410, 500])('gives the status %s as it is', async (status) => {
    expect(await outcomeOf(answers(status))).toMatchObject({ kind: 'answered', status });
  });

  it('follows no redirect', async () => {
    const elsewhere = await endpointThat(answers(204));
    const outcome = await outcomeOf(answers(301, '', { location: elsewhere.url }));
    expect(outcome).toMatchObject({ kind: 'answered', status: 301 });
    expect(elsewhere.requests).toEqual([]);
  });

  it.each([
    ['a header', answers(429, '', { 'retry-after': '7' }), 7_000],
    ['the JSON of Discord', answers(429, '{"message":"slow down","retry_after":1.5}'), 1_500],
    ['nothing', answers(429), null],
  ])('learns from %s how long to wait', async (_, answer, retryAfterMs) => {
    expect(await outcomeOf(answer)).toMatchObject({ status: 429, retryAfterMs });
  });

  it.each([
    ['plain words', 'invalid_payload', 'invalid_payload'],
    ['a message in JSON', '{"message":"Unknown Webhook","code":10015}', 'Unknown Webhook'],
    ['an error in JSON', '{"code":40009,"error":"topic is not valid"}', 'topic is not valid'],
    ['words with a part of the URL', 'no hook T0KEN', 'no hook …'],
    ['a page', '<html>Cannot POST /services/T0KEN/x</html>', null],
    ['the URL', 'http://127.0.0.1/services/T0KEN/x', null],
    ['escapes for a terminal', 'oh\u001b[31m', null],
    ['no JSON', '{"message":', null],
  ])('repeats of %s what is no secret', async (_, body, excerpt) => {
    expect(await outcomeOf(answers(404, body))).toMatchObject({ status: 404, excerpt });
  });

  it('reports that an endpoint hangs', async () => {
    expect(await outcomeOf(() => {}, { timeoutMs: 100 })).toEqual({
      kind: 'unanswered',
      problem: 'no answer within 100 ms',
    });
  });

  it('gives the status of an endpoint that switches to another protocol', async () => {
    expect(await outcomeOf(switches)).toEqual({ kind: 'answered', status: 101, retryAfterMs: null, excerpt: null });
  });

  it('reports that an endpoint drips its headers for ever', async () => {
    const drip: Answer = (response) => {
      response.socket?.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => response.socket?.write('x: y\r\n'), 10);
      response.socket?.once('close', () => clearInterval(timer));
    };
    expect(await outcomeOf(drip, { timeoutMs: 150 })).toMatchObject({ kind: 'unanswered' });
  });

  it('takes the status of an endpoint that drips its body for ever', async () => {
    const drip: Answer = (response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 10);
      response.once('close', () => clearInterval(timer));
    };
    expect(await outcomeOf(drip, { timeoutMs: 1_000 })).toMatchObject({ kind: 'answered', status: 200 });
  });

  it('counts an answer that came in time while our process was stopped', async () => {
    const state = new Int32Array(new SharedArrayBuffer(4));
    const file = new URL('../support/endpoint-thread.ts', import.meta.url);
    const endpoint = new Worker(file, { workerData: state.buffer });
    try {
      const [port] = (await once(endpoint, 'message')) as [number];
      const outcome = post(requestTo(`http://127.0.0.1:${port}/`, { timeoutMs: 1_000 }));
      await once(endpoint, 'message');
      Atomics.store(state, 0, 1);
      Atomics.notify(state, 0);
      Atomics.wait(state, 0, 1);
      // The deadline passes before this thread gets to read the answer.
      Atomics.wait(state, 0, 2, 1_100);
      expect(await outcome).toMatchObject({ kind: 'answered', status: 204 });
    } finally {
      await endpoint.terminate();
    }
  });

  it('reads little of a gigabyte', async () => {
    let sent = 0;
    const flood: Answer = (response) => {
      response.writeHead(200, { 'content-length': String(2 ** 30) });
      const chunk = Buffer.alloc(65_536);
      const write = () => {
        while (!response.destroyed && sent < 2 ** 30) {
          sent += chunk.length;
          if (!response.write(chunk)) break;
        }
      };
      response.on('drain', write);
      write();
    };
    expect(await outcomeOf(flood)).toMatchObject({ kind: 'answered', status: 200 });
    expect(sent).toBeLessThan(2 ** 24);
  });

  it.each([
    ['resets', (response) => response.socket?.resetAndDestroy(), 'the connection was cut'],
    ['hangs up', (response) => response.socket?.end(), 'the connection was cut'],
    [
      'speaks another protocol',
      (response) => response.socket?.end('SSH-2.0-x\r\n'),
      'its answer is not HTTP: are the scheme and the port of its URL right? (HPE_INVALID_CONSTANT)',
    ],
    [
      'sends headers without an end',
      (response) => response.socket?.end(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}\r\n`),
      'the headers of its answer are too large (HPE_HEADER_OVERFLOW)',
    ],
  ] as [string, Answer, string][])('reports that an endpoint %s', async (_, answer, problem) => {
    expect(await outcomeOf(answer)).toEqual({ kind: 'unanswered', problem });
  });

  it('reports that an endpoint does not speak TLS', async () => {
    const plain = await Endpoint.start();
    const outcome = await post(requestTo(plain.url.replace('http:', 'https:')));
    await plain.close();
    expect(outcome).toEqual({
      kind: 'unanswered',
      problem: 'no TLS connection could be made with it: is https right in its URL, and the port? (EPROTO)',
    });
  });

  it('reports that nothing listens there', async () => {
    const { url } = await Endpoint.start().then(async (endpoint) => {
      await endpoint.close();
      return endpoint;
    });
    expect(await post(requestTo(url))).toEqual({ kind: 'unanswered', problem: 'the connection was refused' });
  });

  it('reports that a name is not known, and not which', async () => {
    const resolve = async () =>
      Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND s3cret'), { code: 'ENOTFOUND' }));
    const outcome = await createPost({ resolve, connect: CONNECT, variables: {} })(requestTo('http://s3cret.example/'));
    expect(outcome).toEqual({ kind: 'unanswered', problem: 'the name of its host is not known' });
  });

  it('does not wait for a name that is never resolved', async () => {
    const never = createPost({ resolve: () => new Promise(() => {}), connect: CONNECT, variables: {} });
    expect(await never(requestTo('http://slow.example/', { timeoutMs: 50 }))).toMatchObject({ kind: 'unanswered' });
  });

  it('does not trust a certificate without a known authority', async () => {
    const [key, cert] = ['self-signed.key', 'self-signed.crt'].map((file) =>
      readFileSync(join(import.meta.dirname, 'fixtures', file)),
    );
    const endpoint = await Endpoint.start(answers(204), { key: key ?? '', cert: cert ?? '' });
    endpoints.push(endpoint);
    expect(await post(requestTo(endpoint.url))).toEqual({
      kind: 'unanswered',
      problem: 'its certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)',
    });
    expect(endpoint.requests).toEqual([]);
  });

  it('ends when it is aborted', async () => {
    const controller = new AbortController();
    const { url } = await endpointThat(() => controller.abort());
    expect(await post(requestTo(url, { signal: controller.signal }))).toMatchObject({ kind: 'unanswered' });
  });

  it('shows nothing of a header that cannot be sent', async () => {
    const { url } = await endpointThat(answers(204));
    expect(await post(requestTo(url, { headers: { 'x-y': 's3cret\n' } }))).toEqual({
      kind: 'unanswered',
      problem: 'the request failed (ERR_INVALID_CHAR)',
    });
  });
});

describe('an address that nothing is sent to', () => {
  const refused = { kind: 'unsendable', problem: expect.stringContaining('link-local') };

  /** A network in which every connection is a fault. */
  function closedNetwork(...answersOfDns: string[][]) {
    const asked: string[] = [];
    const connect = () => {
      throw new Error('a connection was begun');
    };
    const resolve = async (host: string) => {
      asked.push(host);
      return (answersOfDns.shift() ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    };
    return { asked, post: createPost({ resolve, connect: { http: connect, https: connect }, variables: {} }) };
  }

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://[fe80::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://2852039166/',
    'http://0xa9.0xfe.0xa9.0xfe/',
    'https://100.100.100.200/',
    'http://[fd00:ec2::254]/',
    'http://[fd20:ce::254]/',
    'http://[fd00:c1::a9fe:a9fe]/',
    'http://[fd00:42::42]/',
    'http://[::ffff:0:169.254.169.254]/',
    'http://[64:ff9b:1:a9fe:a9:fe00::]/',
    'http://[2001:db8::5efe:a9fe:a9fe]/',
    'http://0.0.0.0/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
  ])('is refused if the URL names it: %s', async (url) => {
    const network = closedNetwork();
    expect(await network.post(requestTo(url))).toEqual(refused);
    expect(network.asked).toEqual([]);
  });

  it.each([
    [['169.254.169.254']],
    [['192.0.2.1', 'fe80::1']],
    [['64:ff9b::a9fe:a9fe']],
    [['fd20:ce::254']],
    [['2001:db8::1', '2001:db8::200:5efe:a9fe:a9fe']],
  ])('is refused if a name leads to it: %j', async (addresses) => {
    const network = closedNetwork(addresses);
    expect(await network.post(requestTo('http://metadata.example/'))).toEqual(refused);
    expect(network.asked).toEqual(['metadata.example']);
  });

  it('is refused if a name has no address at all', async () => {
    expect(await closedNetwork([]).post(requestTo('http://empty.example/'))).toMatchObject({ kind: 'unsendable' });
  });

  it('is not reached by a redirect', async () => {
    const outcome = await outcomeOf(answers(307, '', { location: 'http://[fd20:ce::254]/' }));
    expect(outcome).toMatchObject({ kind: 'answered', status: 307 });
  });

  it.each([
    ['169.254.169.254', 4],
    ['fd00:42::42', 6],
  ])(
    'is not reached by a name that changes its answer to %s: the connection goes to the checked address',
    async (address, family) => {
      const endpoint = await endpointThat(answers(204));
      const replies = [[{ address: '127.0.0.1', family: 4 }], [{ address, family }]];
      const resolve = async () => replies.shift() ?? [];
      const post = createPost({ resolve, connect: CONNECT, variables: {} });
      const url = endpoint.url.replace('127.0.0.1', 'rebound.example');
      expect(await post(requestTo(url))).toMatchObject({ kind: 'answered', status: 204 });
      expect(endpoint.requests[0]?.headers.host).toContain('rebound.example');
      expect(await post(requestTo(url))).toEqual(refused);
      expect(endpoint.requests).toHaveLength(1);
    },
  );
});
