import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/machine/eventually.ts';
import { sessionDraft } from './support/events.ts';
import { FeedServer } from './support/feed-server.ts';
import { dataOf, type Reader } from './support/reader.ts';

const LARGE = 'x'.repeat(16_000);

let server: FeedServer;
let reader: Reader;
const hostile: { end(): void }[] = [];

afterEach(async () => {
  for (const client of hostile.splice(0)) client.end();
  await server.stop();
});

/** A feed with a good reader, to whom nobody else may matter. */
async function start(maxClients = 256): Promise<void> {
  server = await new FeedServer({ heartbeatMs: 3_600_000, maxClients }).listen();
  reader = await server.open();
  await reader.take(3);
}

async function publishLarge(): Promise<void> {
  const { event } = server.publish(sessionDraft('work', 'info', LARGE));
  expect(dataOf(await reader.next())['id']).toBe(event.id);
}

/** Publishes until this many others accept no more: the kernel hides the first megabytes of each. */
async function fillOthers(count: number): Promise<void> {
  const others = server.responses.slice(1, 1 + count);
  while (others.some(({ writableNeedDrain }) => !writableNeedDrain)) await publishLarge();
}

/** A client that takes one byte, and the next one only when it is let. */
function readBytewise(): () => void {
  const socket = connect({
    port: server.port,
    host: '127.0.0.1',
    onread: { buffer: Buffer.alloc(1), callback: () => false },
  });
  socket.on('error', () => {});
  socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  hostile.push({ end: () => socket.destroy() });
  return () => socket.resume();
}

/** A client whose process is stopped: its kernel accepts what it can, and never sends the end of the connection. */
async function standStill(): Promise<ChildProcess> {
  const curl = spawn('curl', ['-sN', '--noproxy', '*', server.url()], { stdio: ['ignore', 'pipe', 'ignore'] });
  hostile.push({ end: () => curl.kill('SIGKILL') });
  await once(curl.stdout, 'data');
  curl.kill('SIGSTOP');
  return curl;
}

describe('A good reader is held up by nobody, and has every event,', () => {
  it('if others read a byte a second: they are cut off, and counted', async () => {
    await start();
    const takeByte = [readBytewise(), readBytewise()];
    await server.tally.untilClients(3);
    await fillOthers(2);
    for (let second = 0; second < 30; second++) {
      for (const take of takeByte) take();
      await publishLarge();
      server.clock.advance(1_000);
    }
    await server.tally.untilClients(1);
    expect(server.tally.drops).toEqual(['slow', 'slow']);
  });

  it('if others vanish without a word: they are cut off, and counted', async () => {
    await start();
    for (const _ of [1, 2]) await standStill();
    await server.tally.untilClients(3);
    await fillOthers(2);
    server.clock.advance(30_000);
    await server.tally.untilClients(1);
    expect(server.tally.drops).toEqual(['stalled', 'stalled']);
    await publishLarge();
  });

  it('if others come and go all the time: they leave nothing behind', async () => {
    await start();
    for (let round = 0; round < 20; round++) {
      const crowd = await Promise.all(Array.from({ length: 25 }, () => server.open()));
      const { event } = server.publish(sessionDraft());
      expect(dataOf(await reader.next())['id']).toBe(event.id);
      for (const other of crowd) other.cut();
      await server.tally.untilClients(1);
    }
    expect(server.tally.drops).toEqual([]);
  });

  it('if a thousand come beyond the limit: each is refused with Retry-After, disconnected, and counted', async () => {
    await start(1);
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => answerTo(server.url())));
      const ends = answers.map(({ statusCode, headers }) => [statusCode, headers['retry-after'], headers.connection]);
      expect(new Set(ends.map(String))).toEqual(new Set(['503,10,close']));
      await publishLarge();
    }
    expect(server.tally.drops).toEqual(Array(1_000).fill('max_clients'));
    await eventually('their connections are closed', async () => (await server.connections()) === 1);
  });
});

async function answerTo(url: string): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent: false, headers: { connection: 'keep-alive' } }), 'response')) as [
    IncomingMessage,
  ];
  response.resume();
  return response;
}
