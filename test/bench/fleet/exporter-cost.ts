import { Daemon, runBundle } from '../../support/daemon/daemon.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { residentBytes } from '../../support/machine/process-cost.ts';
import { NatsCluster } from '../../support/world/nats-cluster.ts';
import { median, plainRow, type Row } from '../row.ts';

const ROUNDS = 5;
const MIB = 2 ** 20;

/** What a bus costs an exporter: at its start, with and without compiled code in a cache, and in memory. */
export async function exporterRows(): Promise<Row[]> {
  const cluster = await NatsCluster.start({ hosts: ['build7'] });
  try {
    await cluster.makeStreams();
    const env = await cluster.environmentOf('build7');
    const cold = await costs(env, true);
    const warm = await costs(env, false);
    return [
      plainRow('exporter with a bus: start, no compiled code, longer by', cold.startMs, 'ms', 200),
      plainRow('exporter with a bus: start, compiled code, longer by', warm.startMs, 'ms', null),
      plainRow('exporter with a bus: RSS more', warm.bytes / MIB, 'MiB', 25),
    ];
  } finally {
    await cluster.cleanup();
  }
}

interface Cost {
  readonly startMs: number;
  readonly bytes: number;
}

/** The medians of what an exporter with this environment costs more than one without, started in turn. */
async function costs(env: NodeJS.ProcessEnv, isCold: boolean): Promise<Cost> {
  const [without, withBus]: [Cost[], Cost[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    without.push(await startOne({}, isCold));
    withBus.push(await startOne(env, isCold));
  }
  const more = (key: keyof Cost) => median(withBus.map((cost) => cost[key])) - median(without.map((cost) => cost[key]));
  return { startMs: more('startMs'), bytes: more('bytes') };
}

async function startOne(env: NodeJS.ProcessEnv, isCold: boolean): Promise<Cost> {
  const cache = isCold ? await makePrivateFolder() : null;
  const begunAt = performance.now();
  const daemon = await Daemon.start({
    run: runBundle,
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
