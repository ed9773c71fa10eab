import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type BinaryEnd,
  type BinaryRun,
  clientEnvironment,
  runTmuxBinary,
} from '../../../src/tmux/binary/binary-client.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { childrenOf, isRunning, processLife } from '../../support/machine/process-life.ts';
import { DRIPS, diesOf, type FakeAnswer, FakeTmux, FLOODS, HANGS, prints } from '../../support/tmux/fake-tmux.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';

const SOCKET = '/tmp/tmux-0/x';
const itAsRoot = process.getuid?.() === 0 ? it : it.skip;

function runOf(run: Partial<BinaryRun>): Promise<BinaryEnd> {
  return runTmuxBinary({
    binary: 'tmux',
    socket: SOCKET,
    command: ['list-sessions'],
    identity: null,
    environment: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    timeoutMs: 5_000,
    ...run,
  });
}

describe('runTmuxBinary, with a tmux that misbehaves', () => {
  const cleanups: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function fakeOf(answer: FakeAnswer): Promise<FakeTmux> {
    const fake = await FakeTmux.create(answer);
    cleanups.push(() => fake.cleanup());
    return fake;
  }

  async function run(
    answer: FakeAnswer,
    options: Partial<BinaryRun> = {},
  ): Promise<{ end: BinaryEnd; fake: FakeTmux }> {
    const fake = await fakeOf(answer);
    return { end: await runOf({ binary: fake.binary, ...options }), fake };
  }

  async function expectNoneLeft(fake: FakeTmux): Promise<void> {
    const pids = await fake.pids();
    expect(pids).toHaveLength(1);
    expect(pids.filter((pid) => isRunning(processLife(pid)))).toEqual([]);
    expect(childrenOf(process.pid).filter((pid) => pids.includes(pid))).toEqual([]);
  }

  it('gives the exit code and both streams, byte for byte', async () => {
    const stdout = "tab\there 'quoted' \\n %s 😀\n\n";
    const { end } = await run(`printf %s 'complaint' >&2; ${prints(stdout, 3)}`);

    expect(end).toEqual({ kind: 'exited', code: 3, stdout, stderr: 'complaint' });
  });

  it('asks for UTF-8 and for one socket, before the command', async () => {
    const { end } = await run('printf "%s|" "$@"');

    expect(end).toMatchObject({ stdout: `-u|-S|${SOCKET}|list-sessions|` });
  });

  it('runs outside of any folder that could be unmounted or removed, with no stdin', async () => {
    expect((await run('pwd; cat')).end).toMatchObject({ stdout: '/\n' });
  });

  it('knows nothing but the environment that it is given', async () => {
    const { end } = await run('env | sort', { environment: { ONLY: 'this' } });

    expect(end).toMatchObject({ stdout: expect.stringContaining('ONLY=this') });
    expect(end).not.toMatchObject({ stdout: expect.stringMatching(/TMUX|HOME|LANG/) });
  });

  it.each([
    ['hangs', HANGS],
    ['drips', DRIPS],
    ['ignores every polite signal', `trap '' TERM INT HUP; ${HANGS}`],
  ])('kills and reaps one that %s when its time is up', async (_, answer) => {
    const { end, fake } = await run(answer, { timeoutMs: 150 });

    expect(end).toEqual({ kind: 'timeout' });
    await expectNoneLeft(fake);
  });

  it('ends one that floods, and says so', async () => {
    const { end, fake } = await run(FLOODS);

    expect(end).toEqual({ kind: 'overflow' });
    await expectNoneLeft(fake);
  });

  it.each(['SIGKILL', 'SIGSEGV', 'SIGTERM'] as const)('says that one was killed by %s', async (signal) => {
    expect((await run(diesOf(signal))).end).toEqual({ kind: 'killed', signal });
  });

  itAsRoot('runs as the user that it is given, with no group of ours', async () => {
    const fake = await fakeOf('id -u; id -g; id -G');
    await Promise.all([chmod(join(fake.binary, '..'), 0o777), chmod(fake.binary, 0o755)]);

    const end = await runOf({ binary: fake.binary, identity: { uid: 65_534, gid: 65_533 } });

    expect(end).toMatchObject({ stdout: '65534\n65533\n65533\n' });
  });

  it('says what to do about a tmux that is not there', async () => {
    expect(await runOf({ binary: '/nonexistent/tmux' })).toEqual({
      kind: 'not_started',
      message: 'tmux was not found as "/nonexistent/tmux": install tmux, or name it with --tmux.binary',
    });
  });

  it('says what to do about a tmux that may not be executed', async () => {
    const folder = await makePrivateFolder();
    cleanups.push(() => removeFolder(folder));
    const binary = join(folder, 'tmux');
    await writeFile(binary, 'no program', { mode: 0o600 });

    expect(await runOf({ binary })).toEqual({
      kind: 'not_started',
      message: `"${binary}" may not be executed: name an executable tmux with --tmux.binary`,
    });
  });

  it('does not wait for a stopped server, which holds the streams of its clients open', async () => {
    const server = await TmuxServer.start();
    cleanups.push(() => server.cleanup());
    server.kill('SIGSTOP');
    const begun = performance.now();

    const end = await runOf({ socket: server.socket, timeoutMs: 150 });

    expect(end).toEqual({ kind: 'timeout' });
    expect(performance.now() - begun).toBeLessThan(3_000);
  });
});

describe('clientEnvironment', () => {
  it('is ours, without what would lead tmux to another server, and what is meant for us', () => {
    const needed = {
      PATH: '/bin',
      HOME: '/home/anna',
      LD_LIBRARY_PATH: '/opt/lib',
      TERMINFO: '/opt/terminfo',
      LANG: 'C',
    };
    const others = { TMUX: '/tmp/x,1,0', TMUX_PANE: '%1', TMUX_TMPDIR: '/x', NODE_OPTIONS: '-x', npm_config_x: 'x' };

    expect(clientEnvironment({ ...needed, ...others, UNSET: undefined })).toEqual(needed);
  });
});
