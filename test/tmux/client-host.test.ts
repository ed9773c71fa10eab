import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ClientHost } from '../../src/tmux/client-host.ts';
import type { ProgramRun } from '../../src/tmux/run-program.ts';
import { eventually } from '../support/eventually.ts';
import { diesOf, type FakeAnswer, FakeTmux, FLOODS, HANGS, prints } from '../support/fake-tmux.ts';
import { childrenOf, ended, isRunning, processLife, signal } from '../support/process-life.ts';

const PATH = process.env['PATH'] ?? '/usr/bin:/bin';

const itAsRoot = process.getuid?.() === 0 ? it : it.skip;

/** A daemon that runs one client for ever, and tells the pid of its host. */
const DAEMON = `
  import { ClientHost } from ${JSON.stringify(new URL('../../src/tmux/client-host.ts', import.meta.url).href)};
  const [binary, timeoutMs] = process.argv.slice(1);
  const host = new ClientHost({ PATH: process.env.PATH });
  const run = { file: binary, args: ['x'], identity: null, environment: { PATH: process.env.PATH } };
  void host.run({ ...run, timeoutMs: Number(timeoutMs) });
  setInterval(() => {}, 60_000);
  console.log('begun');
`;

describe('ClientHost', () => {
  let host: ClientHost;
  const cleanups: (() => Promise<void>)[] = [];

  beforeEach(() => {
    host = new ClientHost({ PATH });
  });

  afterEach(async () => {
    await host.close();
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function fakeOf(answer: FakeAnswer): Promise<FakeTmux> {
    const fake = await FakeTmux.create(answer);
    cleanups.push(() => fake.cleanup());
    return fake;
  }

  function runOf({ binary }: { binary: string }, timeoutMs = 10_000): ProgramRun {
    return { file: binary, args: ['list-sessions'], identity: null, environment: { PATH }, timeoutMs };
  }

  /** The process of the host, as a child of ours. */
  function hostPid(): number {
    const [pid, ...others] = childrenOf(process.pid);
    if (pid === undefined || others.length > 0) throw new Error(`expected one child, found ${others.length + 1}`);
    return pid;
  }

  it.each<[string, FakeAnswer, object]>([
    ['what it says and its exit code', prints('tab\t😀\n', 3), { kind: 'exited', code: 3, stdout: 'tab\t😀\n' }],
    ['the signal that ended it', diesOf('SIGSEGV'), { kind: 'killed', signal: 'SIGSEGV' }],
    ['that it floods', FLOODS, { kind: 'overflow' }],
    ['whose child it is', 'echo $PPID', { kind: 'exited', stdout: expect.stringMatching(/^\d+\n$/) }],
  ])('tells of a client: %s', async (_, answer, expected) => {
    expect(await host.run(runOf(await fakeOf(answer)))).toMatchObject(expected);
  });

  it('is the parent of the clients, many at a time', async () => {
    const run = runOf(await fakeOf('echo $PPID'));
    const exits = await Promise.all(Array.from({ length: 20 }, () => host.run(run)));

    const parents = new Set(exits.map((exit) => (exit.kind === 'exited' ? exit.stdout : exit.kind)));
    expect([...parents]).toEqual([`${hostPid()}\n`]);
  });

  itAsRoot('runs a client as the user it is told to, with no group of ours', async () => {
    const fake = await fakeOf('id -u; id -g; id -G');
    await Promise.all([chmod(join(fake.binary, '..'), 0o777), chmod(fake.binary, 0o755)]);

    const exit = await host.run({ ...runOf(fake), identity: { uid: 65_534, gid: 65_533 } });

    expect(exit).toMatchObject({ stdout: '65534\n65533\n65533\n' });
  });

  it('kills and reaps a client whose time is up', async () => {
    const fake = await fakeOf(HANGS);

    expect(await host.run(runOf(fake, 150))).toEqual({ kind: 'timeout' });
    expect((await fake.pids()).filter((pid) => isRunning(processLife(pid)))).toEqual([]);
  });

  it('says why a client could not be started', async () => {
    expect(await host.run(runOf({ binary: '/nonexistent/tmux' }))).toEqual({ kind: 'not_started', error: 'ENOENT' });
  });

  it('runs a client once more from here where the host was killed, and goes on without it', async () => {
    const fake = await fakeOf(`echo $PPID; sleep 0.3`);
    await host.run(runOf(fake));
    const begun = host.run(runOf(fake));
    await eventually('the client runs', async () => (await fake.pids()).length === 2);
    signal(processLife(hostPid()), 'SIGKILL');

    const [interrupted, next] = [await begun, await host.run(runOf(fake))];

    expect([interrupted, next]).toMatchObject(Array(2).fill({ kind: 'exited', stdout: `${process.pid}\n` }));
  });

  it('goes on without a host that somebody has stopped', async () => {
    const run = runOf(await fakeOf('echo $PPID'), 100);
    await host.run(run);
    const life = processLife(hostPid());
    signal(life, 'SIGSTOP');

    expect(await host.run(run)).toEqual({ kind: 'exited', code: 0, stdout: `${process.pid}\n`, stderr: '' });
    await ended(life);
  });

  it('can be closed while its process is stopped', async () => {
    await host.run(runOf(await fakeOf('exit 0')));
    const life = processLife(hostPid());
    signal(life, 'SIGSTOP');

    await host.close();

    expect(isRunning(life)).toBe(false);
  });

  it('leaves the signals of the terminal to the daemon, and ends when it is closed', async () => {
    const run = runOf(await fakeOf('echo $PPID'));
    await host.run(run);
    const life = processLife(hostPid());
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) signal(life, name);

    expect(await host.run(run)).toMatchObject({ stdout: `${life.pid}\n` });
    await host.close();

    expect(isRunning(life)).toBe(false);
  });

  it('ends with a daemon that is killed, and with it the client that it had to reap', async () => {
    const fake = await fakeOf(HANGS);
    const daemon = spawn(process.execPath, ['--input-type=module', '--eval', DAEMON, fake.binary, '500'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(createInterface({ input: daemon.stdout }), 'line');
    await eventually('the client runs', async () => (await fake.pids()).length === 1);
    const [hosting = 0] = childrenOf(daemon.pid ?? 0);
    const lives = [hosting, ...(await fake.pids())].map(processLife);

    daemon.kill('SIGKILL');

    for (const life of lives) await ended(life);
  });
});
