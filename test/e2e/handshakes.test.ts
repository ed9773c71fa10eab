import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { MemoryWindows } from '../support/machine/memory-windows.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { mutated } from '../support/sample/mutation.ts';
import { runs } from '../support/sample/seed.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { type Certificate, makeCertificate } from '../support/world/certificates.ts';
import { clientHello, cutHandshake } from '../support/world/client-hello.ts';
import { untilClosed } from '../support/world/socket-end.ts';

const RUNS = runs(300);
/** How long the daemon gives a client for its handshake. */
const HANDSHAKE_MS = 10_000;
/** When a client that sends no more ends its side. */
const SILENT_MS = 30;
/** Clients that stay in the middle of their handshake, while the others come and go. */
const SLOW = 40;

/** Headers of records and messages, and what is sent to a port by mistake. All in Latin-1. */
const WORDS: readonly string[] = [
  ...[
    '\x16\x03\x01',
    '\x16\x03\x03\xff\xff',
    '\x17\x03\x03\x00\x01',
    '\x14\x03\x03\x00\x01\x01',
    '\x15\x03\x03\x00\x02',
  ],
  ...['\x01\x00\x00\x00', '\x01\xff\xff\xff', '\x00\x00\x00\x05', '\x00\x2b\x00\x03\x02', '\x00\x33', '\x00\x29'],
  ...[
    '\x80\x2e\x01\x00\x02',
    'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'SSH-2.0-x\r\n',
    'localhost',
    '\xff'.repeat(300),
  ],
];

describe('A TLS port that is sent rubbish', () => {
  let folder: string;
  let daemon: Daemon;
  let server: TmuxServer;
  let port: number;
  let ca: string;
  let own: Certificate;
  let hellos: readonly string[];

  beforeAll(async () => {
    folder = await makePrivateFolder();
    own = await makeCertificate(folder, 'own');
    ca = await readFile(own.cert, 'utf8');
    const web = join(folder, 'web.yml');
    await writeFile(
      web,
      'tls_server_config: {cert_file: own.crt, key_file: own.key, client_auth_type: RequestClientCert}\n',
    );
    server = await TmuxServer.start({ folder, name: 'work' });
    daemon = await Daemon.start({ sockets: folder, flags: [`--web.config.file=${web}`] });
    port = Number(new URL(daemon.url).port);
    const kinds = [
      {},
      { maxVersion: 'TLSv1.2' },
      { servername: 'localhost', ALPNProtocols: ['h2', 'http/1.1'] },
    ] as const;
    hellos = (await Promise.all(kinds.map(clientHello))).map((hello) => hello.toString('latin1'));
  });

  afterAll(async () => {
    await daemon.cleanup();
    await server.cleanup();
    await removeFolder(folder);
  });

  async function scrape(): Promise<string> {
    const [response] = await once(get(`${daemon.url}/metrics`, { ca, agent: false }), 'response');
    expect(response.statusCode).toBe(200);
    return text(response);
  }

  async function sample(series: string): Promise<number> {
    const line = (await scrape()).split('\n').find((found) => found.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1));
  }

  /** Sends bytes, then ends its side. Settles when the connection has ended. */
  async function send(bytes: Buffer): Promise<void> {
    const socket = connect(port, '127.0.0.1');
    socket.resume();
    const closed = untilClosed(socket);
    socket.write(bytes);
    const ending = setTimeout(() => socket.end(), SILENT_MS);
    await closed;
    clearTimeout(ending);
  }

  /** Sends a hello byte by byte, and never all of it. Gives how long the daemon allowed that, in milliseconds. */
  async function sendSlowly(hello: string): Promise<number> {
    const begun = performance.now();
    const socket = connect(port, '127.0.0.1');
    socket.resume();
    const closed = untilClosed(socket);
    const bytes = Buffer.from(hello, 'latin1');
    let sent = 0;
    const dripping = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 200);
    await closed;
    clearInterval(dripping);
    return performance.now() - begun;
  }

  it(
    `stays up, lets every scrape in, and keeps no connection and no memory (${RUNS} handshakes)`,
    async () => {
      const openFiles = await sample('process_open_fds');
      const memory = new MemoryWindows(daemon.pid, RUNS);
      const slow = Promise.all(
        Array.from({ length: SLOW }, (_, index) => sendSlowly(hellos[index % hellos.length] ?? '')),
      );
      const rubbish = fc.oneof(mutated(hellos, WORDS, 4), fc.uint8Array({ maxLength: 600 }).map(Buffer.from));
      const cut = fc.record({
        bytes: fc.integer({ min: 1, max: 2_500 }),
        version: fc.constantFrom('TLSv1.2' as const, 'TLSv1.3' as const),
      });
      let handshakes = 0;
      await fc.assert(
        fc.asyncProperty(fc.oneof({ weight: 4, arbitrary: rubbish }, { weight: 1, arbitrary: cut }), async (given) => {
          if (Buffer.isBuffer(given)) await send(given);
          else await cutHandshake(port, { ca, maxVersion: given.version }, given.bytes);
          memory.step();
          if (++handshakes % 20 === 0) await scrape();
        }),
        { numRuns: RUNS },
      );
      for (const ms of await slow) expect(ms).toBeGreaterThan(HANDSHAKE_MS - 500);

      if (process.env['FUZZ_RUNS']) process.stdout.write(`handshakes: ${memory.text}\n`);
      expect(await sample('tmux_server_up{server="work"}')).toBe(1);
      // A machine that is busy may be late to read a file; nothing else is an error.
      const errors = daemon.log.filter(({ level, msg }) => level >= 50 && !msg.includes('was not read within'));
      expect(errors).toEqual([]);
      if (process.platform !== 'linux') return;
      await eventually('every connection is closed', async () => (await sample('process_open_fds')) <= openFiles + 2);
      const [first = 0, , last = 0] = memory.growth;
      expect(last).toBeLessThan(Math.max(first, 0) + 16);
    },
    120_000 * (RUNS / 300),
  );
});
