import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { inState, processLife } from '../support/machine/process-life.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { connectionsTo, watched } from '../support/tmux/watched.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

describe('A daemon that is stopped', () => {
  let daemon: Daemon;
  let feed: FeedReader;
  let server: TmuxServer;
  let other: TmuxServer;

  beforeEach(async () => {
    daemon = await Daemon.start();
    feed = await FeedReader.open(daemon.url);
    server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
    other = await TmuxServer.start({ folder: daemon.sockets, name: 'other' });
    await watched(daemon, server, other);
  });

  afterEach(async () => {
    daemon.kill('SIGCONT');
    feed.close();
    await server.cleanup();
    await other.cleanup();
    await daemon.cleanup();
  });

  it('by Ctrl-Z holds up no end, and reports afterwards who died meanwhile', async () => {
    daemon.kill('SIGTSTP');
    await inState(processLife(daemon.pid), 'T');
    expect(connectionsTo(server.socket)).toEqual([]);
    await server.run('kill-server');
    await server.ended();

    daemon.kill('SIGCONT');
    const gone = await feed.next(({ type }) => type === 'server-gone');
    expect(gone).toMatchObject({ reason: 'lost', server: { name: 'work' } });
    await watched(daemon, other);
    await other.crash();
    expect(
      await feed.next(({ server: about, type }) => type === 'server-gone' && about?.name === 'other'),
    ).toMatchObject({ reason: 'crashed' });
  });

  it('by SIGSTOP is believed once it goes on', async () => {
    daemon.kill('SIGSTOP');
    await inState(processLife(daemon.pid), 'T');
    await server.crash();

    daemon.kill('SIGCONT');
    expect(await feed.next(({ type }) => type === 'server-gone')).toMatchObject({ reason: 'crashed' });
    expect(feed.messages.filter(({ type }) => type === 'server-gone')).toHaveLength(1);
  });

  it('by SIGHUP, which reads the configuration again, keeps its connections', async () => {
    const before = connectionsTo(server.socket);
    expect(before).toHaveLength(1);
    daemon.kill('SIGHUP');
    await eventually('it has read it', () => daemon.log.some(({ msg }) => /configuration was read again/.test(msg)));
    await watched(daemon, server, other);

    expect(connectionsTo(server.socket)).toEqual(expect.arrayContaining(before));
  });
});
