import { writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { TestMemoryCgroup } from '../support/machine/memory-cgroup.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

const trial = TestMemoryCgroup.create();
await trial?.remove();
// Needs root, a memory controller and a machine that does not panic when out of memory.
const itWithCgroup = trial ? it : it.skip;

describe('The cause of a death', () => {
  itWithCgroup('is told after the notice, where the kernel killed the server for memory', async () => {
    const daemon = await Daemon.start();
    const server = await TmuxServer.start({ folder: daemon.sockets, name: 'hungry' });
    const cgroup = TestMemoryCgroup.create();
    try {
      if (!cgroup) throw new Error('expected a second memory cgroup where there was a first');
      cgroup.add(server.pid);
      writeFileSync(`/proc/${server.pid}/oom_score_adj`, '1000');
      const feed = await FeedReader.open(daemon.url, '&since=all');
      await feed.next(({ type }) => type === 'server-up');
      await watched(daemon, server);
      await server.addSession('eater').catch(() => '');
      await feed.next(({ type }) => type === 'session-created');
      await server.run('new-window', '-d', 'echo 0 > /proc/self/oom_score_adj; exec tail /dev/zero').catch(() => '');
      const gone = await feed.next(({ type }) => type === 'server-gone');
      expect(gone).toMatchObject({ reason: 'crashed', cause: 'unknown', evidence: { pid_alive: false } });
      const cause = await feed.next(({ type }) => type === 'server-gone-cause');
      expect(cause).toMatchObject({
        gone: gone.id,
        incident: gone['incident'],
        cause: 'oom_kernel',
        reason: 'crashed',
      });
      expect(cause['title']).toBe('why tmux server hungry died: the kernel killed it because memory ran out');
      feed.close();
    } finally {
      await server.cleanup();
      await cgroup?.remove();
      await daemon.cleanup();
    }
  });
});
