import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BUNDLE, Daemon, type DaemonOptions, runBundle, runnerOf } from '../../support/daemon/daemon.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { residentBytes } from '../../support/machine/process-cost.ts';
import { NatsCluster } from '../../support/world/nats-cluster.ts';
import { comparedRow, median, plainRow, type Row } from '../row.ts';

const ROUNDS = 5;
const MIB = 2 ** 20;

/** The largest ratio that is noise. */
const NOISE = 1.05;

/** What a bus costs an exporter: at its start, with and without compiled code in a cache, and in memory. It costs nothing if it is not used. */
export async function exporterRows(): Promise<Row[]> {
  const [cluster, folder] = [await NatsCluster.start({ hosts: ['build7'] }), await makePrivateFolder()];
  try {
    await cluster.makeStreams();
    const withBus = { run: runBundle, env: await cluster.environmentOf('build7') };
    const without = { run: runBundle };
    const cold = await compare(without, withBus, true);
    const warm = await compare(without, withBus, false);
    const unused = await compare({ run: await runnerWithoutBus(folder) }, without, false);
    const nothing = (value: number) => ({ name: 'a bundle from which the bus was removed', value });
    return [
      plainRow('exporter with a bus: start, no compiled code, longer by', cold.more.startMs, 'ms', 200),
      plainRow('exporter with a bus: start, compiled code, longer by', warm.more.startMs, 'ms', null),
      plainRow('exporter with a bus: RSS more', warm.more.bytes / MIB, 'MiB', 25),
      comparedRow('exporter without a bus: start', unused.second.startMs, 'ms', nothing(unused.first.startMs), NOISE),
      comparedRow(
        'exporter without a bus: RSS',
        unused.second.bytes / MIB,
        'MiB',
        nothing(unused.first.bytes / MIB),
        NOISE,
      ),
    ];
  } finally {
    await cluster.cleanup();
    await removeFolder(folder);
  }
}

/** Runs a copy of the bundle that lacks each file that was made of the bus. */
async function runnerWithoutBus(folder: string): Promise<typeof runBundle> {
  const [from, to] = [dirname(BUNDLE), join(folder, 'dist')];
  await cp(from, to, { recursive: true });
  await cp(join(from, '..', 'package.json'), join(folder, 'package.json'));
  let removed = 0;
  for (const name of (await readdir(to)).filter((file) => file.endsWith('.js.map'))) {
    const { sources } = JSON.parse(await readFile(join(to, name), 'utf8')) as { readonly sources: readonly string[] };
    if (!sources.some((source) => /@nats-io|\/src\/bus\//.test(source))) continue;
    await rm(join(to, name.slice(0, -'.map'.length)));
    removed++;
  }
  if (removed === 0) throw new Error(`expected files made of the bus in ${from}, found none`);
  return runnerOf(join(to, 'cli.js'));
}

interface Cost {
  readonly startMs: number;
  readonly bytes: number;
}

type Way = Pick<DaemonOptions, 'run' | 'env'>;

/** The medians of two ways to run an exporter, started in turn, and how much more the second costs. */
async function compare(one: Way, other: Way, isCold: boolean): Promise<Record<'first' | 'second' | 'more', Cost>> {
  const costs: [Cost[], Cost[]] = [[], []];
  // The first start of each compiles what is cached for the others.
  for (const way of isCold ? [] : [one, other]) await startOne(way, isCold);
  for (let round = 0; round < ROUNDS; round++) {
    costs[0].push(await startOne(one, isCold));
    costs[1].push(await startOne(other, isCold));
  }
  const [first, second] = [medianOf(costs[0]), medianOf(costs[1])];
  return { first, second, more: { startMs: second.startMs - first.startMs, bytes: second.bytes - first.bytes } };
}

function medianOf(costs: readonly Cost[]): Cost {
  return { startMs: median(costs.map(({ startMs }) => startMs)), bytes: median(costs.map(({ bytes }) => bytes)) };
}

async function startOne({ run, env = {} }: Way, isCold: boolean): Promise<Cost> {
  const cache = isCold ? await makePrivateFolder() : null;
  const begunAt = performance.now();
  const daemon = await Daemon.start({
    ...(run && { run }),
    env: { ...env, ...(cache && { NODE_COMPILE_CACHE: cache, XDG_CACHE_HOME: cache }) },
  });
  try {
    const startMs = performance.now() - begunAt;
    if ('TMUX_EXPORTER_BUS_SERVERS' in env)
      await eventually('it is connected', async () => (await daemon.sample('tmux_exporter_bus_up')) === 1);
    await daemon.metrics();
    return { startMs, bytes: residentBytes(daemon.pid) };
  } finally {
    await daemon.cleanup();
    if (cache) await removeFolder(cache);
  }
}
