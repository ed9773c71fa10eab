import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SiegeOrder, SiegeState } from '../support/judges/besieged-feed.ts';
import { eventually } from '../support/machine/eventually.ts';
import { median, plainRow, type Row } from './row.ts';

const BESIEGED = fileURLToPath(new URL('../support/judges/besieged-feed.ts', import.meta.url));
const REQUEST = 'GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n';

const DEAF = 20;
const BYTEWISE = 20;
const STOPPED = 5;
const CONNECTS = 2_000;
const CONNECT_MS = 12_000;
const PLACES = 256;
const BEYOND = 1_000;

/** The effect of hostile or dead clients on a feed with the daemon's limits, and on a client that reads well. */
export async function bench(): Promise<Row[]> {
  const feed = await Besieged.start();
  try {
    const quiet = await feed.latencies(100);
    // The memory for the first clients is code, not memory per client.
    for (const socket of await Promise.all(Array.from({ length: 200 }, () => open(feed.port)))) socket.destroy();
    return [
      plainRow('from the event to a good reader, no other client: p50', median(quiet), 'ms', null),
      ...(await badReaders(feed)),
      ...(await manyConnects(feed)),
      ...(await beyondTheLimit(feed)),
    ];
  } finally {
    await feed.end();
  }
}

async function badReaders(feed: Besieged): Promise<Row[]> {
  const before = await feed.measure();
  const others = [
    ...Array.from({ length: DEAF }, () => neverRead(feed.port)),
    ...Array.from({ length: BYTEWISE }, () => readBytewise(feed.port)),
    ...(await Promise.all(Array.from({ length: STOPPED }, () => standStill(feed.port)))),
  ];
  const count = others.length;
  await eventually('all are there', async () => (await feed.measure()).clients === count + 1);
  let state = await feed.measure();
  let most = state.rss;
  const large: number[] = [];
  // Each event is 16 kB: the kernel takes the first megabytes of each bad reader, then 256 KiB are theirs for a second.
  for (let sent = 0; state.clients > 1 && sent < 2_000; sent++) {
    large.push(await feed.latency('large'));
    if (sent % 20 === 0) state = await feed.measure();
    most = Math.max(most, state.rss);
  }
  for (const end of others) end();
  const cut = (state.drops['slow'] ?? 0) + (state.drops['stalled'] ?? 0);
  const name = `${DEAF} never read, ${BYTEWISE} read a byte a second, ${STOPPED} are stopped`;
  return [
    plainRow(`${name}: not cut off, or not counted as slow or stalled`, count - cut, '', 0),
    plainRow(`${name}: most memory for each of them`, (most - before.rss) / count / 1e6, 'MB', 5),
    plainRow(`${name}: from the event (16 kB) to a good reader: p50`, median(large), 'ms', null),
    plainRow(`${name}: from the event (16 kB) to a good reader: longest`, Math.max(...large), 'ms', null),
  ];
}

async function manyConnects(feed: Besieged): Promise<Row[]> {
  const before = await feed.measure();
  const times: number[] = [];
  let isOver = false;
  const measuring = (async () => {
    while (!isOver) {
      times.push(await feed.latency('small'));
      await delay(20);
    }
  })();
  const begun = performance.now();
  const visits: Promise<unknown>[] = [];
  for (let made = 0; made < CONNECTS; made++) {
    visits.push(open(feed.port).then((socket) => socket.destroy()));
    const early = begun + (made * CONNECT_MS) / CONNECTS - performance.now();
    if (early > 0) await delay(early);
  }
  const seconds = (performance.now() - begun) / 1000;
  isOver = true;
  await Promise.all([measuring, ...visits]);
  await eventually('they have left', async () => (await feed.measure()).clients === 1);
  const after = await feed.measure();
  const name = `${CONNECTS} connects in ${seconds.toFixed(0)} s`;
  return [
    plainRow(`${name}: streams left behind`, after.clients - 1, '', 0),
    plainRow(`${name}: memory left behind`, (after.rss - before.rss) / 1e6, 'MB', 20),
    plainRow(`${name}: from the event to a good reader: p50`, median(times), 'ms', null),
    plainRow(`${name}: from the event to a good reader: longest`, Math.max(...times), 'ms', null),
  ];
}

async function beyondTheLimit(feed: Besieged): Promise<Row[]> {
  const taken = await Promise.all(Array.from({ length: PLACES - 1 }, () => open(feed.port)));
  const before = await feed.measure();
  const times: number[] = [];
  for (let made = 0; made < BEYOND; made += 50) {
    const refused = Array.from({ length: 50 }, () => open(feed.port));
    times.push(await feed.latency('small'));
    for (const socket of await Promise.all(refused)) socket.destroy();
  }
  const after = await feed.measure();
  for (const socket of taken) socket.destroy();
  const counted = (after.drops['max_clients'] ?? 0) - (before.drops['max_clients'] ?? 0);
  const name = `${BEYOND} more if all ${PLACES} places are taken`;
  return [
    plainRow(`${name}: not counted as max_clients`, BEYOND - counted, '', 0),
    plainRow(`${name}: memory left behind`, (after.rss - before.rss) / 1e6, 'MB', 20),
    plainRow(`${name}: from the event to a good reader: p50`, median(times), 'ms', null),
  ];
}

/** A feed in its own process, with one reader here that reads well. */
class Besieged {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #reader: Socket;

  private constructor(process: ChildProcess, port: number, reader: Socket) {
    this.#process = process;
    this.port = port;
    this.#reader = reader;
  }

  static async start(): Promise<Besieged> {
    const child = fork(BESIEGED, { execArgv: ['--expose-gc', '--max-semi-space-size=2'] });
    const [port] = (await once(child, 'message')) as [number];
    return new Besieged(child, port, await open(port));
  }

  /** Milliseconds from the order to publish until the good reader has received the whole event. */
  async latency(size: SiegeOrder): Promise<number> {
    const begun = performance.now();
    this.#process.send(size);
    for (let text = ''; !text.includes('\n\n\r\n'); )
      text = text.slice(-8) + String((await once(this.#reader, 'data'))[0]);
    return performance.now() - begun;
  }

  async latencies(count: number): Promise<number[]> {
    const times: number[] = [];
    while (times.length < count) times.push(await this.latency('small'));
    return times;
  }

  async measure(): Promise<SiegeState> {
    this.#process.send('measure' satisfies SiegeOrder);
    const [state] = (await once(this.#process, 'message')) as [SiegeState];
    return state;
  }

  async end(): Promise<void> {
    this.#reader.destroy();
    this.#process.send('end' satisfies SiegeOrder);
    await once(this.#process, 'exit');
  }
}

/** Asks for a stream, and settles with the first of its bytes. */
async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.write(REQUEST);
  await once(socket, 'data');
  return socket;
}

function neverRead(port: number): () => void {
  const socket = connect(port, '127.0.0.1').pause();
  socket.on('error', () => {}).write(REQUEST);
  return () => socket.destroy();
}

function readBytewise(port: number): () => void {
  const socket = connect({ port, host: '127.0.0.1', onread: { buffer: Buffer.alloc(1), callback: () => false } });
  socket.on('error', () => {}).write(REQUEST);
  const timer = setInterval(() => socket.resume(), 1_000);
  return () => {
    clearInterval(timer);
    socket.destroy();
  };
}

/** A client whose process is stopped: it never reads and never closes its connection. */
async function standStill(port: number): Promise<() => void> {
  const curl = spawn('curl', ['-sN', '--noproxy', '*', `http://127.0.0.1:${port}/events`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(curl.stdout, 'data');
  curl.kill('SIGSTOP');
  return () => curl.kill('SIGKILL');
}
