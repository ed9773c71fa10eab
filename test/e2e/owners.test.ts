import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { CAN_HAVE_SUBORDINATES, withSubordinates } from '../support/daemon/subordinates.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { ended, type ProcessLife, processLife, signal } from '../support/machine/process-life.ts';
import { Impostor } from '../support/tmux/impostor.ts';
import { ticks } from '../support/tmux/ticks.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

const UID = 23_456;
const OTHER_UID = 23_457;
const PERSON = 23_455;
const FLAGS = ['--tmux.discover-processes', '--tmux.discover-all-users', '--tmux.server-include=*payroll*'];

const describeAsRoot = process.platform === 'linux' && process.getuid?.() === 0 ? describe : describe.skip;

/** Starts a server `payroll` of a user in a new folder of that user. */
async function startServer(uid: number, place: string, session = 'main'): Promise<ProcessLife> {
  await mkdir(place, { mode: 0o700 });
  await chown(place, uid, uid);
  const socket = join(place, 'payroll');
  const words = ['new-session', '-d', '-P', '-F', '#{pid}', '-s', session, 'exec cat'];
  const env = { PATH: process.env['PATH'], HOME: '/', SHELL: '/bin/sh', TERM: 'xterm', LC_ALL: 'C.UTF-8' };
  const options = { cwd: '/', env, uid, gid: uid };
  const { stdout } = await promisify(execFile)('tmux', ['-S', socket, '-f', '/dev/null', ...words], options);
  return processLife(Number(stdout));
}

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
    lives.push(await startServer(UID, join(folder, name)));
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

describeAsRoot("A user who makes a socket a link to another user's", () => {
  const cleanups: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function startIn(folder: string, uid: number, session: string): Promise<ProcessLife> {
    const life = await startServer(uid, join(folder, `tmux-${uid}`), session);
    cleanups.push(async () => signal(life, 'SIGKILL'));
    return life;
  }

  it('gets nothing of it shown, and has the death of the own server reported', async () => {
    const folder = await makePrivateFolder();
    cleanups.push(() => removeFolder(folder));
    await chmod(folder, 0o755);
    await mkdir(join(folder, 'tmux-0'), { mode: 0o700 });
    await startIn(folder, OTHER_UID, 'secret');
    const own = await startIn(folder, UID, 'main');
    const flags = [...FLAGS, `--tmux.server-exclude=${OTHER_UID}/*`];
    const daemon = await Daemon.start({ sockets: join(folder, 'tmux-0'), state: folder, flags });
    cleanups.push(() => daemon.stop());
    const feed = await FeedReader.open(daemon.url, '&since=all');
    cleanups.push(async () => feed.close());
    const name = `${UID}/payroll`;
    await feed.next(({ type, server }) => type === 'server-up' && server?.name === name);

    const socket = join(folder, `tmux-${UID}`, 'payroll');
    await rename(socket, join(folder, 'moved'));
    await symlink(join(folder, `tmux-${OTHER_UID}`, 'payroll'), socket);
    await feed.next(({ type, server }) => type === 'server-unreachable' && server?.name === name);
    await ticks(daemon, 3);
    signal(own, 'SIGKILL');
    await feed.next(({ type, server }) => type === 'server-gone' && server?.name === name);
    await ticks(daemon, 3);

    expect(feed.messages.filter(({ type }) => type === 'server-gone')).toHaveLength(1);
    expect(JSON.stringify(feed.messages)).not.toContain('secret');
    expect(await daemon.metrics()).not.toContain('secret');
  });

  it('gets no server reported under the name of the other, or of a configured one', async () => {
    const folder = await makePrivateFolder();
    cleanups.push(() => removeFolder(folder));
    await chmod(folder, 0o755);
    for (const name of ['tmux-0', 'idle', 'mallory']) await mkdir(join(folder, name), { mode: 0o711 });
    await startIn(folder, OTHER_UID, 'main');
    const goals = [`tmux-${OTHER_UID}`, 'idle'];
    for (const goal of goals) await bindThenLink(join(folder, 'mallory', goal), join(folder, goal));
    const flags = [...FLAGS, `--tmux.server=idle=${join(folder, 'idle', 'payroll')}`];
    const daemon = await Daemon.start({ sockets: join(folder, 'tmux-0'), state: folder, flags });
    cleanups.push(() => daemon.stop());
    const feed = await FeedReader.open(daemon.url, '&since=all');
    cleanups.push(async () => feed.close());
    await feed.next(({ type, server }) => type === 'server-up' && server?.name === `${OTHER_UID}/payroll`);
    await ticks(daemon, 12);

    const idle = await (await fetch(`${daemon.url}/api/v1/servers/idle`)).json();
    expect(idle).toMatchObject({ state: 'pending' });
    const others = feed.messages.filter(({ server }) => server?.name.startsWith(`${OTHER_UID}/`));
    expect(others.map(({ type, server }) => [type, server?.name])).toEqual([
      ['server-registered', `${OTHER_UID}/payroll`],
      ['server-up', `${OTHER_UID}/payroll`],
    ]);
  });

  /** Has a process of the user listen in a folder, which then becomes a link. */
  async function bindThenLink(place: string, goal: string): Promise<void> {
    await mkdir(place);
    await chown(place, UID, UID);
    const impostor = await Impostor.listen(join(place, 'payroll'), UID);
    cleanups.push(() => impostor.end());
    await rename(place, `${place}-before`);
    await symlink(goal, place);
  }
});
