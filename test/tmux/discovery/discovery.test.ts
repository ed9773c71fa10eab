import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Connect } from '../../../src/core/model/observation.ts';
import { listSockets, SocketDirectory, type SocketDirectoryOptions } from '../../../src/tmux/discovery/discovery.ts';
import { probeSocket } from '../../../src/tmux/probe.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { listenOn, makeStaleSocket } from '../../support/tmux/stale-socket.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';

const OLD = 60_000;

describe('SocketDirectory', () => {
  let root = '';
  let directory = '';
  const known = new Set<string>();
  const found: string[] = [];
  const polled: string[] = [];
  let onKnown: (socket: string) => boolean = () => false;
  const probed: string[] = [];
  const servers: Server[] = [];
  const scanners: SocketDirectory[] = [];
  let happened = Promise.withResolvers<void>();

  beforeEach(async () => {
    root = await makePrivateFolder();
    directory = join(root, 'tmux-0');
    await mkdir(directory, { mode: 0o700 });
  });

  afterEach(async () => {
    for (const scanner of scanners.splice(0)) scanner.close();
    for (const server of servers.splice(0)) server.close();
    known.clear();
    polled.length = 0;
    onKnown = () => false;
    found.length = 0;
    probed.length = 0;
    await removeFolder(root);
  });

  /** A scanner whose clock runs `ahead` milliseconds before that of the files. */
  function scannerOf(options: Partial<SocketDirectoryOptions> & { ahead?: number } = {}) {
    const { ahead = 0, probe = probeSocket, ...others } = options;
    const scanner = new SocketDirectory({
      directory,
      probe: (socket) => {
        probed.push(socket);
        return probe(socket);
      },
      isKnown: (socket) => known.has(socket),
      onLiveSockets: (live) => {
        const sockets = live.map(({ path }) => path);
        for (const socket of sockets) known.add(socket);
        found.push(...sockets);
        happened.resolve();
        happened = Promise.withResolvers();
      },
      onKnownSocket: async (socket) => {
        polled.push(socket);
        happened.resolve();
        happened = Promise.withResolvers();
        return onKnown(socket);
      },
      now: () => Date.now() + ahead,
      ...others,
    });
    scanners.push(scanner);
    return scanner;
  }

  async function listen(name: string): Promise<string> {
    const path = join(directory, name);
    servers.push(await listenOn(path));
    return path;
  }

  /** Settles when a socket is found that nobody asked for. */
  function untilFound(socket: string): Promise<void> {
    return until(() => found.includes(socket));
  }

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await happened.promise;
  }

  it('finds the live sockets, each once', async () => {
    const sockets = [await listen('a'), await listen('b c'), await listen('ü')];
    const scanner = scannerOf();

    await scanner.scan();
    await scanner.scan();

    expect(found.sort()).toEqual(sockets.sort());
  });

  it('does not probe what is known already', async () => {
    known.add(await listen('a'));

    await scannerOf().scan();

    expect(probed).toEqual([]);
  });

  it('passes over what is no socket of a server', async () => {
    await writeFile(join(directory, 'work.lock'), '');
    await listen('../elsewhere');
    await writeFile(join(directory, 'file'), '');
    await mkdir(join(directory, 'folder'));
    await symlink(join(directory, '../elsewhere'), join(directory, 'link'));

    await scannerOf().scan();

    expect([found, probed]).toEqual([[], []]);
  });

  it('takes a server that is too busy to accept for alive', async () => {
    const socket = await listen('a');

    await scannerOf({ probe: async (): Promise<Connect> => 'busy' }).scan();

    expect(found).toEqual([socket]);
  });

  it('probes each of thousands of old dead sockets once, and then none', async () => {
    const stale = Array.from({ length: 2_000 }, (_, at) => join(directory, `dead-${at}`));
    await makeStaleSocket(...stale);
    const scanner = scannerOf({ ahead: OLD });

    await scanner.scan();
    expect(probed).toHaveLength(2_000);

    await scanner.scan();
    expect(probed).toHaveLength(2_000);
    expect(found).toEqual([]);
  });

  it('probes a dead socket again while it is young: its server may not listen yet', async () => {
    const socket = join(directory, 'a');
    await makeStaleSocket(socket);
    const scanner = scannerOf();

    await scanner.scan();
    await scanner.scan();

    expect(probed).toEqual([socket, socket]);
  });

  it.each<Connect>(['denied', 'failed'])('probes a socket again for which connect %s: it may live', async (connect) => {
    const socket = await listen('a');
    const scanner = scannerOf({ ahead: OLD, probe: async () => connect });

    await scanner.scan();
    await scanner.scan();

    expect(probed).toEqual([socket, socket]);
  });

  it('finds a server that takes the place of a dead socket', async () => {
    const socket = join(directory, 'a');
    await makeStaleSocket(socket);
    const scanner = scannerOf({ ahead: OLD });
    await scanner.scan();
    scanner.close();
    await unlink(socket);
    await listen('a');

    await scanner.scan();

    expect(new Set(found)).toEqual(new Set([socket]));
  });

  it.each([
    ['itself', () => directory],
    ['by a link', () => join(root, 'link')],
  ])('finds a server by a scan in a directory, given %s, that was unchanged at the last one', async (_, given) => {
    await symlink(directory, join(root, 'link'));
    const scanner = scannerOf({ ahead: OLD, directory: given() });
    await scanner.scan();
    await scanner.scan();
    scanner.close();
    await listen('a');

    await scanner.scan();

    expect(new Set(found)).toEqual(new Set([join(given(), 'a')]));
  });

  it('finds the servers of another directory that takes the place of an unchanged one', async () => {
    const scanner = scannerOf({ ahead: OLD });
    await scanner.scan();
    scanner.close();
    await mkdir(join(root, 'other'));
    servers.push(await listenOn(join(root, 'other', 'a')));
    await rename(directory, join(root, 'former'));
    await rename(join(root, 'other'), directory);

    await scanner.scan();

    expect(found).toEqual([join(directory, 'a')]);
  });

  it('finds a server within twelve scans if the file system does not note that an entry came', async () => {
    const scanner = scannerOf({ ahead: OLD, stateOf: async () => ({ dev: 1n, ino: 2n, ctimeNs: 3n, ctimeMs: 0n }) });
    await scanner.scan();
    scanner.close();
    await listen('a');

    for (let scan = 0; scan < 12; scan++) await scanner.scan();

    expect(new Set(found)).toEqual(new Set([join(directory, 'a')]));
  });

  it('finds a server in an unchanged directory that it could not read before, for want of file descriptors', async () => {
    const socket = await listen('a');
    const module = new URL('../../../src/tmux/discovery/discovery.ts', import.meta.url);
    const script = `
      import { closeSync, openSync } from 'node:fs';
      import { SocketDirectory } from ${JSON.stringify(module.href)};
      const found = [];
      const scanner = new SocketDirectory({
        directory: ${JSON.stringify(directory)},
        probe: async () => 'accepted',
        isKnown: () => false,
        onLiveSockets: (sockets) => found.push(...sockets.map(({ path }) => path)),
        onKnownSocket: async () => false,
        now: () => Date.now() + ${OLD},
      });
      const taken = [];
      try { for (;;) taken.push(openSync('/dev/null')); } catch {}
      await scanner.scan();
      const without = found.length;
      for (const descriptor of taken) closeSync(descriptor);
      await scanner.scan();
      scanner.close();
      process.stdout.write(JSON.stringify([without, found]));`;
    const limited = ['-c', 'ulimit -n 64 && exec "$0" --input-type=module -e "$1"', process.execPath, script];

    expect(JSON.parse((await promisify(execFile)('sh', limited)).stdout)).toEqual([0, [socket]]);
  });

  it('still finds a server in an unchanged directory that is no longer known', async () => {
    known.add(await listen('a'));
    const scanner = scannerOf({ ahead: OLD });
    await scanner.scan();
    known.clear();

    await scanner.scan();

    expect(found).toEqual([join(directory, 'a')]);
  });

  it('reports a server at once, without another scan', async () => {
    await scannerOf().scan();

    const socket = await listen('a');

    await untilFound(socket);
  });

  it('reports a real tmux server at once, although it binds its socket before it listens', async () => {
    await scannerOf().scan();

    const server = await TmuxServer.start({ folder: directory, name: 'work' });

    await untilFound(server.socket);
    await server.cleanup();
  });

  it('finds a server at once that appears right after another one', async () => {
    await scannerOf().scan();
    for (const name of ['a', 'b', 'c', 'd']) {
      const socket = await listen(name);
      await untilFound(socket);
    }
    expect(probed).toEqual(found);
  });

  it('asks a new socket again that refuses at first', async () => {
    let refusals = 3;
    const scanner = scannerOf({ probe: async () => (refusals-- > 0 ? 'refused' : 'accepted') });
    await scanner.scan();

    const socket = await listen('a');

    await untilFound(socket);
    expect(probed).toEqual([socket, socket, socket, socket]);
  });

  it('has a known server polled at once if its socket came or went', async () => {
    const socket = await listen('a');
    known.add(socket);
    await scannerOf().scan();

    await unlink(socket);
    await until(() => polled.length > 0);

    expect([polled, probed]).toEqual([[socket], []]);
  });

  it('finds a server that took the path of a known one before that was found dead', async () => {
    const socket = join(directory, 'a');
    known.add(socket);
    await scannerOf().scan();
    onKnown = () => known.delete(socket);

    await listen('a');
    await untilFound(socket);

    expect(polled).toEqual([socket]);
  });

  it('has a known server polled again until the one that took its path listens', async () => {
    const socket = join(directory, 'a');
    known.add(socket);
    await scannerOf().scan();
    onKnown = () => polled.length < 3;

    await listen('a');
    await until(() => polled.length === 3);

    expect([polled, probed]).toEqual([[socket, socket, socket], []]);
  });

  it('checks a socket that comes and goes all the time only some times a second, and has seen its last change', async () => {
    const [stale, moved] = [join(directory, 'stale'), join(root, 'moved')];
    let isRestless = true;
    let change = Promise.resolve();
    const comeAndGo = async () => {
      await rename(stale, moved);
      await rename(moved, stale);
    };
    const scanner = scannerOf({
      probe: async (socket) => {
        if (!isRestless || socket !== stale) return probeSocket(socket);
        // It has changed before each check ends, however fast this machine is.
        change = comeAndGo();
        await change;
        return 'refused';
      },
    });
    await scanner.scan();
    await makeStaleSocket(stale);
    await delay(1_000);
    expect(probed.length).toBeGreaterThan(4);
    expect(probed.length).toBeLessThan(15);

    isRestless = false;
    // Its end would put the stale socket over the new one.
    await change;
    const found = happened.promise;
    await listenOn(join(root, 'new')).then((server) => servers.push(server));
    await rename(join(root, 'new'), stale);
    await found;
    expect(known).toEqual(new Set([stale]));
  });

  it('waits for a directory that does not exist yet', async () => {
    directory = join(root, 'tmux-1');
    const scanner = scannerOf();
    await scanner.scan();
    expect(found).toEqual([]);

    await mkdir(directory);
    const first = await listen('a');
    await scanner.scan();
    expect(found).toEqual([first]);

    await untilFound(await listen('b'));
  });

  it('goes on with a directory that was removed and came back', async () => {
    const scanner = scannerOf();
    await scanner.scan();
    await removeFolder(directory);
    await scanner.scan();
    await mkdir(directory);
    await scanner.scan();

    await untilFound(await listen('a'));
    await untilFound(await listen('b'));
  });

  it('continues with a directory that was replaced by another one', async () => {
    const scanner = scannerOf();
    await scanner.scan();
    await rename(directory, `${directory}-old`);
    await mkdir(directory);
    await scanner.scan();

    await untilFound(await listen('a'));
    await untilFound(await listen('b'));
  });

  it('says nothing more once it is closed', async () => {
    const scanner = scannerOf();
    await scanner.scan();
    scanner.close();

    const first = await listen('a');
    const other = scannerOf();
    await other.scan();

    expect(found).toEqual([first]);
    expect(probed).toEqual([first]);
  });
});

describe('listSockets', () => {
  it('gives the sockets, whatever their names, and nothing else', async () => {
    const folder = await makePrivateFolder();
    const sockets = ['a', 'build.lock', '.hidden', 'my project'].map((name) => join(folder, name));
    const servers = sockets.map((path) => createServer().listen(path));
    await Promise.all(servers.map((server) => once(server, 'listening')));
    await writeFile(join(folder, 'a.lock'), '');

    expect((await listSockets(folder)).toSorted()).toEqual(sockets.toSorted());
    for (const server of servers) server.close();
    await removeFolder(folder);
  });

  it('lists none if there is no directory', async () => {
    expect(await listSockets('/nonexistent')).toEqual([]);
  });
});
