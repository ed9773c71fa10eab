import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { processLife, signal } from '../support/machine/process-life.ts';
import { Chroot } from '../support/tmux/chroot.ts';
import { ContainedServer } from '../support/tmux/contained-server.ts';
import { ticks } from '../support/tmux/ticks.ts';
import { type FeedMessage, FeedReader } from '../support/world/feed-reader.ts';

/** A mount namespace takes root. */
const itAsRoot = process.getuid?.() === 0 ? it : it.skip;

/** Starts a server whose socket lies in a folder that only it sees. */
const START =
  'mount -t tmpfs none "$1" && exec tmux -S "$1/inside" -f /dev/null new-session -d -P -F "#{pid}" -s main "exec cat"';

describe('A server in another mount namespace', () => {
  const cleanups: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  itAsRoot('is found by its process, watched, never taken for a ghost, and its death is reported', async () => {
    const folder = await makePrivateFolder();
    cleanups.push(() => removeFolder(folder));
    const { stdout } = await promisify(execFile)('unshare', ['-m', 'sh', '-c', START, 'sh', folder]);
    const server = processLife(Number(stdout));
    cleanups.push(async () => signal(server, 'SIGKILL'));
    const flags = ['--tmux.discover-processes', '--tmux.server-include=inside@*', '--heal.socket'];
    const daemon = await Daemon.start({ flags });
    cleanups.push(() => daemon.cleanup());
    const feed = await FeedReader.open(daemon.url, '&since=all');
    cleanups.push(async () => feed.close());

    const up = await feed.next(({ type, server: about }) => type === 'server-up' && about?.pid === server.pid);
    expect(up).toMatchObject({
      server: { name: expect.stringMatching(/^inside@/), socket: `/proc/${server.pid}/root${join(folder, 'inside')}` },
    });
    await ticks(daemon, 3);
    signal(server, 'SIGKILL');

    const gone = await feed.next(({ type, server: about }) => type === 'server-gone' && about?.pid === server.pid);
    expect(gone).toMatchObject({ reason: 'crashed', lost: { sessions: 1 } });
    const about = feed.messages.filter((message) => message.server?.pid === server.pid).map(({ type }) => type);
    expect(about).toEqual(['server-up', 'server-gone']);
    expect(daemon.log.filter(({ msg }) => msg.includes('SIGUSR1'))).toEqual([]);
  });
});

describe('A server in a chroot', () => {
  const cleanups: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  itAsRoot.each([
    ['and nobody is', false],
    ['and another server is', true],
  ])('is reached by its process and never healed, if its path is another one outside, %s there', async (_, isTaken) => {
    const [folder, top] = [await makePrivateFolder(), await makePrivateFolder()];
    cleanups.push(...[folder, top].map((made) => () => removeFolder(made)));
    const chroot = await Chroot.make(top, folder);
    cleanups.push(() => chroot.end());
    const socket = join(folder, 'jailed');
    const start = ['-u', '-S', socket, '-f', '/dev/null', 'new-session', '-d', '-P', '-F', '#{pid}', 'exec cat'];
    const begun = (pid: string) => {
      const server = processLife(Number(pid));
      cleanups.push(async () => signal(server, 'SIGKILL'));
      return server;
    };
    if (isTaken) begun(await chroot.beside('tmux', ...start));
    const server = begun(await chroot.inside('tmux', ...start));
    const flags = ['--tmux.discover-processes', '--tmux.server-include=jailed@*', '--heal.socket'];
    const daemon = await Daemon.start({ flags, run: chroot.cli });
    cleanups.push(() => daemon.cleanup());
    const feed = await FeedReader.open(daemon.url, '&since=all');
    cleanups.push(async () => feed.close());

    const isOf = (message: FeedMessage) => message.server?.pid === server.pid;
    const up = await feed.next((message) => message.type === 'server-up' && isOf(message));
    expect(up.server).toMatchObject({ socket: `/proc/${server.pid}/root${socket}` });
    await ticks(daemon, 3);
    signal(server, 'SIGKILL');

    await feed.next((message) => message.type === 'server-gone' && isOf(message));
    expect(feed.messages.filter(isOf).map(({ type }) => type)).toEqual(['server-up', 'server-gone']);
    expect(daemon.log.filter(({ msg }) => msg.includes('SIGUSR1'))).toEqual([]);
  });
});

describe('A server in a pid namespace of its own', () => {
  const cleanups: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  itAsRoot.each([
    ['that only it sees', true, false],
    ['that only it sees, in a network of its own', true, true],
    ['that it shares with us, in a network of its own', false, true],
  ])(
    'has one life and one death, if its socket is deleted and made again: in a folder %s',
    async (_, isOwn, hasOwnNetwork) => {
      const folder = await makePrivateFolder();
      cleanups.push(() => removeFolder(folder));
      const socket = join(folder, 'inside');
      const server = await ContainedServer.start({ socket, ownFolder: isOwn ? folder : null, hasOwnNetwork });
      cleanups.push(() => server.end());
      const flags = ['--tmux.discover-processes', '--tmux.server-include=inside*'];
      const daemon = await Daemon.start({ flags, ...(isOwn ? {} : { sockets: folder }) });
      cleanups.push(() => daemon.cleanup());
      const feed = await FeedReader.open(daemon.url, '&since=all');
      cleanups.push(async () => feed.close());
      const path = isOwn ? `/proc/${server.life.pid}/root${socket}` : socket;

      await feed.next(({ type }) => type === 'server-up');
      await rm(path);
      const unreachable = await feed.next(({ type }) => type === 'server-unreachable');
      expect(unreachable).toMatchObject({ cause: 'socket_lost', server: { socket: path, pid: server.ownPid } });
      expect(unreachable['body']).toContain(`kill -USR1 ${server.life.pid} `);
      await ticks(daemon, 2);
      server.kill('SIGUSR1');
      await feed.next(({ type }) => type === 'server-recovered');
      await ticks(daemon, 2);
      server.kill('SIGKILL');
      await feed.next(({ type }) => type === 'server-gone');
      await ticks(daemon, 2);

      const types = feed.messages.filter(({ server: about }) => about).map(({ type }) => type);
      expect(types).toEqual([
        'server-registered',
        'server-up',
        'server-unreachable',
        'server-recovered',
        'server-gone',
      ]);
    },
  );

  itAsRoot('lives on if one of another container takes its path: each has its own death', async () => {
    const folder = await makePrivateFolder();
    cleanups.push(() => removeFolder(folder));
    const contained = { socket: join(folder, 'inside'), ownFolder: null, hasOwnNetwork: true };
    const first = await ContainedServer.start(contained);
    cleanups.push(() => first.end());
    const daemon = await Daemon.start({
      sockets: folder,
      flags: ['--tmux.discover-processes', '--tmux.server-include=inside*'],
    });
    cleanups.push(() => daemon.cleanup());
    const feed = await FeedReader.open(daemon.url, '&since=all');
    cleanups.push(async () => feed.close());
    const deaths = () => feed.messages.filter(({ type }) => type === 'server-gone').map(({ server }) => server?.name);

    await feed.next(({ type }) => type === 'server-up');
    await rm(contained.socket);
    const second = await ContainedServer.start(contained);
    cleanups.push(() => second.end());
    const displaced = `inside+${first.life.pid}`;
    await feed.next(({ type, server }) => type === 'server-unreachable' && server?.name === displaced);
    await ticks(daemon, 3);
    expect(deaths()).toEqual([]);

    first.kill('SIGKILL');
    await feed.next(({ type }) => type === 'server-gone');
    second.kill('SIGKILL');
    await feed.next(({ type, server }) => type === 'server-gone' && server?.name === 'inside');
    await ticks(daemon, 2);
    expect(deaths()).toEqual([displaced, 'inside']);
  });
});
