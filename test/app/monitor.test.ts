import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { Ticking } from '../support/tmux/ticking.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';

describe('A tick whose search for servers by their processes fails', () => {
  let folder: string;
  let server: TmuxServer;
  let ticking: Ticking;
  let failures: string[];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    server = await TmuxServer.start({ folder, name: 'work' });
    failures = [];
    ticking = new Ticking(folder, {
      discoverProcesses: true,
      environment: {
        monotonicMs: () => {
          throw new TypeError('a bug');
        },
      },
      onSearchFailed: (searched, error) => failures.push(`${searched}: ${String(error)}`),
    });
  });

  afterEach(async () => {
    await ticking.close();
    await server.cleanup();
    await removeFolder(folder);
  });

  it('polls the servers that are known, and reports the failure once', async () => {
    ticking.registry.register({ name: 'work', socket: server.socket, registration: 'static' });
    await ticking.tick();
    expect(ticking.registry.list()).toMatchObject([{ state: 'up', life: { incarnation: { pid: server.pid } } }]);

    await server.crash();
    await ticking.tick();
    expect(ticking.registry.list()).toMatchObject([{ state: 'gone' }]);
    expect(failures).toEqual(['processes: TypeError: a bug']);
  });
});

describe('The socket directory of a user', () => {
  let folder: string;
  let ticking: Ticking;
  const servers: TmuxServer[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    ticking = new Ticking(folder, { environment: { tmuxTmpdir: join(folder, 'later') } });
  });

  afterEach(async () => {
    await ticking.close();
    for (const server of servers.splice(0)) await server.cleanup();
    await removeFolder(folder);
  });

  async function startIn(parent: string): Promise<TmuxServer> {
    const sockets = join(parent, `tmux-${process.getuid?.() ?? 0}`);
    await mkdir(sockets, { recursive: true, mode: 0o700 });
    const server = await TmuxServer.start({ folder: sockets, name: 'work' });
    servers.push(server);
    return server;
  }

  function found(): string[] {
    return ticking.registry.list().flatMap(({ target }) => (target.socket.startsWith(folder) ? [target.name] : []));
  }

  it('is found when TMUX_TMPDIR is made after the start', async () => {
    await ticking.tick();
    expect(found()).toEqual([]);
    await startIn(join(folder, 'later'));
    await ticking.tick();
    expect(found()).toEqual(['work']);
  });

  it('is another one when TMUX_TMPDIR leads elsewhere, and keeps its living servers', async () => {
    await symlink('v1', join(folder, 'later'));
    const first = await startIn(join(folder, 'v1'));
    await ticking.tick();
    await rm(join(folder, 'later'));
    await symlink('v2', join(folder, 'later'));
    const second = await startIn(join(folder, 'v2'));
    await ticking.tick();
    const lives = ticking.registry.list().filter(({ target }) => target.socket.startsWith(folder));
    expect(lives.map(({ life }) => life?.incarnation.pid).sort()).toEqual([first.pid, second.pid].sort());
  });
});
