import { execFile } from 'node:child_process';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { ended, type ProcessLife, processLife, signal } from '../support/machine/process-life.ts';

const UID = 23_456;
const OTHER_UID = 23_457;

const describeAsRoot = process.platform === 'linux' && process.getuid?.() === 0 ? describe : describe.skip;

describeAsRoot('A server of another user', () => {
  let folder: string;
  let daemon: Daemon;
  const lives: ProcessLife[] = [];

  beforeAll(async () => {
    folder = await makePrivateFolder();
    await chmod(folder, 0o755);
    await start(`tmux-${OTHER_UID}`);
    await start(`tmux-${UID}`);
    await start('agents');
    daemon = await Daemon.start({
      flags: ['--tmux.discover-processes', '--tmux.discover-all-users', '--tmux.server-include=*payroll*'],
    });
  });

  afterAll(async () => {
    await daemon.cleanup();
    for (const life of lives) {
      signal(life, 'SIGKILL');
      await ended(life);
    }
    await removeFolder(folder);
  });

  /** Starts a server of the user in a folder of theirs. */
  async function start(name: string): Promise<void> {
    const place = join(folder, name);
    await mkdir(place, { mode: 0o700 });
    await chown(place, UID, UID);
    const args = [
      '-S',
      join(place, 'payroll'),
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-P',
      '-F',
      '#{pid}',
      'exec cat',
    ];
    const env = { PATH: process.env['PATH'], HOME: '/', SHELL: '/bin/sh', TERM: 'xterm', LC_ALL: 'C.UTF-8' };
    const { stdout } = await promisify(execFile)('tmux', args, { cwd: '/', env, uid: UID, gid: UID });
    lives.push(processLife(Number(stdout)));
  }

  it('is named after its owner, whatever its folder is called', async () => {
    await eventually('three servers are up', async () => (await names()).length === 3);

    expect(await names()).toEqual([`${UID}/payroll`, `${UID}/payroll@agents`, `${UID}/payroll@tmux-${OTHER_UID}`]);
  });

  async function names(): Promise<string[]> {
    const response = await fetch(`${daemon.url}/api/v1/servers`);
    const { servers } = (await response.json()) as { servers: { name: string; up: boolean }[] };
    return servers.filter(({ up }) => up).map(({ name }) => name);
  }
});
