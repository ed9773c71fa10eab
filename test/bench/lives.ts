import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createProtocolClient } from '../../src/tmux/protocol/client.ts';
import { Daemon } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { ended, processLife, signal } from '../support/machine/process-life.ts';
import { FeedReader } from '../support/world/feed-reader.ts';
import { median, plainRow, type Row } from './row.ts';

/** How long the servers live, from the creation of their socket to the order to end. */
const LIVES_MS = [20, 50, 100, 150, 200, 300];

/** A tick comes within this time. */
const LAST_NEWS_MS = 6_000;

/** A death that is detected by the socket alone is reported within this time. */
const NAMELESS_MS = 600;

/** Where servers live, and how they end there. */
interface Place {
  readonly flags: readonly string[];
  readonly isElsewhere: boolean;
  readonly nameOf: (at: number) => string;
  readonly ends: readonly End[];
}

const PLACES: Readonly<Record<string, Place>> = {
  'each at a path of its own': {
    flags: [],
    isElsewhere: false,
    nameOf: (at) => `life-${at}`,
    ends: ['SIGKILL', 'kill-server'],
  },
  'all at one path': { flags: [], isElsewhere: false, nameOf: () => 'life', ends: ['SIGKILL', 'kill-server'] },
  // These are found at a tick or not at all, however they end.
  'outside the socket directory': {
    flags: ['--tmux.discover-processes', '--tmux.server-include=life-*'],
    isElsewhere: true,
    nameOf: (at) => `life-${at}`,
    ends: ['SIGKILL'],
  },
};

const kill = createProtocolClient({ pid: process.pid, timeoutMs: 10_000 });

const ENDS = {
  SIGKILL: async (_: string, pid: number) => signal(processLife(pid), 'SIGKILL'),
  'kill-server': (socket: string) => kill(socket, ['kill-server']),
} as const;

type End = keyof typeof ENDS;

/** How many servers that live for a fraction of a second are reported as dead, one life after the other. `LIVES` (50) sets how many of each length. */
export async function* bench(): AsyncGenerator<Row> {
  for (const isBusy of [false, true]) {
    const load = isBusy ? cpus().map(() => spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' })) : [];
    try {
      for (const [name, place] of Object.entries(PLACES)) {
        for (const end of place.ends)
          yield* livesAt(`${isBusy ? 'all cores busy' : 'idle'}, ${name}, ${end}`, place, end);
      }
    } finally {
      await Promise.all(load.map(endOf));
    }
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** One life of a server, in Unix milliseconds. */
interface Lived {
  readonly name: string;
  readonly pid: number;
  readonly bornAt: number;
  readonly endedAt: number;
}

async function* livesAt(title: string, place: Place, end: End): AsyncGenerator<Row> {
  const [sockets, elsewhere] = [await makePrivateFolder(), await makePrivateFolder()];
  const daemon = await Daemon.start({ sockets, flags: place.flags, schedule: '*/5 * * * * *' });
  try {
    const feed = await FeedReader.open(daemon.url);
    // The metric shows the lag since the last scrape, so the start does not count.
    await daemon.metrics();
    const sets = await liveAll(place, place.isElsewhere ? elsewhere : sockets, end);
    await delay(LAST_NEWS_MS);
    feed.close();
    for (const [lifeMs, lived] of sets) yield rowOf(`${title}, ${lifeMs} ms`, lived, feed);
    // A daemon without CPU time during the life of a server cannot see it.
    const lag = (await daemon.sample('nodejs_eventloop_lag_max_seconds')) ?? Number.NaN;
    yield plainRow(`${title}: longest lag of the daemon`, lag * 1000, 'ms', null);
  } finally {
    await daemon.stop();
    await removeFolder(sockets);
    await removeFolder(elsewhere);
  }
}

/** Runs all lives, one after the other, and returns them by their length. */
async function liveAll({ nameOf }: Place, folder: string, end: End): Promise<ReadonlyMap<number, readonly Lived[]>> {
  const count = Number(process.env['LIVES'] ?? 50);
  const sets = new Map<number, readonly Lived[]>();
  for (const [at, lifeMs] of LIVES_MS.entries()) {
    const lived: Lived[] = [];
    while (lived.length < count) {
      const name = nameOf(at * count + lived.length);
      lived.push(await live(join(folder, name), name, lifeMs, end));
    }
    sets.set(lifeMs, lived);
  }
  return sets;
}

function rowOf(title: string, lived: readonly Lived[], feed: FeedReader): Row {
  const missed = lived.filter((life) => !isReported(feed, life)).length;
  const inFact = median(lived.map(({ bornAt, endedAt }) => endedAt - bornAt)).toFixed(0);
  return plainRow(`${title} (in fact ${inFact}): not reported of ${lived.length}`, missed, '', null);
}

async function live(socket: string, name: string, lifeMs: number, end: End): Promise<Lived> {
  const pid = await begin(socket);
  const life = processLife(pid);
  const { birthtimeMs: bornAt } = await stat(socket);
  await delay(Math.max(0, bornAt + lifeMs - Date.now()));
  const endedAt = Date.now();
  await ENDS[end](socket, pid);
  await ended(life);
  return { name, pid, bornAt, endedAt };
}

/** Starts a server and gives its pid. A pane of the previous life that has not run `exec` yet can keep the old socket open for a moment; a client that connects to it gets an error. */
async function begin(socket: string, tries = 5): Promise<number> {
  const words = ['-S', socket, '-f', '/dev/null', 'new-session', '-d', '-P', '-F', '#{pid}', 'exec cat'];
  const env = { PATH: process.env['PATH'], SHELL: '/bin/sh', TERM: 'xterm' };
  try {
    return Number((await promisify(execFile)('tmux', words, { env })).stdout);
  } catch (error) {
    if (tries > 1 && String(error).includes('server exited unexpectedly')) return begin(socket, tries - 1);
    throw error;
  }
}

/** A server that was found and died before it answered once has no pid in its notice. */
function isReported(feed: FeedReader, { name, pid, bornAt, endedAt }: Lived): boolean {
  return feed.messages.some((message) => {
    if (message.type !== 'server-gone' || message.server?.name.split('@')[0] !== name) return false;
    const at = Date.parse(String(message['time']));
    return message.server.pid === null ? bornAt <= at && at <= endedAt + NAMELESS_MS : message.server.pid === pid;
  });
}
