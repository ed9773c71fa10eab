import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { isInstalled } from '../support/machine/program.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { FeedReader } from '../support/world/feed-reader.ts';
import { Nginx } from '../support/world/nginx.ts';

/** The heartbeat is a fifth of what nginx waits for, as 15 s are a quarter of its default of 60 s. */
const HEARTBEAT = '400ms';
const READ_TIMEOUT = '2s';

(isInstalled('nginx') ? describe : describe.skip)('A real nginx with its default buffering', () => {
  let daemon: Daemon;
  let nginx: Nginx;

  beforeAll(async () => {
    daemon = await Daemon.start({ flags: [`--feed.heartbeat=${HEARTBEAT}`] });
    nginx = await Nginx.start(daemon.url.replace('http://', ''), READ_TIMEOUT);
  }, 30_000);

  afterAll(async () => {
    await nginx.cleanup();
    await daemon.cleanup();
  });

  it('keeps the stream beyond its read timeout, and passes an event on at once', async () => {
    const feed = await FeedReader.open(nginx.url);
    const direct = await FeedReader.open(daemon.url);
    const begun = performance.now();
    for (let beat = 1; performance.now() - begun < 5_000; beat++) {
      await feed.next(
        (message) =>
          feed.messages.filter(({ type }) => type === 'heartbeat').length >= beat && message === feed.messages.at(-1),
      );
    }
    const server = await TmuxServer.start({ folder: daemon.sockets, name: 'behind' });
    try {
      const up = ({ type }: { type: string }) => type === 'server-up';
      await direct.next(up);
      const seenAt = performance.now();
      await feed.next(up);
      expect(performance.now() - seenAt).toBeLessThan(5_000);
    } finally {
      await server.cleanup();
      feed.close();
      direct.close();
    }
  }, 30_000);
});
