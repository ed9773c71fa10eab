import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { ended, type ProcessLife, processLife, signal } from '../support/machine/process-life.ts';
import { ticks } from '../support/tmux/ticks.ts';

const NAMES = [
  'mytmux',
  'my-tmux',
  '.tmux-wrapped',
  'tmux.bin',
  'tmux-longname2',
  'tmux-3.5a-amd64',
  'tmux.linux-amd64',
  'tmux 3.3a static build',
];

function socketOf(program: string): string {
  return `of-${program.replaceAll(' ', '-')}`;
}

const ENV = { PATH: process.env['PATH'], HOME: '/nonexistent', SHELL: '/bin/sh', TERM: 'xterm', LC_ALL: 'C.UTF-8' };

/** Arguments of tmux that start a server with one session and print its pid. */
function newSession(socket: string): string[] {
  return ['-S', socket, '-f', '/dev/null', 'new-session', '-d', '-P', '-F', '#{pid}', '-s', 'main', 'exec cat'];
}

/** Calls itself as a tmux server of another program would, and writes a line for each connection. */
const IMPOSTOR = `process.title = 'mytmux: server';
require('node:net').createServer(() => console.log('connected')).listen(process.argv[1], () => console.log('ready'));`;

/** Listens like a database, starts a tmux server that inherits its socket, and writes a line with the server's pid, and one for each connection. */
const TESTATOR = `const [, socket, ...args] = process.argv;
const database = require('node:net').createServer(() => console.log('connected')).listen(socket, () => {
  require('node:child_process').spawn('tmux', args, { stdio: ['ignore', 'inherit', 'inherit', database._handle.fd] });
});`;

const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

describeOnLinux('Found by its process', () => {
  let folder: string;
  let daemon: Daemon;
  let stranger: Server;
  const programs: ChildProcess[] = [];
  let connections = 0;
  const lives: ProcessLife[] = [];

  beforeAll(async () => {
    folder = await makePrivateFolder();
    await start('tmux', './relative.sock');
    const { stdout } = await promisify(execFile)('sh', ['-c', 'command -v tmux']);
    for (const name of NAMES) {
      await copyFile(stdout.trim(), join(folder, name));
      await start(join(folder, name), join(folder, socketOf(name)));
    }
    await symlink(stdout.trim(), join(folder, 'linked'));
    await start(join(folder, 'linked'), join(folder, 'of-linked'));
    await copyFile(stdout.trim(), join(folder, 'mux'));
    await start(join(folder, 'mux'), 'q');
    await start('tmux', '@zq');
    stranger = createServer(() => connections++).listen(join(folder, 'stranger'));
    await startProgram(IMPOSTOR, join(folder, 'impostor'));
    const heir = await startProgram(TESTATOR, join(folder, 'inherited'), ...newSession(join(folder, 'heir')));
    lives.push(processLife(Number(heir)));
    daemon = await Daemon.start({
      flags: ['--tmux.discover-processes', `--tmux.server-include=*@${basename(folder)}`],
    });
  });

  afterAll(async () => {
    await daemon.cleanup();
    stranger.close();
    for (const program of programs) program.kill('SIGKILL');
    for (const life of lives) {
      signal(life, 'SIGKILL');
      await ended(life);
    }
    await removeFolder(folder);
  });

  async function start(binary: string, socket: string): Promise<void> {
    const { stdout } = await promisify(execFile)(binary, newSession(socket), { cwd: folder, env: ENV });
    lives.push(processLife(Number(stdout)));
  }

  /** Starts a script that counts connections, and returns its first line. */
  async function startProgram(script: string, ...args: readonly string[]): Promise<string> {
    const program = spawn(process.execPath, ['-e', script, '--', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: ENV,
    });
    programs.push(program);
    if (!program.stdout) throw new Error('a program has no stdout');
    const lines = createInterface({ input: program.stdout });
    const [first] = await once(lines, 'line');
    lines.on('line', () => connections++);
    return String(first);
  }

  it.each(['relative.sock', 'q', '@zq', 'heir', 'of-linked', ...NAMES.map(socketOf)])(
    'a server is up and has its processes accounted for: %s',
    async (socket) => {
      const name = `${socket}@${basename(folder)}`;
      expect(await daemon.sample(`tmux_server_up{server="${name}"}`)).toBe(1);
      await eventually('its processes are seen', async () => {
        return (await daemon.sample(`tmux_session_processes{server="${name}",session="main"}`)) === 1;
      });
    },
  );

  it('no socket is spoken to whose process is no tmux server', async () => {
    await ticks(daemon, 2);
    expect(connections).toBe(0);
  });
});
