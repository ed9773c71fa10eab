import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ProcessTableReader } from '../../../src/proc/process/process-table.ts';
import { AccountingBench } from '../../support/machine/accounting-bench.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { cpuSeconds } from '../../support/machine/process-cost.ts';
import { inState, processLife, signal } from '../../support/machine/process-life.ts';
import { pidsBelow, readProcesses } from '../../support/machine/process-reading.ts';
import { runs } from '../../support/sample/seed.ts';
import { BLIND, PLATFORM } from '../../support/tmux/evidence-bench.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';

/** Ways for a shell to have children, each of which stays. */
const CHILDREN = {
  child: 'sleep 1000 &',
  grandchild: '(sleep 1000; :) &',
  /** Its parent ends at once, and init adopts it. */
  orphan: '(sleep 1000 &);',
  /** Its parent never waits for it. */
  zombie: 'sh -c "sleep 0 & exec sleep 1000" &',
} as const;

const SPIN = 'while :; do :; done';

const layouts = fc.record({
  /** The processes below each pane of each session. */
  sessions: fc.array(fc.array(fc.subarray(Object.keys(CHILDREN) as (keyof typeof CHILDREN)[]), { maxLength: 2 }), {
    minLength: 1,
    maxLength: 3,
  }),
  isLinked: fc.boolean(),
});

describe('Process accounting', () => {
  let bench: AccountingBench;
  let folder: string;
  const servers: TmuxServer[] = [];

  beforeEach(async () => {
    bench = new AccountingBench();
    folder = await makePrivateFolder();
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) {
      const roots = await panePids(server).catch(() => []);
      const lives = pidsBelow(roots).map(processLife);
      await server.cleanup();
      for (const life of lives) signal(life, 'SIGKILL');
    }
    await bench.cleanup();
    await removeFolder(folder);
  });

  async function start(name: string, command: string, sessions: readonly string[] = ['main']): Promise<TmuxServer> {
    const server = await TmuxServer.start({ folder, name, command, sessions });
    servers.push(server);
    return server;
  }

  /** A file that is there once a shell has written it. */
  function fileNamed(name: string): string {
    return join(folder, name);
  }

  function written(file: string): Promise<void> {
    return eventually(`${file} to be written`, () => existsSync(file), 60_000);
  }

  it(
    'tells of generated layouts what an independent reading of /proc tells',
    async () => {
      for (const [number, { sessions, isLinked }] of fc.sample(layouts, { numRuns: runs(6) }).entries()) {
        const name = `layout-${number}`;
        const names = sessions.map((_, session) => `s${session}`);
        const server = await start(name, 'exec cat', names);
        for (const [at, kinds] of sessions
          .flatMap((panes, session) => panes.map((kinds) => [session, kinds] as const))
          .entries()) {
          const [session, children] = kinds;
          const file = fileNamed(`${number}-${at}`);
          const command = `${children.map((child) => CHILDREN[child]).join(' ')} : > ${file}; exec cat`;
          await server.run('split-window', '-d', '-t', `s${session}`, command);
          await written(file);
        }
        if (isLinked) await server.run('link-window', '-d', '-s', 's0', '-t', `${names.at(-1)}:9`);
        await bench.add(name, server);
        for (const session of names) await expectTruth(name, server, session);
      }
    },
    runs(120_000),
  );

  /** The usage before and after a pass must be equal; otherwise both are read again. */
  async function expectTruth(name: string, server: TmuxServer, session: string): Promise<void> {
    const roots = await panePids(server, '-s', '-t', `=${session}:`);
    const read = () => {
      const { pids, cpuSeconds, ...holdings } = readProcesses(roots);
      return holdings;
    };
    let [before, after] = [read(), read()];
    await eventually('the processes to stay as they are', async () => {
      before = read();
      await bench.pass();
      after = read();
      return JSON.stringify(before) === JSON.stringify(after);
    });
    const { cpuMs, ...found } = bench.usage(name, session) ?? { cpuMs: null };
    expect(found).toEqual(after);
    expect(after.processes).toBeGreaterThan(0);
    const panes = bench.paneUsages(name, await panePids(server, '-s', '-t', `=${session}:`));
    expect(panes.reduce((sum, usage) => sum + usage.processes, 0)).toBe(after.processes);
  }

  it('counts the CPU time of a burner to the tick', async () => {
    const file = fileNamed('pid');
    // Not the pane's own process: tmux lets that go on when it is stopped.
    const server = await start('burner', `sh -c '${SPIN}' & echo $! > ${file}.new; mv ${file}.new ${file}; exec cat`);
    await bench.add('burner', server);
    await written(file);
    const burner = processLife(Number(readFileSync(file, 'utf8')));
    let stoppedFirst: number | null = null;
    for (const wanted of [0.1, 0.3, 0.5]) {
      signal(burner, 'SIGCONT');
      await eventually('it to have burnt', () => cpuSeconds(burner.pid) >= wanted, 30_000);
      signal(burner, 'SIGSTOP');
      await inState(burner, 'T');
      await bench.pass();
      stoppedFirst ??= cpuSeconds(burner.pid);
      expect(bench.cpuSeconds('burner', 'main')).toBeCloseTo(cpuSeconds(burner.pid) - stoppedFirst, 6);
    }
  });

  it('counts thousands of short-lived children, and those that lived over several passes, within 5 % of the kernel', async () => {
    const [go, done, times] = [fileNamed('go'), fileNamed('done'), fileNamed('times')];
    const long = `sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'`;
    const short = 'for i in $(seq 2000); do /bin/true; done';
    const script = `until [ -e ${go} ]; do read -t 0.05 < <(:) || :; done; ${long} & ${short}; wait; times > ${times}; : > ${done}; exec cat`;
    const server = await start('short', `exec bash -c '${script.replaceAll("'", "'\\''")}'`);
    await bench.add('short', server);
    await bench.pass();
    const [pid = 0] = await panePids(server);
    const before = cpuSeconds(pid, true);
    await writeFile(go, '');
    const counts: number[] = [];
    await eventually(
      'the children to have ended',
      async () => {
        await bench.pass();
        counts.push(bench.cpuSeconds('short', 'main') ?? Number.NaN);
        return existsSync(done);
      },
      100_000,
    );
    await bench.pass();
    await bench.pass();
    const spent = secondsIn(readFileSync(times, 'utf8')) - before;
    expect(bench.cpuSeconds('short', 'main')).toBeGreaterThan(spent * 0.95);
    expect(bench.cpuSeconds('short', 'main')).toBeLessThan(spent * 1.05 + 0.05);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.length).toBeGreaterThan(5);
  }, 120_000);

  it('keeps what init adopted with its pane, and not what made a session of its own', async () => {
    const file = fileNamed('pid');
    const server = await start(
      'adopted',
      `(sleep 1000 &) ; (setsid sleep 1000 & echo $! > ${file}.new; mv ${file}.new ${file}); exec cat`,
    );
    await written(file);
    const daemon = processLife(Number(readFileSync(file, 'utf8')));
    await bench.add('adopted', server);
    await eventually('the shell, and the sleeper that init adopted', async () => {
      await bench.pass();
      return bench.usage('adopted', 'main')?.processes === 2;
    });
    signal(daemon, 'SIGKILL');
  });

  it('counts a pane in each session that its window is linked into, from then on', async () => {
    const server = await start('linked', SPIN, ['one']);
    const [pid = 0] = await panePids(server);
    await bench.add('linked', server);
    await bench.pass();
    const before = cpuSeconds(pid);
    await eventually('it to have burnt', () => cpuSeconds(pid) >= before + 0.2, 30_000);
    await bench.pass();
    await server.run('new-session', '-d', '-s', 'two', 'exec cat');
    await server.run('link-window', '-d', '-s', 'one', '-t', 'two:5');
    await bench.poll('linked');
    await bench.pass();
    await eventually(
      'it to have burnt more',
      async () => {
        await bench.pass();
        return (bench.cpuSeconds('linked', 'two') ?? 0) >= 0.2;
      },
      30_000,
    );
    const [one = 0, two = 0] = ['one', 'two'].map((session) => bench.cpuSeconds('linked', session) ?? 0);
    expect(one - two).toBeGreaterThan(0.1);
    expect(bench.usage('linked', 'two')?.processes).toBe(2);
  });

  it('keeps the counter of a session that is renamed, and begins anew for a new one of the old name', async () => {
    const server = await start('named', SPIN, ['old']);
    await bench.add('named', server);
    await bench.pass();
    await eventually(
      'it to have burnt',
      async () => {
        await bench.pass();
        return (bench.cpuSeconds('named', 'old') ?? 0) >= 0.1;
      },
      30_000,
    );
    const counted = bench.cpuSeconds('named', 'old') ?? Number.NaN;
    await server.run('rename-session', '-t', 'old', 'new');
    await server.run('new-session', '-d', '-s', 'old', 'exec cat');
    await bench.poll('named');
    await bench.pass();
    expect(bench.cpuSeconds('named', 'new')).toBeGreaterThanOrEqual(counted);
    expect(bench.cpuSeconds('named', 'old')).toBeLessThan(counted);
  });

  it('goes on counting while the server does not answer', async () => {
    const server = await start('hung', SPIN);
    await bench.add('hung', server);
    await bench.pass();
    server.kill('SIGSTOP');
    await inState(server.life, 'T');
    await bench.poll('hung', { timeoutMs: 200 });
    expect(bench.record('hung').snapshot).toBeNull();
    const [pid = 0] = [...(bench.record('hung').processes?.layout.panes ?? [])].map((pane) => pane.pid);
    const before = cpuSeconds(pid);
    await eventually('it to have burnt', () => cpuSeconds(pid) >= before + 0.2, 30_000);
    await bench.pass();
    server.kill('SIGCONT');
    await bench.poll('hung');
    expect(bench.cpuSeconds('hung', 'main')).toBeGreaterThanOrEqual(0.2);
  });

  it('counts nothing for a server whose processes are not visible, and says why', async () => {
    const server = await start('elsewhere', 'exec cat');
    await bench.add('elsewhere', server, { platform: BLIND });
    await bench.pass();
    expect(bench.record('elsewhere').processes).toBeNull();
    expect(bench.problem).toMatch(/^off for elsewhere: .*pid namespace/);
  });

  it('counts nothing for a server that is another process here than it says, and says why', async () => {
    const [server, seen] = [await start('contained', 'exec cat'), await start('seen', 'exec cat')];
    const mark = { pid: seen.pid, start: seen.life.start ?? '' };
    await bench.add('contained', server, {
      platform: { ...PLATFORM, readClaim: () => ({ mark, proof: 'proven', details: null }) },
    });
    await bench.pass();
    expect(bench.record('contained').processes).toBeNull();
    expect(bench.problem).toMatch(/^off for contained: .*pid namespace/);
  });

  it('is off without /proc, and says so', async () => {
    const blind = new AccountingBench(null);
    await blind.pass();
    expect(blind.problem).toBe('off: there is no /proc to read');
  });

  it('shows no old values if /proc could not be read this time', async () => {
    const server = await start('broken', 'exec cat');
    const reader = new ProcessTableReader({ ticksPerSecond: 100, pageBytes: 4096 });
    const breaking = new AccountingBench(reader);
    await breaking.add('broken', server);
    await breaking.pass();
    expect(breaking.usage('broken', 'main')?.processes).toBe(1);
    reader.read = () => Promise.reject(new Error('EMFILE: too many open files'));
    await breaking.pass();
    expect(breaking.record('broken').processes).toBeNull();
    expect(breaking.problem).toBe('off at this poll: EMFILE: too many open files');
    await breaking.cleanup();
  });

  it('keeps nothing of a life that ended', async () => {
    const server = await start('mortal', SPIN);
    await bench.add('mortal', server);
    await bench.pass();
    await server.crash();
    await bench.poll('mortal');
    expect(bench.registry.get('mortal')).toBeUndefined();
    await server.restart();
    await bench.add('mortal', server);
    expect(bench.record('mortal').processes).toBeNull();
    await bench.pass();
    expect(bench.usage('mortal', 'main')?.processes).toBe(1);
  });

  it('joins a pass that is under way', async () => {
    await Promise.all([bench.pass(), bench.pass()]);
    expect(bench.collections).toHaveLength(1);
  });
});

async function panePids(server: TmuxServer, ...target: string[]): Promise<number[]> {
  const pids = await server.run('list-panes', ...(target.length > 0 ? target : ['-a']), '-F', '#{pane_pid}');
  return [...new Set(pids.split('\n').map(Number))];
}

/** Parses the output of bash's `times`: user and system seconds of the shell, then those of its children. */
function secondsIn(times: string): number {
  const all = [...times.matchAll(/(\d+)m([\d.]+)s/g)];
  return all.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}
