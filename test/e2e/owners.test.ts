import { execFile } from 'node:child_process';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { CAN_HAVE_SUBORDINATES, withSubordinates } from '../support/daemon/subordinates.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { ended, type ProcessLife, processLife, signal } from '../support/machine/process-life.ts';

const UID = 23_456;
const OTHER_UID = 23_457;
const PERSON = 23_455;
const FLAGS = ['--tmux.discover-processes', '--tmux.discover-all-users', '--tmux.server-include=*payroll*'];

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
    daemon = await Daemon.start({ flags: FLAGS });
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

  (CAN_HAVE_SUBORDINATES ? it : it.skip)('is named after the person who has the user id', async () => {
    const run = await withSubordinates(folder, `${PERSON}:${UID}:1`);
    const other = await Daemon.start({ run, flags: FLAGS });
    await eventually('three servers are up', async () => (await names(other)).length === 3);

    expect((await names(other)).map((name) => name.split('/')[0])).toEqual([`${PERSON}`, `${PERSON}`, `${PERSON}`]);
    await other.cleanup();
  });

  async function names({ url } = daemon): Promise<string[]> {
    const response = await fetch(`${url}/api/v1/servers`);
    const { servers } = (await response.json()) as { servers: { name: string; up: boolean }[] };
    return servers.filter(({ up }) => up).map(({ name }) => name);
  }
});
