import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Daemon, runBundle } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { comparedRow, median, plainRow, type Row } from './row.ts';

const RIVALS = fileURLToPath(new URL('../support/judges/feed-rivals.ts', import.meta.url));
const SCRAPER = fileURLToPath(new URL('../support/world/scraper.ts', import.meta.url));
const ROUNDS = 15;

/** A broadcast to many clients, compared with a bare Node server and with better-sse, each in its own process; and its effect on a scrape. */
export async function bench(): Promise<Row[]> {
  return [...(await compare(1_000, true)), ...(await compare(5_000, false)), ...(await scrapeMeanwhile(5_000))];
}

async function compare(clients: number, isPromised: boolean): Promise<Row[]> {
  const bare = await measure('bare', clients);
  const better = await measure('better-sse', clients);
  const ours = await measure('feed', clients);
  const name = `${clients.toLocaleString('en')} clients`;
  const beside = (figure: keyof Figures) => ({
    name: `bare Node; better-sse ${better[figure].toPrecision(3)}`,
    value: bare[figure],
  });
  return [
    comparedRow(`${name}: write to last receipt, p50`, ours.lastMs, 'ms', beside('lastMs'), isPromised ? 1.5 : null),
    comparedRow(`${name}: write to last receipt, p99`, ours.worstMs, 'ms', beside('worstMs'), null),
    comparedRow(`${name}: deliveries per second`, ours.perSecond, '', beside('perSecond'), null),
    comparedRow(`${name}: longest hold of the event loop`, ours.heldMs, 'ms', beside('heldMs'), null),
    plainRow(`${name}: RSS per client`, ours.bytesPerClient / 1000, 'kB', isPromised ? 25 : null),
    comparedRow(
      `${name}: RSS per client`,
      ours.bytesPerClient / 1000,
      'kB',
      { name: 'bare Node', value: bare.bytesPerClient / 1000 },
      null,
    ),
  ];
}

/** Scrapes of a whole daemon by a separate process, while nothing happens and while events go to many clients. */
async function scrapeMeanwhile(clients: number): Promise<Row[]> {
  const folder = await makePrivateFolder();
  const daemon = await Daemon.start({ run: runBundle, sockets: folder, flags: [`--feed.max-clients=${clients}`] });
  const sockets = await connectAll(Number(new URL(daemon.url).port), clients);
  const scraper = fork(SCRAPER, [`${daemon.url}/metrics`]);
  await delay(1_000);
  await ask<number[]>(scraper, 'report');
  await delay(2_000);
  const quiet = await ask<number[]>(scraper, 'report');
  const slowest: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const received = allReceive(sockets);
    await daemon.change(`/api/v1/servers/s${round}`, 'PUT', { socket: `${folder}/none/${round}` });
    await received;
    slowest.push(Math.max(...(await ask<number[]>(scraper, 'report'))));
    await delay(50);
    await ask<number[]>(scraper, 'report');
  }
  scraper.kill();
  for (const socket of sockets) socket.destroy();
  await daemon.stop();
  await removeFolder(folder);
  const name = `scrape of /metrics, ${clients.toLocaleString('en')} clients of the feed`;
  return [
    plainRow(`${name}: nothing happens, median`, median(quiet), 'ms', null),
    plainRow(`${name}: the slowest during a broadcast, median`, median(slowest), 'ms', null),
    plainRow(`${name}: the slowest takes longer by`, median(slowest) - median(quiet), 'ms', 50),
  ];
}

interface Figures {
  readonly lastMs: number;
  readonly worstMs: number;
  readonly perSecond: number;
  readonly heldMs: number;
  readonly bytesPerClient: number;
}

type Reply =
  | { kind: 'listening'; port: number }
  | { kind: 'sent'; at: number }
  | { kind: 'measured'; rss: number; heldMs: number };

async function measure(rival: string, clients: number): Promise<Figures> {
  const server = fork(RIVALS, [rival], {
    execArgv: ['--expose-gc', '--max-semi-space-size=2'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const listening = await reply(server);
  if (listening.kind !== 'listening') throw new Error('expected a server');
  // The memory for the first clients is code, not memory per client.
  for (const socket of await connectAll(listening.port, 100)) socket.destroy();
  await delay(200);
  const before = await ask(server, 'measure');
  const sockets = await connectAll(listening.port, clients);
  await delay(500);
  const after = await ask(server, 'measure');
  const lasts: number[] = [];
  const holds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const received = allReceive(sockets);
    const sent = await ask(server, 'broadcast');
    lasts.push((await received) - (sent.kind === 'sent' ? sent.at : 0));
    const measured = await ask(server, 'measure');
    if (measured.kind === 'measured') holds.push(measured.heldMs);
    await delay(50);
  }
  for (const socket of sockets) socket.destroy();
  server.send('end');
  await once(server, 'exit');
  const rss = (message: Reply) => (message.kind === 'measured' ? message.rss : Number.NaN);
  const lastMs = median(lasts.slice(3));
  return {
    lastMs,
    worstMs: Math.max(...lasts.slice(3)),
    perSecond: (clients / lastMs) * 1000,
    heldMs: median(holds.slice(3)),
    bytesPerClient: (rss(after) - rss(before)) / clients,
  };
}

/** An order is answered at once, in order. */
async function ask<T = Reply>(server: ChildProcess, message: string): Promise<T> {
  const answer = reply<T>(server);
  server.send(message);
  return answer;
}

async function reply<T = Reply>(server: ChildProcess): Promise<T> {
  const [message] = (await once(server, 'message')) as [T];
  return message;
}

async function connectAll(port: number, clients: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < clients) {
    const batch = Array.from({ length: Math.min(100, clients - sockets.length) }, () => connect(port, '127.0.0.1'));
    await Promise.all(
      batch.map(async (socket) => {
        socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
        await once(socket, 'data');
      }),
    );
    sockets.push(...batch);
  }
  return sockets;
}

/** When the last client has received the end of the event. */
function allReceive(sockets: readonly Socket[]): Promise<number> {
  return new Promise((resolve) => {
    let left = sockets.length;
    for (const socket of sockets) {
      const receive = (chunk: Buffer) => {
        if (!chunk.includes('\n\n')) return;
        socket.off('data', receive);
        if (--left === 0) resolve(performance.timeOrigin + performance.now());
      };
      socket.on('data', receive);
    }
  });
}
