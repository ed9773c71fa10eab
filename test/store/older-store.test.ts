import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { OLDER_SCHEMAS, writeOlderStore } from './support/older-store.ts';
import { Store } from './support/store.ts';

describe.each(OLDER_SCHEMAS)('A store that an older version wrote (schema %i)', (schema) => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    store = new Store(folder);
    writeOlderStore(store.path, schema, '/tmp/tmux-1000');
  });

  afterEach(() => removeFolder(folder));

  it('gives its servers and deaths, and no row is set aside', () => {
    store.use(({ remembered, badRows, stranger, setAside }) => {
      expect({ badRows, stranger, setAside }).toEqual({ badRows: [], stranger: null, setAside: null });
      expect(remembered.servers.map(({ target, state }) => [target.name, state])).toEqual([
        ['between', 'up'],
        ['hangs', 'unresponsive'],
        ['lives', 'up'],
      ]);
      expect(remembered.tombstones.map(({ name, deaths }) => [name, deaths]).toSorted()).toEqual([
        ['back', { crashed: 1 }],
        ['died', { crashed: 1 }],
      ]);
    });
    expect(store.rows('SELECT * FROM set_aside')).toEqual([]);
  });

  it('gives what contains a server, which had another key then', () => {
    store.use(({ remembered }) => {
      const [life] = remembered.servers.map((server) => server.life);
      expect(life?.containment?.memory).toMatchObject({ version: 1, cgroup: '/user.slice' });
      expect(life).not.toHaveProperty('surroundings');
    });
  });

  it('gives its events as they were', () => {
    const before = store.rows('SELECT * FROM events ORDER BY seq');
    const ids = store.use((journal) => journal.after(0).map(({ event }) => event.id));
    expect(ids).toEqual(['epoch1-11', 'epoch1-12', 'epoch1-13']);
    expect(store.rows('SELECT * FROM events ORDER BY seq')).toEqual(before);
  });

  it('gives what its receivers have not had yet', () => {
    store.use(({ outbox, epoch }) => {
      const { notices, incidents, cooldowns } = outbox.rows('h');
      expect([epoch, outbox.taken]).toEqual(['epoch1', 'epoch1-13']);
      expect(notices.map(({ event }) => event.id)).toEqual(['epoch1-11', 'epoch1-12', 'epoch1-13']);
      expect([incidents.length, cooldowns.length]).toEqual([3, 3]);
    });
  });
});
