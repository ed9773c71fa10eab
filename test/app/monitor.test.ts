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
