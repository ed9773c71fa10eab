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

const NAMES = ['mytmux', 'my-tmux', '.tmux-wrapped', 'tmux.bin', 'tmux-longname2'];

/** Calls itself as a tmux server of another program would, and writes a line for each connection. */
const IMPOSTOR = `process.title = 'mytmux: server';
require('node:net').createServer(() => console.log('connected')).listen(process.argv[1], () => console.log('ready'));`;

const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

describeOnLinux('Found by its process', () => {
  let folder: string;
  let daemon: Daemon;
  let stranger: Server;
  let impostor: ChildProcess;
  let connections = 0;
  const lives: ProcessLife[] = [];

  beforeAll(async () => {
    folder = await makePrivateFolder();
    await start('tmux', './relative.sock');
    const { stdout } = await promisify(execFile)('sh', ['-c', 'command -v tmux']);
    for (const name of NAMES) {
      await copyFile(stdout.trim(), join(folder, name));
      await start(join(folder, name), join(folder, `of-${name}`));
    }
    await symlink(stdout.trim(), join(folder, 'linked'));
    await start(join(folder, 'linked'), join(folder, 'of-linked'));
    stranger = createServer(() => connections++).listen(join(folder, 'stranger'));
    impostor = spawn(process.execPath, ['-e', IMPOSTOR, join(folder, 'impostor')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (!impostor.stdout) throw new Error('the impostor has no stdout');
    const lines = createInterface({ input: impostor.stdout });
    await once(lines, 'line');
    lines.on('line', () => connections++);
    daemon = await Daemon.start({
      flags: ['--tmux.discover-processes', `--tmux.server-include=*@${basename(folder)}`],
    });
  });

  afterAll(async () => {
    await daemon.cleanup();
    stranger.close();
    impostor.kill('SIGKILL');
    for (const life of lives) {
      signal(life, 'SIGKILL');
      await ended(life);
    }
    await removeFolder(folder);
  });

  async function start(binary: string, socket: string): Promise<void> {
    const args = ['-S', socket, '-f', '/dev/null', 'new-session', '-d', '-P', '-F', '#{pid}', '-s', 'main', 'exec cat'];
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent', SHELL: '/bin/sh', TERM: 'xterm', LC_ALL: 'C.UTF-8' };
    const { stdout } = await promisify(execFile)(binary, args, { cwd: folder, env });
    lives.push(processLife(Number(stdout)));
  }

  it.each(['relative.sock', 'of-linked', ...NAMES.map((name) => `of-${name}`)])(
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
