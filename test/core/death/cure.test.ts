import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  globFor,
  type Patient,
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
import { samplePatient } from '../../support/sample/sample.ts';
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

    execFileSync(shell, ['-c', socketCure(patientAt(server)).command ?? 'false']);

    await eventually('the socket is back', () => isReachable(server));
  });

  it.each(SHELLS)('takes no path from another server, pasted too late into %s', async (shell) => {
    server = await TmuxServer.start();
    const first = server.pid;
    await server.removeSocket();
    await server.restart();

    const { status } = spawnSync(shell, ['-c', socketCure(patientAt(server, { pid: first })).command ?? '']);

    expect(status).not.toBe(0);
    expect(await server.run('display-message', '-p', '#{pid}')).toBe(String(server.pid));
  });

  it.each(SHELLS)('brings both servers of one path within reach, pasted into %s', async (shell) => {
    server = await TmuxServer.start({ name: 'two of them' });
    const first = server.pid;
    await server.removeSocket();
    await server.restart();
    const { socket } = server;

    const cure = socketCure(patientAt(server, { pid: first, isDisplaced: true }));
    execFileSync(shell, ['-c', cure.command ?? 'false']);

    await eventually('the first one is back', async () => (await pidAt(socket)) === String(first));
    expect(await pidAt(`${socket}-new`)).toBe(String(server.pid));
  });

  it.each(SHELLS)('takes no path from the server that it made room for, pasted into %s', async (shell) => {
    server = await TmuxServer.start();
    const { socket } = server;
    const older = patientAt(server, { isDisplaced: true });
    await server.removeSocket();
    await server.restart();
    execFileSync(shell, ['-c', socketCure(older).command ?? 'false']);
    await eventually('the older one is back', async () => (await pidAt(socket)) === String(older.pid));
    await rm(`${socket}-new`);
    const newer = socketCure(samplePatient({ pid: server.pid, socket: `${socket}-new`, boundPaths: [socket] }));

    expect(spawnSync(shell, ['-c', newer.command ?? '']).status).not.toBe(0);
    expect(await pidAt(socket)).toBe(String(older.pid));

    await rename(socket, `${socket}-old`);
    execFileSync(shell, ['-c', newer.command ?? 'false']);
    await eventually('the newer one is back', () => isReachable(server));
    expect(await pidAt(`${socket}-old`)).toBe(String(older.pid));
    execFileSync('tmux', ['-S', `${socket}-old`, 'kill-server']);
  });

  it.each(SHELLS)('moves what else is at the path aside, pasted into %s', async (shell) => {
    server = await TmuxServer.start();
    await server.removeSocket();
    await writeFile(server.socket, 'mine');

    execFileSync(shell, ['-c', socketCure(patientAt(server, { isPathTaken: true })).command ?? 'false']);

    await eventually('the socket is back', () => isReachable(server));
    expect(await readFile(`${server.socket}-new`, 'utf8')).toBe('mine');
  });

  it('moves no socket over one that is there', async () => {
    server = await TmuxServer.start();
    const other = await TmuxServer.start({ folder: join(server.socket, '..'), name: 'x-new' });
    const { command } = socketCure(patientAt(server, { isDisplaced: true }));

    const { status } = spawnSync('sh', ['-c', command ?? '']);
    const answers = await pidAt(other.socket);
    await other.cleanup();

    expect(status).not.toBe(0);
    expect(answers).toBe(String(other.pid));
  });

  it.each([
    ['sleep', {}],
    ['sleep', { isDisplaced: true }],
    ['sleep', { command: null }],
    ['tmux-sleep', {}],
  ])('does not signal the process of %s that has the pid by now: %j', async (program, patient) => {
    server = await TmuxServer.start();
    const link = join(server.socket, '..', program);
    symlinkSync('/bin/sleep', link);
    const sleeper = spawn(link, ['60']);
    const exit = once(sleeper, 'exit');
    const socket = `${server.socket}-gone`;
    const cure = socketCure(samplePatient({ pid: sleeper.pid ?? 0, socket, ...patient }));

    const { status } = spawnSync('sh', ['-c', cure.command ?? '']);
    sleeper.kill('SIGKILL');

    expect(status).not.toBe(0);
    expect(await exit).toEqual([null, 'SIGKILL']);
  });

  it('brings back a server whose program is not called tmux', async () => {
    const binary = join(folder, 'mux');
    symlinkSync(execFileSync('sh', ['-c', 'command -v tmux'], { encoding: 'utf8' }).trim(), binary);
    server = await TmuxServer.start({ binary });
    await server.removeSocket();

    execFileSync('sh', ['-c', socketCure(patientAt(server, { command: 'mux: server' })).command ?? 'false']);

    await eventually('the socket is back', () => isReachable(server));
  });

  /** A server that is known by the path at which it made its socket. */
  function patientAt({ pid, socket }: TmuxServer, patient: Partial<Patient> = {}): Patient {
    return samplePatient({ pid, socket, ...patient });
  }

  async function isReachable({ socket, pid }: TmuxServer): Promise<boolean> {
    return (await pidAt(socket)) === String(pid);
  }

  async function pidAt(socket: string): Promise<string | null> {
    const { stdout } = spawnSync('tmux', ['-S', socket, '-f', '/dev/null', 'display-message', '-p', '#{pid}']);
    return String(stdout).trim() || null;
  }
});

describe('The cure of another version', () => {
  let folder: string;
  let server: TmuxServer;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    server = await TmuxServer.start();
    writeFileSync(join(folder, 'id'), '#!/bin/sh\necho 4242\n', { mode: 0o755 });
  });
  afterAll(async () => {
    await server.cleanup();
    await removeFolder(folder);
  });

  /** Whether the binary of the server was started: it says that it needs a terminal. */
  function isStarted(shell: string, path: string, patient: Partial<Patient> = {}): boolean {
    const { command } = versionCure(samplePatient({ pid: server.pid, socket: server.socket, ...patient }));
    const { stderr } = spawnSync(shell, ['-c', command ?? 'false'], { env: { PATH: path, TERM: 'xterm' } });
    return String(stderr).includes('not a terminal');
  }

  it.each(SHELLS)('runs the binary of the server only for its user, pasted into %s', (shell) => {
    const path = process.env['PATH'] ?? '';

    expect(isStarted(shell, path)).toBe(true);
    expect(isStarted(shell, `${folder}:${path}`)).toBe(false);
    expect(isStarted(shell, path, { command: 'another: server' })).toBe(false);
  });
});

describe('A cure', () => {
  it.each([
    ['a path with a control character', '/tmp/a\nb'],
    ['a path that becomes too long', `/tmp/${"'".repeat(90)}`],
  ])('has no command for %s', (_, socket) => {
    expect(socketCure(samplePatient({ socket }))).toEqual({
      text: 'Its socket file was deleted. If something is at its path, rename that. Then send SIGUSR1 to process 42, if it is still a tmux server.',
      command: null,
    });
  });

  it('tests every path at which a server may make its socket', () => {
    const moved = { socket: '/tmp/b', formerSocket: '/tmp/a' };
    const known = socketCure(samplePatient({ ...moved, boundPaths: ['/tmp/c', '/tmp/d'] }));
    const unknown = socketCure(samplePatient({ ...moved, boundPaths: [], command: null }));

    expect(known).toEqual({
      text: `Its socket is gone, after it was moved from /tmp/c. ${known.command} makes it create the socket at /tmp/c again. If something is there, rename that first.`,
      command: "test ! -e /tmp/c && test ! -e /tmp/d && ps -o comm= -p 42 | grep -qxF 'tmux: server' && kill -USR1 42",
    });
    expect(unknown.command).toBe(
      'test ! -e /tmp/b && test ! -e /tmp/a && ps -o comm= -p 42 | grep -q tmux && kill -USR1 42',
    );
  });

  it('names the path at which a server makes its socket if there is no command', () => {
    expect(socketCure(samplePatient({ socket: '/tmp/b', boundPaths: ['/tmp/a\nb'] }))).toEqual({
      text: 'Its socket is gone, after it was moved from /tmp/a\ufffdb. If something is at /tmp/a\ufffdb, rename that. Then send SIGUSR1 to process 42, if it is still a tmux server.',
      command: null,
    });
  });

  it('moves no socket to a path that nobody can connect to', () => {
    const socket = `/tmp/${'a'.repeat(100)}`;
    expect(socketCure(samplePatient({ socket, isDisplaced: true })).command).toBeNull();
    expect(socketCure(samplePatient({ socket })).command).not.toBeNull();
  });

  it('makes the folder of tmux again if that is gone too, and no other', () => {
    expect(socketCure(samplePatient({ socket: '/tmp/tmux-1000/a' })).text).toContain('mkdir -m 700 /tmp/tmux-1000.');
    expect(socketCure(samplePatient({ socket: '/tmp/a' })).text).not.toContain('mkdir');
  });

  it('of a stopped server names its process', () => {
    expect(stoppedCure(42)).toEqual({ text: 'kill -CONT 42 resumes it', command: 'kill -CONT 42' });
  });

  it('of another version is its own binary at its own socket, if the shell is of its user', () => {
    const { text, command } = versionCure(samplePatient({ socket: '/srv/my sockets/a' }));

    expect(command).toBe(
      `ps -o uid= -p 42 | grep -qw "$(id -u)" && ps -o comm= -p 42 | grep -qxF 'tmux: server' && /proc/42/exe -S '/srv/my sockets/a' attach`,
    );
    expect(text).toBe(`As its own user, ${command} still reaches it. Restart the server when its work is done.`);
  });

  it.each([
    ['it is in a container', { isElsewhere: true }, 'inside its container'],
    ['nothing is known of its process', { isElsewhere: null, command: null }, 'As its own user, its own binary'],
  ])('of another version has no command if %s', (_, patient, advice) => {
    const cure = versionCure(samplePatient(patient));

    expect(cure).toEqual({ text: expect.stringContaining(advice), command: null });
    expect(cure.text).not.toContain('/proc/');
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
