import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readCursor } from '../../src/core/event/event-log.ts';
import { readOwner } from '../../src/store/owner.ts';
import { badRowsText } from '../../src/store/set-aside.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { NOW } from '../support/sample/sample.ts';
import { append, death, livingServer, Store, titles } from './support/store.ts';

describe('A stored row', () => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    store = new Store(folder);
    store.use((journal) => {
      for (const name of ['bad', 'good']) {
        journal.remember(livingServer(name));
        journal.remember(death(name));
      }
      for (let number = 1; number <= 3; number++) append(journal, number);
      const kept = { id: 'i', fired: journal.after(0, 1).map(({ event }) => event), toldAt: NOW, endedAt: null };
      const incident = { receiver: 'ops', kind: 'incident' as const, row: kept };
      journal.outbox.commit(
        [
          { ...incident, key: 'bad' },
          { ...incident, key: 'good' },
        ],
        'epoch1-3',
      );
    });
  });

  afterEach(async () => removeFolder(folder));

  it('is read as it was written', () => {
    store.use((journal) => {
      expect(journal.badRows).toEqual([]);
      expect(journal.remembered.servers).toHaveLength(2);
      expect(journal.remembered.tombstones).toHaveLength(2);
      expect(journal.outbox.rows('ops').incidents).toHaveLength(2);
      expect(titles(journal)).toHaveLength(3);
    });
  });

  it.each([
    ['servers', '$.life.incarnation', 'life.incarnation'],
    ['servers', '$.target', 'target'],
    ['servers', '$.life.sessions', 'life.sessions'],
    ['servers', '$.life.containment', 'life.containment'],
    ['servers', '$.life.holds.session_names', 'life.holds.session_names'],
    ['tombstones', '$.death', 'death'],
    ['tombstones', '$.deaths', 'deaths'],
  ])('of %s that lacks %s is set aside, with what is wrong, and the others are read', (table, path, place) => {
    store.rows(`UPDATE ${table} SET json = json_remove(json, '${path}') WHERE name = 'bad'`);
    store.use((journal) => {
      expect(journal.badRows).toMatchObject([{ table, key: ['bad'], problem: expect.stringContaining(`${place}: `) }]);
      const { servers, tombstones } = journal.remembered;
      expect(servers.length + tombstones.length).toBe(3);
      expect(badRowsText(journal.badRows)).toContain(`cannot be used and were set aside: ${table} bad: ${place}: `);
    });
    expect(store.rows('SELECT origin, key FROM set_aside')).toEqual([{ origin: table, key: '["bad"]' }]);
    store.use((journal) => expect(journal.badRows).toEqual([]));
  });

  it.each([
    ['another type', `json_set(json, '$.life', 7)`],
    ['a list', `'[]'`],
    ['null', `'null'`],
    ['the name of another', `json_set(json, '$.target.name', 'other')`],
    ['a start in the year 10000', `json_set(json, '$.life.incarnation.startedAt', 253402300800)`],
    ['a time that no date can hold', `json_set(json, '$.since', 1e300)`],
    ['a relative socket', `json_set(json, '$.target.socket', 'x')`],
  ])('of a server with %s is set aside', (_, json) => {
    store.rows(`UPDATE servers SET json = ${json} WHERE name = 'bad'`);
    store.use((journal) => expect(journal.remembered.servers.map(({ target }) => target.name)).toEqual(['good']));
  });

  it.each([
    ['lacks its events', `UPDATE outbox SET json = json_remove(json, '$.fired') WHERE key = 'bad'`],
    ['holds an event that is none', `UPDATE outbox SET json = json_remove(json, '$.fired[0].title') WHERE key = 'bad'`],
    ['is of a kind that nobody knows', `UPDATE outbox SET kind = 'what' WHERE key = 'bad'`],
  ])('of the outbox that %s is set aside', (_, sql) => {
    store.rows(sql);
    store.use((journal) => {
      expect(journal.badRows).toMatchObject([{ table: 'outbox' }]);
      expect(journal.outbox.rows('ops').incidents).toHaveLength(1);
    });
  });

  it.each(['title', 'type', 'server', 'id', 'time'])('of an event that lacks its %s is set aside', (key) => {
    store.rows(`UPDATE events SET json = json_remove(json, '$.${key}') WHERE seq = 2`);
    store.use((journal) => {
      expect(journal.badRows).toMatchObject([{ table: 'events', key: ['2'] }]);
      expect([titles(journal), journal.head, journal.oldest]).toEqual([['event 1', 'event 3'], 3, 1]);
    });
  });

  it.each(['type', 'severity', 'server.name'])(
    'of an event whose %s is a number too large for Node is set aside',
    (key) => {
      const server = `json_set(json, '$.server', json('{}'))`;
      store.rows(`UPDATE events SET json = json_set(${server}, '$.${key}', 9007199254740993) WHERE seq = 2`);
      store.use((journal) => expect(journal.badRows).toMatchObject([{ table: 'events', key: ['2'] }]));
    },
  );

  it.each([
    ['some event', 2],
    ['the newest event', 3],
  ])('of %s with an impossible sequence is set aside, and a new epoch begins behind the others', (_, seq) => {
    store.rows(`UPDATE events SET seq = 9007199254740993 WHERE seq = ${seq}`);
    store.use((journal) => {
      expect(journal.badRows).toMatchObject([{ table: 'events', key: ['9007199254740993'] }]);
      expect(append(journal, 4)).toBe(seq === 3 ? 'epoch2-3' : 'epoch2-4');
    });
    expect(store.rows('SELECT origin FROM set_aside')).toEqual([{ origin: 'events' }]);
    store.use((journal) => expect([journal.badRows, journal.after(0).length]).toEqual([[], 3]));
  });

  it('of an epoch that is none is set aside, the events stay, and a new epoch begins behind them', () => {
    store.rows(`UPDATE meta SET value = 'ep/ch1' WHERE key = 'epoch'`);
    store.use((journal) => {
      expect(journal.badRows).toMatchObject([{ table: 'meta', key: ['epoch'], json: 'ep/ch1' }]);
      expect([titles(journal), append(journal, 4)]).toEqual([['event 1', 'event 2', 'event 3'], 'epoch2-4']);
      expect(readCursor('epoch1-2', journal)).toEqual({ kind: 'at', seq: 2 });
    });
    store.use((journal) => expect([journal.epoch, journal.head, journal.badRows]).toEqual(['epoch2', 4, []]));
  });

  it('of an epoch that is none, without events that have it, begins a new history', () => {
    store.rows(`UPDATE meta SET value = 'ep/ch1' WHERE key = 'epoch'`);
    store.rows('DELETE FROM events');
    store.use((journal) => expect(append(journal, 1)).toBe('epoch2-1'));
  });

  it('of an older version names its machine, even by a number too large for Node', () => {
    store.rows(`DELETE FROM meta WHERE key = 'host'`);
    store.rows(`UPDATE events SET json = json_set(json, '$.host', 9007199254740993) WHERE seq = 3`);
    const database = new DatabaseSync(store.path);
    expect(readOwner(database)).toMatchObject({ host: '9007199254740993' });
    database.close();
  });

  it.each(['1e300', 'NaN', '-1e300', ''])('of when the exporter last lived counts as unknown if it is %j', (time) => {
    store.rows(`UPDATE meta SET value = '${time}' WHERE key = 'last_alive'`);
    store.use(({ remembered }) => {
      expect(remembered.servers.map(({ life }) => life?.lastSeenAt)).toEqual([NOW, NOW]);
    });
  });

  it('of the newest event leaves its id for nobody else', () => {
    store.rows(`UPDATE events SET json = '{}' WHERE seq = 3`);
    store.use((journal) => expect(append(journal, 4)).toBe('epoch1-4'));
  });

  it('of a server that an older version wrote is read', () => {
    store.rows(`UPDATE servers SET json = json_remove(json, '$.life.heldAt') WHERE name = 'bad'`);
    store.use((journal) => {
      const [life] = journal.remembered.servers.map((server) => server.life);
      expect(life?.heldAt).toBe(life?.lastSeenAt);
    });
  });

  it('of a server whose containment an older version called its surroundings is read', () => {
    const former = `json_remove(json_set(json, '$.life.surroundings', json('null')), '$.life.containment')`;
    store.rows(`UPDATE servers SET json = ${former} WHERE name = 'bad'`);
    store.use((journal) => {
      expect(journal.badRows).toEqual([]);
      const containments = journal.remembered.servers.map((server) => server.life?.containment);
      expect(containments).toEqual([null, null]);
    });
  });
});
