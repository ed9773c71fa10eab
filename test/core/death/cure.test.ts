import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  globFor,
  secretFileCure,
  socketCure,
  sparedPlace,
  stoppedCure,
  versionCure,
} from '../../../src/core/death/cure.ts';
import { shellWord } from '../../../src/core/text.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { isInstalled } from '../../support/machine/program.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';

const SHELLS = ['dash', 'bash', 'zsh', 'fish'].filter(isInstalled);

/** Each of them would do harm if a shell did not take it for a name. */
const ODD_NAMES = ['my sockets', "it's", 'a\\b', "a\\'; false; '", '$(false)', '"; false; "', '-n', 'ü*'];

describe('The cure of a lost socket', () => {
  let folder: string;
  let server: TmuxServer;

  beforeAll(async () => {
    folder = await makePrivateFolder();
  });
  afterEach(() => server.cleanup());
  afterAll(() => removeFolder(folder));

  const cases = ODD_NAMES.map((name, at) => [name, SHELLS[at % SHELLS.length] ?? 'sh'] as const);

  it.each(cases)('brings it back in the folder %j, pasted into %s', async (name, shell) => {
    const place = join(folder, name);
    mkdirSync(place, { mode: 0o700 });
    server = await TmuxServer.start({ folder: place });
    await server.removeSocket();

    execFileSync(shell, ['-c', socketCure(server.pid, { socket: server.socket }).command ?? 'false']);

    await eventually('the socket is back', () => isReachable(server));
  });

  it.each(SHELLS)('takes no path from another server, pasted too late into %s', async (shell) => {
    server = await TmuxServer.start();
    const first = server.pid;
    await server.removeSocket();
    await server.restart();

    const { status } = spawnSync(shell, ['-c', socketCure(first, { socket: server.socket }).command ?? '']);

    expect(status).not.toBe(0);
    expect(await server.run('display-message', '-p', '#{pid}')).toBe(String(server.pid));
  });

  it.each(SHELLS)('brings both servers of one path within reach, pasted into %s', async (shell) => {
    server = await TmuxServer.start({ name: 'two of them' });
    const first = server.pid;
    await server.removeSocket();
    await server.restart();
    const { socket } = server;

    const cure = socketCure(first, { socket, displacedPid: first });
    execFileSync(shell, ['-c', cure.command ?? 'false']);

    await eventually('the first one is back', async () => (await pidAt(socket)) === String(first));
    expect(await pidAt(`${socket}-new`)).toBe(String(server.pid));
  });

  it('moves no socket over one that is there', async () => {
    server = await TmuxServer.start();
    const other = await TmuxServer.start({ folder: join(server.socket, '..'), name: 'x-new' });
    const { command } = socketCure(server.pid, { socket: server.socket, displacedPid: server.pid });

    const { status } = spawnSync('sh', ['-c', command ?? '']);
    const answers = await pidAt(other.socket);
    await other.cleanup();

    expect(status).not.toBe(0);
    expect(answers).toBe(String(other.pid));
  });

  it.each([{}, { displacedPid: 1 }])('does not signal a process that has the pid by now: %j', async (displaced) => {
    server = await TmuxServer.start();
    const sleeper = spawn('sleep', ['60']);
    const exit = once(sleeper, 'exit');
    const socket = `${server.socket}-gone`;
    const cure = socketCure(sleeper.pid ?? 0, { socket, ...displaced });

    const { status } = spawnSync('sh', ['-c', cure.command ?? '']);
    sleeper.kill('SIGKILL');

    expect(status).not.toBe(0);
    expect(await exit).toEqual([null, 'SIGKILL']);
  });

  async function isReachable({ socket, pid }: TmuxServer): Promise<boolean> {
    return (await pidAt(socket)) === String(pid);
  }

  async function pidAt(socket: string): Promise<string | null> {
    const { stdout } = spawnSync('tmux', ['-S', socket, '-f', '/dev/null', 'display-message', '-p', '#{pid}']);
    return String(stdout).trim() || null;
  }
});

describe('A cure', () => {
  it.each([
    ['a path with a control character', '/tmp/a\nb'],
    ['a path that becomes too long', `/tmp/${"'".repeat(90)}`],
  ])('has no command for %s', (_, socket) => {
    expect(socketCure(42, { socket })).toEqual({
      text: 'Its socket file was deleted. If something is at its path, rename that. Then send SIGUSR1 to process 42, if it is still a tmux server.',
      command: null,
    });
  });

  it('moves no socket to a path that nobody can connect to', () => {
    const socket = `/tmp/${'a'.repeat(100)}`;
    expect(socketCure(42, { socket, displacedPid: 42 }).command).toBeNull();
    expect(socketCure(42, { socket }).command).not.toBeNull();
  });

  it('makes the folder of tmux again if that is gone too, and no other', () => {
    expect(socketCure(42, { socket: '/tmp/tmux-1000/a' }).text).toContain('mkdir -m 700 /tmp/tmux-1000.');
    expect(socketCure(42, { socket: '/tmp/a' }).text).not.toContain('mkdir');
  });

  it('of a stopped server names its process', () => {
    expect(stoppedCure(42)).toEqual({ text: 'kill -CONT 42 resumes it', command: 'kill -CONT 42' });
  });

  it('of another version is its own binary at its own socket', () => {
    expect(versionCure(42, '/srv/my sockets/a').command).toBe("/proc/42/exe -S '/srv/my sockets/a' attach");
  });

  it('makes a secret private only if nobody else reads it', () => {
    expect(secretFileCure('/etc/my secrets/url').text).toBe(
      "run chmod 600 '/etc/my secrets/url' if the exporter's user owns it and nobody else reads it; otherwise give the exporter a copy",
    );
  });

  it('spares the folder of tmux from a cleaner, and of any other the socket alone', () => {
    expect(sparedPlace('/tmp/tmux-1000/a')).toEqual({ path: '/tmp/tmux-1000', isFolder: true });
    expect(sparedPlace('/tmp/a')).toEqual({ path: '/tmp/a', isFolder: false });
    expect(sparedPlace('/home/me/a')).toEqual({ path: '/home/me/a', isFolder: false });
    expect(globFor("/tmp/my %t 'x'[1]\n/a")).toBe('/tmp/my*t*x*1*/a');
  });
});

describe('A word of a shell', () => {
  it.each(SHELLS)('is one word with the same text in %s, whatever is in it', (shell) => {
    for (const name of ODD_NAMES.filter((text) => !text.startsWith('-'))) {
      expect(execFileSync(shell, ['-c', `printf %s ${shellWord(name)}`], { encoding: 'utf8' })).toBe(name);
    }
  });
});
