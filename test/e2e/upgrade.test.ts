import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OLDER_SCHEMAS, writeOlderStore } from '../store/support/older-store.ts';
import { Daemon } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { ticks } from '../support/tmux/ticks.ts';
import { type FeedMessage, FeedReader } from '../support/world/feed-reader.ts';

/** Events in the store of the older version. */
const OLD_IDS = ['epoch1-11', 'epoch1-12', 'epoch1-13'];

describe.each(OLDER_SCHEMAS)('A daemon that takes over the store of an older version (schema %i)', (schema) => {
  let sockets: string;
  let daemon: Daemon | undefined;

  beforeEach(async () => {
    sockets = await makePrivateFolder();
  });

  afterEach(async () => {
    await daemon?.stop();
    await removeFolder(sockets);
  });

  /** Every event of the history, once the first polls are over. */
  async function history(): Promise<FeedMessage[]> {
    daemon = await Daemon.start({ sockets });
    const feed = await FeedReader.open(daemon.url, '&since=all');
    await ticks(daemon, 2);
    feed.close();
    return feed.messages.filter(({ id, type }) => id !== undefined && type !== 'hello');
  }

  it('loses no event, and reports what died meanwhile once', async () => {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    writeOlderStore(`${sockets}/state/journal.db`, schema, sockets, { host: hostname(), machineId: null, bootId });

    const first = await history();
    expect(first.slice(0, OLD_IDS.length).map(({ id }) => id)).toEqual(OLD_IDS);
    const deaths = first.slice(OLD_IDS.length).filter(({ type }) => type === 'server-gone');
    expect(deaths.map(({ server, reason }) => [server?.name, reason]).toSorted()).toEqual([
      ['between', 'lost'],
      ['hangs', 'lost'],
      ['lives', 'lost'],
    ]);
    expect(deaths[0]).toMatchObject({ lost: { sessions: 2, session_names: ['one', 'two'] } });
    expect(await daemon?.sample('tmux_server_gone_total{server="died",reason="crashed"}')).toBe(1);

    await daemon?.stop();
    expect((await history()).map(({ id }) => id)).toEqual(first.map(({ id }) => id));
  });
});
