import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type ClientExit, createTmuxClient, tmuxVersion } from '../../src/tmux/client.ts';
import { DRIPS, diesOf, type FakeAnswer, FakeTmux, FLOODS, HANGS, prints, says } from '../support/fake-tmux.ts';
import { makePrivateFolder, removeFolder } from '../support/private-folder.ts';
import { childrenOf, isRunning, processLife } from '../support/process-life.ts';
import { TmuxServer } from '../support/tmux-server.ts';

const PATH = process.env['PATH'] ?? '/usr/bin:/bin';
const SOCKET = '/tmp/tmux-0/x';
const itAsRoot = process.getuid?.() === 0 ? it : it.skip;

interface Options {
  readonly binary: string;
  readonly timeoutMs?: number;
  readonly environment?: Record<string, string>;
}

function clientOf({ binary, timeoutMs = 5_000, environment = { PATH } }: Options) {
  return createTmuxClient({ binary, timeoutMs, environment });
}

describe('createTmuxClient, with a tmux that misbehaves', () => {
  const cleanups: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function fakeOf(answer: FakeAnswer): Promise<FakeTmux> {
    const fake = await FakeTmux.create(answer);
    cleanups.push(() => fake.cleanup());
    return fake;
  }

  async function run(answer: FakeAnswer, timeoutMs?: number): Promise<{ exit: ClientExit; fake: FakeTmux }> {
    const fake = await fakeOf(answer);
    const client = clientOf({ binary: fake.binary, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    return { exit: await client(SOCKET, ['list-sessions'], null), fake };
  }

  async function expectNoneLeft(fake: FakeTmux): Promise<void> {
    const pids = await fake.pids();
    expect(pids).toHaveLength(1);
    expect(pids.filter((pid) => isRunning(processLife(pid)))).toEqual([]);
    expect(childrenOf(process.pid).filter((pid) => pids.includes(pid))).toEqual([]);
  }

  it('gives the exit code and both streams, byte for byte', async () => {
    const stdout = "tab\there 'quoted' \\n %s 😀\n\n";
    const { exit } = await run(`printf %s 'complaint' >&2; ${prints(stdout, 3)}`);

    expect(exit).toEqual({ kind: 'exited', code: 3, stdout, stderr: 'complaint' });
  });

  it('asks for UTF-8 and for one socket, before the command', async () => {
    const { exit } = await run('printf "%s|" "$@"');

    expect(exit).toMatchObject({ stdout: `-u|-S|${SOCKET}|list-sessions|` });
  });

  it('runs outside of any folder that could be unmounted or removed, with no stdin', async () => {
    const { exit } = await run('pwd; cat');

    expect(exit).toMatchObject({ stdout: '/\n' });
  });

  it('knows nothing but the environment that it is given', async () => {
    const fake = await fakeOf('env | sort');

    const exit = await clientOf({ binary: fake.binary, environment: { ONLY: 'this' } })(SOCKET, ['x'], null);

    expect(exit).toMatchObject({ stdout: expect.stringContaining('ONLY=this') });
    expect(exit).not.toMatchObject({ stdout: expect.stringMatching(/TMUX|HOME|LANG/) });
  });

  it.each([
    ['hangs', HANGS],
    ['drips', DRIPS],
    ['ignores every polite signal', `trap '' TERM INT HUP; ${HANGS}`],
  ])('kills and reaps one that %s when its time is up', async (_, answer) => {
    const { exit, fake } = await run(answer, 150);

    expect(exit).toEqual({ kind: 'timeout' });
    await expectNoneLeft(fake);
  });

  it('ends one that floods, and says so', async () => {
    const { exit, fake } = await run(FLOODS);

    expect(exit).toEqual({ kind: 'overflow' });
    await expectNoneLeft(fake);
  });

  it.each(['SIGKILL', 'SIGSEGV', 'SIGTERM'] as const)('says that one was killed by %s', async (signal) => {
    expect((await run(diesOf(signal))).exit).toEqual({ kind: 'killed', signal });
  });

  it('tells of every client that was run', async () => {
    const told: unknown[] = [];
    const fake = await fakeOf(says('lost server'));
    const onExit = (command: string, { kind }: ClientExit) => void told.push([command, kind]);
    const client = createTmuxClient({ binary: fake.binary, timeoutMs: 5_000, environment: { PATH }, onExit });

    await client(SOCKET, ['list-panes', '-a'], null);

    expect(told).toEqual([['list-panes', 'exited']]);
  });

  itAsRoot('runs as the user it is told to, with no group of ours', async () => {
    const fake = await fakeOf('id -u; id -g; id -G');
    const folder = join(fake.binary, '..');
    await Promise.all([chmod(folder, 0o777), chmod(fake.binary, 0o755)]);

    const exit = await clientOf({ binary: fake.binary })(SOCKET, ['x'], { uid: 65_534, gid: 65_533 });

    expect(exit).toMatchObject({ stdout: '65534\n65533\n65533\n' });
  });

  it('says how to mend a tmux that is not there', async () => {
    expect(await clientOf({ binary: '/nonexistent/tmux' })(SOCKET, ['x'], null)).toEqual({
      kind: 'not_started',
      message: 'tmux was not found as "/nonexistent/tmux": install tmux, or name it with --tmux.binary',
    });
  });

  it('says how to mend a tmux that may not be executed', async () => {
    const folder = await makePrivateFolder();
    cleanups.push(() => removeFolder(folder));
    const binary = join(folder, 'tmux');
    await writeFile(binary, 'no program', { mode: 0o600 });

    expect(await clientOf({ binary })(SOCKET, ['x'], null)).toEqual({
      kind: 'not_started',
      message: `"${binary}" may not be executed: name a tmux that may with --tmux.binary`,
    });
  });

  it('does not wait for a stopped server, which holds the streams of its clients open', async () => {
    const server = await TmuxServer.start();
    cleanups.push(() => server.cleanup());
    server.kill('SIGSTOP');
    const begun = performance.now();

    const exit = await clientOf({ binary: 'tmux', timeoutMs: 150 })(server.socket, ['list-sessions'], null);

    expect(exit).toEqual({ kind: 'timeout' });
    expect(performance.now() - begun).toBeLessThan(3_000);
  });
});

describe('tmuxVersion', () => {
  it('gives what tmux says', async () => {
    expect(await tmuxVersion('tmux', { PATH })).toEqual({ kind: 'version', text: expect.stringMatching(/^tmux \S+$/) });
  });

  it('gives the problem where there is none', async () => {
    expect(await tmuxVersion('/nonexistent/tmux', { PATH })).toEqual({
      kind: 'problem',
      text: expect.stringContaining('install tmux'),
    });
  });

  it('gives the problem where it is another program', async () => {
    expect(await tmuxVersion('false', { PATH })).toEqual({
      kind: 'problem',
      text: '"false -V" ended with 1: expected a tmux',
    });
  });
});
