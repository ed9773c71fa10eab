import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ServerRecord } from '../../src/core/record/record.ts';
import { livenessOf } from '../../src/proc/process/process-reading.ts';
import { readStat } from '../../src/proc/process/process-stat.ts';
import { Healer, type HealerEnvironment } from '../../src/tmux/healer.ts';
import { upRecord } from '../support/sample/sample.ts';

/** A living server whose socket file is gone. */
function socketLost(pid: number, start = '1'): ServerRecord {
  const record = upRecord(undefined, { socket: join('/nonexistent', 'work') });
  if (!record.life) throw new Error('the sample lives');
  const life = { ...record.life, process: { pid, start } };
  return { ...record, state: 'unreachable', unreachable: 'socket_lost', life };
}

async function heal(signal: HealerEnvironment['signal'], madeAt: readonly string[] = []): Promise<number[]> {
  const healed: number[] = [];
  await new Healer(
    { signal, boundPaths: () => madeAt, liveness: () => 'alive' },
    (_, pid) => healed.push(pid),
    () => 0,
  ).heal(socketLost(4242), true);
  return healed;
}

function failing(code: string): HealerEnvironment['signal'] {
  return () => {
    throw Object.assign(new Error(code), { code });
  };
}

describe('The healer', () => {
  it('signals a living server whose socket file is gone', async () => {
    expect(await heal(() => {})).toEqual([4242]);
  });

  it('lets be a server that would make its socket where another file is', async () => {
    expect(await heal(() => {}, ['/nonexistent/former'])).toEqual([4242]);
    expect(await heal(() => {}, ['/dev/null'])).toEqual([]);
  });

  it('lets be a server that sees other files than we do', async () => {
    expect(await heal(() => {}, ['/proc/4242/root/nonexistent/work'])).toEqual([]);
  });

  it('does not signal the process that has got the pid while the sockets were probed', async () => {
    const signalled: number[] = [];
    const mark = { pid: process.pid, start: readStat('/proc', process.pid)?.startTime ?? '' };
    const former = { ...mark, start: '1' };
    for (const { pid, start } of [former, mark]) {
      const healer = new Healer(
        {
          signal: () => signalled.push(Number(start)),
          boundPaths: () => [],
          liveness: (one) => livenessOf('/proc', one, () => {}),
        },
        () => {},
        () => 0,
      );
      await healer.heal(socketLost(pid, start), true);
    }

    expect(signalled).toEqual([Number(mark.start)]);
  });

  it.each(['ESRCH', 'EPERM'])('lets be a server that died meanwhile, or that is not ours to wake: %s', async (code) => {
    expect(await heal(failing(code))).toEqual([]);
  });

  it('hides no other error', async () => {
    await expect(heal(failing('EINVAL'))).rejects.toThrow('EINVAL');
  });

  it('wakes a server again only after a minute', async () => {
    const healed: number[] = [];
    let uptime = 0;
    const healer = new Healer(
      { signal: () => {}, boundPaths: () => [], liveness: () => 'alive' },
      () => healed.push(uptime),
      () => uptime,
    );
    for (uptime of [0, 59_999, 60_000, 119_999]) await healer.heal(socketLost(4242), true);

    expect(healed).toEqual([0, 60_000]);
  });
});
