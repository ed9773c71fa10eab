import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { SmallDisk } from '../support/machine/small-disk.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

const trial = await SmallDisk.mount(400);
await trial?.unmount();
const itOnDisk = trial ? it : it.skip;

itOnDisk('A daemon that cannot say that its store is behind reports events as its history has them', async () => {
  const disk = await SmallDisk.mount(400);
  if (!disk) throw new Error('expected to mount a second time');
  const daemon = await Daemon.start({ state: disk.folder, schedule: '0 0 1 1 *' });
  const feed = await FeedReader.open(daemon.url, '&since=all');
  try {
    const seal = join(disk.folder, 'state', 'journal.db.complete');
    // A folder cannot be removed as a file can.
    rmSync(seal);
    mkdirSync(seal);
    const epochs = () => new Set(feed.messages.flatMap(({ type, id }) => (isEvent(type) ? [epochOf(id)] : [])));
    for (let number = 0; epochs().size < 2; number++) {
      if (number === 1) disk.fill();
      const server = `server-${number}`;
      await daemon.change(`/api/v1/servers/${server}`, 'PUT', { socket: join(daemon.sockets, server) });
      await feed.next((message) => message.type === 'server-registered' && message.server?.name === server);
    }

    const told = feed.messages.filter(({ type }) => isEvent(type)).map(({ id }) => id);
    const answer = await fetch(`${daemon.url}/api/v1/events?limit=1000`);
    const { events } = (await answer.json()) as { events: { id: string }[] };
    expect(told).toEqual(events.map(({ id }) => id));
  } finally {
    feed.close();
    await daemon.cleanup();
    await eventually('nothing uses the disk', () => disk.unmount().then(() => true));
  }
});

function isEvent(type: string): boolean {
  return type.startsWith('server-');
}

function epochOf(id: unknown): string {
  return String(id).split('-')[0] ?? '';
}
