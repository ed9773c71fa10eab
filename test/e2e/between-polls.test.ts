import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

/** The next tick is months away on most days of a year. */
const HARDLY_EVER = '0 0 0 1 1 *';

describe('Between two polls', () => {
  let folder = '';
  let daemon: Daemon;
  let feed: FeedReader;
  let server: TmuxServer;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    daemon = await Daemon.start({
      sockets: folder,
      schedule: HARDLY_EVER,
      flags: [`--tmux.server=named=${folder}/named`, '--no-watch.sessions'],
    });
    feed = await FeedReader.open(daemon.url);
    server = await TmuxServer.start({ folder, name: 'named' });
  });

  afterEach(async () => {
    await server.cleanup();
    feed.close();
    await daemon.cleanup();
    await removeFolder(folder);
  });

  function told(type: string, pid: number): Promise<unknown> {
    return feed.next((message) => message.type === type && message.server?.pid === pid);
  }

  it('a configured server that starts is up, its death is reported, and so is its next life', async () => {
    const first = server.pid;
    await told('server-up', first);
    await server.crash();
    await told('server-gone', first);

    await server.restart();
    await told('server-up', server.pid);

    expect(feed.of('named').map(({ type }) => type)).toEqual(['server-up', 'server-gone', 'server-up']);
  });

  it('a server that starts right after a kill -9 at the same path is up', async () => {
    await told('server-up', server.pid);
    const first = server.pid;

    await server.crash();
    await server.restart();

    await told('server-gone', first);
    await told('server-up', server.pid);
  });

  it('a server whose socket was deleted is reported', async () => {
    await told('server-up', server.pid);

    await server.removeSocket();

    await told('server-unreachable', server.pid);
  });
});
