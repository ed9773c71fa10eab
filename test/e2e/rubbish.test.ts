import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Operation } from '../../src/http/openapi/operations.ts';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { MemoryWindows } from '../support/machine/memory-windows.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { mutated } from '../support/sample/mutation.ts';
import { runs } from '../support/sample/seed.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';

const RUNS = runs(1_500);
/** A request of which the client has sent all that it will send is answered, or its connection ended, in a moment. */
const HANGS_MS = 15_000;
/** When most requests have their answer. Then their client ends its side: some of them have no end. The feed would take it for one that has left. */
const ANSWERED_IN_MS = 30;

const CONFIG = `
alerts: {receive: true}
limits: {servers: 8}
web: {enable_lifecycle: true}
webhooks: [{name: oncall, url: 'http://127.0.0.1:9/', group: {wait: 0s, interval: 0s}}]
`;

/** What a header of a request may hold that some part of the daemon reads. */
const HEADERS: readonly string[] = [
  'Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5',
  'Accept-Encoding: gzip;q=0.5, identity',
  'Last-Event-ID: 1a2b3c4d-17',
  'Origin: http://localhost',
  'Sec-Fetch-Site: same-origin',
  'Sec-Fetch-Dest: empty',
  'Sec-Fetch-Mode: navigate',
  'X-Prometheus-Scrape-Timeout-Seconds: 10',
  'X-Forwarded-For: 10.0.0.1',
  'X-Forwarded-Prefix: /a',
  'Content-Encoding: identity',
  'Expect: 100-continue',
  'Transfer-Encoding: chunked',
  'Upgrade: h2c',
  'Range: bytes=0-1',
  'If-None-Match: "1"',
  'Cookie: a=b',
];

const BODIES: Readonly<Record<string, string>> = {
  Registration: '{"socket":"/nowhere/at/all"}',
  Replay: '{"id":null}',
  AlertNotification:
    '{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"Disk"},"annotations":{"summary":"full"},"startsAt":"2026-01-02T03:04:05Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"0123456789abcdef"}]}',
};

const WORDS: readonly string[] = [
  ...HEADERS.map((header) => `${header}\r\n`),
  ...[
    'Host: a\r\n',
    'Content-Length: 5\r\n',
    'Content-Length: 99999999\r\n',
    'Connection: Upgrade\r\n',
    '5\r\nhello\r\n',
  ],
  ...[
    'GET ',
    'HEAD ',
    'OPTIONS * ',
    'CONNECT ',
    'TRACE ',
    ' HTTP/1.0',
    ' HTTP/2.0',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  ],
  ...[
    '//',
    '/../',
    '?',
    '&since=all',
    '&poll=1',
    '&server=*',
    '&format=ndjson',
    '&after=',
    '&limit=1',
    '%',
    '%ff',
    'http://a/',
  ],
  ...['"socket":', '"alerts":', '"labels":{', 'null', 'true', '1.5', '\\u0000', '\\ud800', '[[[[[[[['],
];

/** What the parameters of a query hold in a good request. */
const VALUES: Readonly<Record<string, string>> = {
  format: 'sse',
  server: 'wor*',
  type: 'server-gone',
  severity: 'info',
  last_event_id: '1a2b3c4d-17',
  since: '10m',
  poll: '1',
  after: '1a2b3c4d-17',
  limit: '7',
};

/** The parts of a request in Latin-1. */
interface RequestParts {
  readonly method: string;
  readonly target: string;
  readonly token: string;
  readonly headers: readonly string[];
  readonly body: string;
}

function textOf({ method, target, token, headers, body }: RequestParts): string {
  const type = body === '' ? [] : ['Content-Type: application/json', `Content-Length: ${body.length}`];
  const lines = ['Host: localhost', `Authorization: Bearer ${token}`, ...type, ...headers];
  return `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** A request that HTTP itself has nothing to say against, with mistakes in its target, its headers and its body. */
function oddRequest(samples: readonly RequestParts[]): fc.Arbitrary<Buffer> {
  const oddHeader = mutated(HEADERS, WORDS, 2).map((bytes) => oneLine(bytes).replace(/^[^\w]*/, 'X'));
  const oddParts = (sample: RequestParts) =>
    fc.record({
      method: fc.constant(sample.method),
      token: fc.constant(sample.token),
      target: mutated([sample.target], WORDS, 2).map((bytes) => `/${oneLine(bytes).replaceAll(' ', '+').slice(1)}`),
      headers: fc.array(fc.oneof(fc.constantFrom(...HEADERS.slice(0, 10)), oddHeader), { maxLength: 3 }),
      body:
        sample.body === ''
          ? fc.constant('')
          : mutated([sample.body], WORDS, 3).map((bytes) => bytes.toString('latin1')),
    });
  return fc
    .constantFrom(...samples)
    .chain(oddParts)
    .map((parts) => Buffer.from(textOf(parts), 'latin1'));
}

function oneLine(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[^\x20-\x7e\x80-\xff]/g, '');
}

type DescribedOperation = Pick<Operation, 'parameters'> & { readonly requestBody?: { readonly content: object } };

describe('A daemon that is sent rubbish', () => {
  let folder: string;
  let daemon: Daemon;
  let server: TmuxServer;
  let samples: readonly RequestParts[];

  beforeAll(async () => {
    folder = await makePrivateFolder();
    const config = join(folder, 'config.yml');
    await writeFile(config, CONFIG, { mode: 0o600 });
    server = await TmuxServer.start({ folder, name: 'work' });
    daemon = await Daemon.start({ sockets: folder, flags: [`--config.file=${config}`] });
    await watched(daemon, server);
    samples = await requests();
  });

  afterAll(async () => {
    await daemon.cleanup();
    await server.cleanup();
    await removeFolder(folder);
  });

  /** A good request for each operation that is described, with every parameter and the token. */
  async function requests(): Promise<RequestParts[]> {
    const token = (await readFile(daemon.tokenFile, 'utf8')).trim();
    const described = await (await fetch(`${daemon.url}/api/v1/openapi.json`)).json();
    const { paths } = described as { paths: Record<string, Record<string, DescribedOperation>> };
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
    );
    return operations.map(({ path, method, operation }) => {
      const query = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
      const asked = query.map(({ name }) => `${name}=${VALUES[name] ?? ''}`).join('&');
      const reference = /schemas\/(\w+)/.exec(JSON.stringify(operation.requestBody?.content ?? ''))?.[1] ?? '';
      const target = `${path.replace('{name}', 'spare')}${asked && '?'}${asked}`;
      return { method: method.toUpperCase(), target, token, headers: [], body: BODIES[reference] ?? '' };
    });
  }

  /** Sends bytes and, if they are not answered in time, says that there are no more. Gives the status of the answer, or null if the connection was ended without one. */
  function answerTo(bytes: Buffer, endsAfterMs = HANGS_MS): Promise<number | null> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(daemon.url).port), '127.0.0.1');
      const ending = setTimeout(() => socket.end(), endsAfterMs);
      const late = setTimeout(() => end(() => reject(new Error(`no answer within ${HANGS_MS} ms`))), HANGS_MS);
      const end = (settle: () => void) => {
        clearTimeout(late);
        clearTimeout(ending);
        socket.destroy();
        settle();
      };
      socket.on('error', () => {});
      socket.once('data', (data) => end(() => resolve(Number(data.toString('latin1').slice(9, 12)))));
      socket.once('close', () => end(() => resolve(null)));
      socket.write(bytes);
    });
  }

  it('answers a good request of each kind', async () => {
    for (const sample of samples) {
      const status = await answerTo(Buffer.from(textOf(sample), 'latin1'));
      expect([sample, status]).toEqual([sample, expect.any(Number)]);
      expect(status).toBeLessThan(500);
    }
  });

  it(
    `answers none with an error of its own, hangs on none, and neither grows nor forgets by any (${RUNS} requests)`,
    async () => {
      const memory = new MemoryWindows(daemon.pid, RUNS);
      const openFiles = await daemon.sample('process_open_fds');
      const rubbish = mutated(
        samples.map((sample, index) => textOf({ ...sample, headers: [HEADERS[index] ?? ''] })),
        WORDS,
        6,
      );
      const odd = oddRequest(samples);
      const statuses = new Map<number | null, number>();
      await fc.assert(
        fc.asyncProperty(fc.oneof(rubbish, odd, odd), async (bytes) => {
          const status = await answerTo(bytes, ANSWERED_IN_MS);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          expect(status ?? 400).toBeLessThan(500);
          memory.step();
        }),
        { numRuns: RUNS },
      );
      expect((await fetch(`${daemon.url}/-/ready`)).status).toBe(200);
      expect(daemon.log.filter(({ level }) => level >= 50)).toEqual([]);
      expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 201, 204, 400, 401, 404, 415]));
      await eventually('every client has left', async () => (await daemon.sample('tmux_exporter_feed_clients')) === 0);
      expect(await daemon.sample('tmux_server_up{server="work"}')).toBe(1);
      if (process.env['FUZZ_RUNS']) process.stdout.write(`requests: ${memory.text}\n`);
      if (process.platform === 'linux') {
        await eventually(
          'every connection is closed',
          async () => ((await daemon.sample('process_open_fds')) ?? 0) <= (openFiles ?? 0) + 4,
        );
        const [first = 0, second = 0, last = 0] = memory.growth;
        expect(first + second + last).toBeLessThan(150);
        expect(last).toBeLessThan(Math.max(first, 0) + 16);
      }
    },
    120_000 * (RUNS / 1_500),
  );
});
