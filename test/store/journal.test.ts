import { copyFileSync, mkdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HISTORY_EVENTS, readCursor } from '../../src/core/event/event-log.ts';
import type { DurableJournal } from '../../src/store/journal.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { NOW } from '../support/sample/sample.ts';
import { append, appendMany, death, deathOf, flood, livingServer, numbered, Store, titles } from './support/store.ts';

const DAY_MS = 86_400_000;

describe('DurableJournal', () => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    store = new Store(folder);
  });

  afterEach(() => removeFolder(folder));

  it('goes on with its epoch and its sequence after a restart', () => {
    const first = store.use((journal) => append(journal, 1));
    const second = store.use((journal) => append(journal, 2));

    expect([first, second]).toEqual(['epoch1-1', 'epoch1-2']);
  });

  it('has every event after a restart, as it was emitted', () => {
    const appended = store.use((journal) => {
      appendMany(journal, 3);
      return journal.after(0).map(({ seq, json }) => ({ seq, json }));
    });

    const kept = store.use((journal) => journal.after(0));

    expect(kept.map(({ seq, json }) => ({ seq, json }))).toEqual(appended);
    expect(kept.map(({ event }) => JSON.stringify(event))).toEqual(appended.map(({ json }) => json));
  });

  it('stores what happens in one step as one', () => {
    store.use((journal) => {
      journal.step(() => {
        journal.append(numbered(1), NOW);
        journal.step(() => journal.append(numbered(2), NOW));
        journal.remember(livingServer('work'));
        expect(journal.isBehind).toBe(false);
      });
      append(journal, 3);
    });

    expect(store.rows('SELECT seq FROM events')).toHaveLength(3);
    expect(store.rows('SELECT name FROM servers')).toEqual([{ name: 'work' }]);
  });

  it('stores what a failed step had appended before it failed', () => {
    store.use((journal) => {
      const fail = () =>
        journal.step(() => {
          journal.append(numbered(1), NOW);
          throw new Error('a bug');
        });
      expect(fail).toThrow('a bug');
    });

    expect(store.use(titles)).toEqual(['event 1']);
  });

  it('that was closed is left alone by what comes too late', () => {
    const journal = store.open();
    append(journal, 1);
    journal.close();
    append(journal, 2);

    expect(store.troubles).toEqual([]);
    expect(store.use((reopened) => [reopened.epoch, reopened.head])).toEqual(['epoch1', 1]);
  });

  describe('that ended before it could store its newest events', () => {
    /** Three events are stored. Those that were emitted after them are not, so the seal is gone. */
    const endIncomplete = () => {
      store.use((journal) => {
        appendMany(journal, 3);
        journal.busMarks.keep({
          epoch: 'epoch1',
          acked: 2,
          sequence: 70,
          place: { subject: 'tmux.events.a.*', from: 1 },
        });
      });
      rmSync(`${store.path}.complete`);
    };

    it('keeps what is stored, and gives new events ids of a new epoch', () => {
      endIncomplete();
      store.use((journal) => {
        expect([titles(journal), journal.head]).toEqual([['event 1', 'event 2', 'event 3'], 3]);
        expect(append(journal, 4)).toBe('epoch2-4');
      });
      store.use((journal) => {
        expect(titles(journal)).toEqual(['event 1', 'event 2', 'event 3', 'event 4']);
        expect([journal.epoch, journal.former, journal.badRows]).toEqual(['epoch2', { epoch: 'epoch1', until: 3 }, []]);
      });
    });

    it('goes on after a cursor of the former epoch, and says what is missing behind the stored events', () => {
      endIncomplete();
      store.use((journal) => {
        append(journal, 4);
        expect(readCursor('epoch1-2', journal)).toEqual({ kind: 'at', seq: 2 });
        expect(readCursor('epoch1-5', journal)).toMatchObject({ reason: 'epoch', seq: 3 });
      });
    });

    it('goes on with the mark of the bus', () => {
      endIncomplete();
      store.use(({ busMarks }) => expect(busMarks.mark).toMatchObject({ epoch: 'epoch2', acked: 2, sequence: 70 }));
      store.use(({ busMarks }) => expect(busMarks.mark).toMatchObject({ epoch: 'epoch2', acked: 2, sequence: 70 }));
    });

    it('loses nothing if that happens again before it could store the new epoch', () => {
      endIncomplete();
      const journal = store.open();
      const image = store.crashImage(join(folder, 'image'));
      journal.close();
      image.use((next) => {
        expect(titles(next)).toEqual(['event 1', 'event 2', 'event 3']);
        expect(next.former).toEqual({ epoch: 'epoch1', until: 3 });
      });
    });
  });

  describe('that can neither be written nor say so, as on a disk that became read-only', () => {
    /** Three events are stored, and two are emitted after them. */
    const becomeReadOnly = () => {
      let isReadOnly = false;
      const now = () => {
        if (isReadOnly) throw new Error('attempt to write a readonly database');
        return NOW;
      };
      const journal = store.open({ now });
      journal.confirm();
      appendMany(journal, 3);
      journal.busMarks.keep({ epoch: 'epoch1', acked: 3, sequence: 70, place: null });
      isReadOnly = true;
      // A folder cannot be removed as a file can.
      rmSync(`${store.path}.complete`);
      mkdirSync(`${store.path}.complete`);
      append(journal, 4);
      append(journal, 5);
      const recover = () => {
        isReadOnly = false;
        rmdirSync(`${store.path}.complete`);
        append(journal, 6);
      };
      return { journal, recover };
    };
    const ids = (journal: DurableJournal) => journal.after(0).map(({ event }) => event.id);

    it('gives what is not stored ids of a new epoch, which the next start gives to nothing else', () => {
      const { journal } = becomeReadOnly();
      const image = store.crashImage(join(folder, 'image'));
      expect(ids(journal)).toEqual(['epoch1-1', 'epoch1-2', 'epoch1-3', 'epoch2-4', 'epoch2-5']);
      journal.close();
      image.use((next) => {
        expect(append(next, 4)).toBe('epoch1-4');
        expect(readCursor('epoch2-4', next)).toMatchObject({ reason: 'epoch' });
      });
    });

    it('stores them with these ids once it can, and goes on with the mark of the bus', () => {
      const { journal, recover } = becomeReadOnly();
      recover();
      journal.close();
      store.use((next) => {
        expect(ids(next)).toEqual(['epoch1-1', 'epoch1-2', 'epoch1-3', 'epoch2-4', 'epoch2-5', 'epoch2-6']);
        expect([next.epoch, next.former]).toEqual(['epoch2', { epoch: 'epoch1', until: 3 }]);
        expect(next.busMarks.mark).toMatchObject({ epoch: 'epoch2', acked: 3 });
      });
    });
  });

  describe('if the database is a copy, as from a backup,', () => {
    const copyTo = (name: string) => {
      const copy = new Store(join(folder, name));
      mkdirSync(dirname(copy.path));
      for (const suffix of ['', '.complete']) copyFileSync(store.path + suffix, copy.path + suffix);
      return copy;
    };

    it('begins a new epoch: others know events that are not in it', () => {
      store.use((journal) => appendMany(journal, 3));
      const copy = copyTo('copy');
      copy.use((journal) => expect([journal.epoch, journal.head, journal.isCopy]).toEqual(['epoch1', 0, true]));
    });

    it('keeps the servers and the mark of the bus', () => {
      store.use((journal) => {
        append(journal, 1);
        journal.remember(livingServer('work'));
        journal.busMarks.keep({ epoch: 'epoch1', acked: 1, sequence: 7, place: null });
      });
      copyTo('copy').use(({ remembered, busMarks }) => {
        expect(remembered.servers.map(({ target }) => target.name)).toEqual(['work']);
        expect(busMarks.mark).toEqual({ epoch: 'epoch1', acked: 1, sequence: 7, place: null });
      });
    });

    it('does so once', () => {
      store.use((journal) => append(journal, 1));
      const copy = copyTo('copy');
      copy.use((journal) => append(journal, 2));
      copy.use((journal) => expect([journal.head, journal.isCopy]).toEqual([1, false]));
    });

    describe('or was put back while it looks like the original,', () => {
      const published = { epoch: 'epoch1', acked: 3, sequence: 70, place: { subject: 'tmux.events.a.*', from: 1 } };
      const ids = (journal: DurableJournal) => journal.after(0).map(({ event }) => event.id);

      it('begins a new epoch while it runs, with what was not published, once', () => {
        store.use((journal) => {
          appendMany(journal, 3);
          journal.busMarks.keep(published);
        });
        store.use((journal) => {
          append(journal, 4);
          append(journal, 5);
          const mark = { epoch: 'epoch2', acked: 3, sequence: 99, place: { ...published.place, from: 3 } };
          expect([journal.renew(3, 99), journal.busMarks.mark]).toEqual([mark, mark]);
          expect(append(journal, 6)).toBe('epoch2-6');
          expect(journal.renew(3, 99)).toBe(null);
        });
        store.use((journal) => {
          expect(ids(journal)).toEqual(['epoch1-1', 'epoch1-2', 'epoch1-3', 'epoch2-4', 'epoch2-5', 'epoch2-6']);
          expect(titles(journal)).toEqual([1, 2, 3, 4, 5, 6].map((number) => `event ${number}`));
          expect([journal.epoch, journal.former]).toEqual(['epoch2', { epoch: 'epoch1', until: 3 }]);
          expect([journal.badRows, journal.busMarks.mark?.sequence]).toEqual([[], 99]);
        });
      });

      it('does so again at a later start, and loses nothing', () => {
        store.use((journal) => appendMany(journal, 2));
        store.use((journal) => {
          append(journal, 3);
          journal.renew(1, 99);
        });
        store.use((journal) => {
          append(journal, 4);
          journal.renew(3, 199);
        });
        store.use((journal) => {
          expect(ids(journal)).toEqual(['epoch1-1', 'epoch2-2', 'epoch2-3', 'epoch3-4']);
          expect([journal.epoch, journal.former]).toEqual(['epoch3', { epoch: 'epoch2', until: 3 }]);
        });
      });

      it('knows a place of the former epoch, as far as both have the same events', () => {
        const journal = store.open();
        appendMany(journal, 5);
        journal.renew(3, 99);
        expect(readCursor('epoch1-2', journal)).toEqual({ kind: 'at', seq: 2 });
        expect(readCursor('epoch2-2', journal)).toEqual({ kind: 'at', seq: 2 });
        expect(readCursor('epoch1-4', journal)).toMatchObject({ reason: 'epoch', seq: 3 });
        expect(readCursor('epoch0-4', journal)).toMatchObject({ reason: 'epoch', seq: 0 });
        journal.close();
      });

      it('has everything in a new database, if its file is removed', () => {
        const journal = store.open();
        appendMany(journal, 3);
        journal.renew(2, 99);
        rmSync(store.path);
        append(journal, 4);
        journal.close();
        store.use((reopened) => expect(ids(reopened)).toEqual(['epoch1-1', 'epoch1-2', 'epoch2-3', 'epoch2-4']));
      });
    });

    it('goes on with its epoch where it was moved to', () => {
      store.use((journal) => append(journal, 1));
      const place = join(folder, 'moved');
      mkdirSync(place);
      const moved = new Store(place);
      for (const suffix of ['', '.complete']) renameSync(store.path + suffix, moved.path + suffix);
      moved.use((journal) => expect([journal.epoch, journal.head, journal.isCopy]).toEqual(['epoch1', 1, false]));
    });

    it('goes on with its epoch if the file system does not record when a file was made', () => {
      const nameless = new Store(folder, () => null);
      nameless.use((journal) => append(journal, 1));
      nameless.use((journal) => expect([journal.head, journal.isCopy]).toEqual([1, false]));
    });
  });

  describe('remembers', () => {
    it('living servers and deaths, each as it was last', () => {
      const buried = death('old', { deaths: { crashed: 2 }, incident: 'epoch1-9' });
      store.use((journal) => {
        journal.remember(livingServer('work'));
        journal.remember(livingServer('work', { state: 'unresponsive', incident: 'epoch1-1' }));
        journal.remember(livingServer('gone'));
        journal.remember({ kind: 'server-dropped', name: 'gone' });
        journal.remember(death('forgotten'));
        journal.remember({ kind: 'tombstone-dropped', name: 'forgotten' });
        journal.remember(buried);
      });

      const { remembered } = store.use((journal) => journal);

      const unresponsive = livingServer('work', { state: 'unresponsive', incident: 'epoch1-1' }).server;
      const { servers, tombstones, bootId } = remembered;
      expect({ servers, tombstones, bootId }).toEqual({
        servers: [unresponsive],
        tombstones: [buried.tombstone],
        bootId: 'boot-1',
      });
    });

    it('what was dropped and came back', () => {
      store.use((journal) => {
        journal.remember(livingServer('work'));
        journal.flush();
        journal.remember({ kind: 'server-dropped', name: 'work' });
        journal.flush();
        journal.remember(livingServer('work'));
      });

      expect(store.use((journal) => journal.remembered.servers)).toHaveLength(1);
    });

    it('a server as it was before it was changed and changed back between two steps', () => {
      store.use((journal) => {
        journal.remember(livingServer('work'));
        journal.flush();
        journal.remember(livingServer('work', { state: 'unresponsive' }));
        journal.remember(livingServer('work'));
      });

      expect(store.use((journal) => journal.remembered.servers)).toMatchObject([{ state: 'up' }]);
    });

    it('deaths in their order', () => {
      store.use((journal) => {
        journal.remember(death('b', { death: { reason: 'lost', cause: 'unknown', at: NOW - 2 } }));
        journal.remember(death('a', { death: { reason: 'lost', cause: 'unknown', at: NOW - 1 } }));
        journal.remember(death('c', { death: { reason: 'lost', cause: 'unknown', at: NOW - 3 } }));
      });

      const { tombstones } = store.use((journal) => journal.remembered);
      expect(tombstones.map(({ name }) => name)).toEqual(['c', 'b', 'a']);
    });

    it('that a server whose polls succeeded was seen until the last flush', () => {
      store.use((journal) => {
        journal.confirm();
        journal.remember(livingServer('fresh'));
        journal.remember(livingServer('failing', { fresh: false }));
        journal.flush();
        store.now = NOW + 60_000;
        journal.flush();
      });

      const { servers } = store.use((journal) => journal.remembered);
      expect(servers.map(({ target, life }) => [target.name, life?.lastSeenAt])).toEqual([
        ['failing', NOW],
        ['fresh', NOW + 60_000],
      ]);
    });

    it('when a server was last seen, over starts that end before they have polled it', () => {
      store.use((journal) => {
        journal.confirm();
        journal.remember(livingServer('work'));
      });
      store.now = NOW + 60_000;
      store.use((journal) => append(journal, 1));

      const { servers } = store.use((journal) => journal.remembered);
      expect(servers.map(({ life }) => life?.lastSeenAt)).toEqual([NOW]);
    });

    it('the boot it was kept in until something of the next one is stored', () => {
      store.use((journal) => append(journal, 1));
      const nextBoot = { origin: { host: 'machine', bootId: 'boot-2' } };

      const started = store.open(nextBoot);
      started.flush();
      const early = store.crashImage(join(folder, 'early'));
      append(started, 2);
      const late = store.crashImage(join(folder, 'late'));
      started.close();

      expect(early.use(({ remembered }) => remembered.bootId)).toBe('boot-1');
      expect(late.use(({ remembered }) => remembered.bootId)).toBe('boot-2');
    });
  });

  describe('forgets', () => {
    it('the oldest events beyond its history, and keeps the sequence', () => {
      store.use((journal) => appendMany(journal, HISTORY_EVENTS + 250));
      expect(store.rows('SELECT count(*) AS count FROM events')).toEqual([{ count: HISTORY_EVENTS }]);

      store.use((journal) => {
        expect([journal.oldest, journal.head]).toEqual([251, HISTORY_EVENTS + 250]);
        expect(append(journal, 1)).toBe(`epoch1-${HISTORY_EVENTS + 251}`);
      });
    });

    it('what one server says all the time, and no death of another, over restarts and a full disk', () => {
      store.use((journal) => {
        append(journal, 1);
        journal.step(() => journal.append(deathOf('precious'), NOW));
        flood(journal, 12_000);
      });
      store.use((journal) => flood(journal, 12_000));

      store.use((journal) => {
        expect(journal.after(0, 2).map(({ event }) => event.type)).toEqual(['server-up', 'server-gone']);
        expect([journal.oldest, journal.head, journal.after(0).length]).toEqual([1, 24_002, HISTORY_EVENTS]);
        expect(journal.missingAfter(0)).toBe(24_002 - HISTORY_EVENTS);
      });
      const [row] = store.rows('SELECT count(*) AS count FROM events');
      expect(Number(row?.['count'])).toBeLessThanOrEqual(HISTORY_EVENTS + 200);
    });

    it('what one server says while nothing can be stored, and no death of another', () => {
      store.use((journal) => {
        const { path } = store;
        renameSync(path, `${path}.gone`);
        mkdirSync(path);
        journal.step(() => journal.append(deathOf('precious'), NOW));
        flood(journal, 12_000);
        expect(journal.isBehind).toBe(true);
        rmdirSync(path);
        append(journal, 1);
      });

      expect(store.rows("SELECT count(*) AS count FROM events WHERE json ->> 'type' = 'server-gone'")).toEqual([
        { count: 1 },
      ]);
    });

    it('events older than a week, and keeps the sequence', () => {
      store.use((journal) => {
        appendMany(journal, 250, NOW - 8 * DAY_MS);
        append(journal, 251, NOW - 6 * DAY_MS);
      });

      store.use((journal) => {
        expect(titles(journal)).toEqual(['event 251']);
        expect(append(journal, 252)).toBe('epoch1-252');
      });
    });

    it('all events but the newest if all are old, because the sequence continues from it', () => {
      store.use((journal) => appendMany(journal, 250, NOW - 8 * DAY_MS));

      store.use((journal) => {
        expect(titles(journal)).toEqual(['event 250']);
        expect(append(journal, 251)).toBe('epoch1-251');
      });
    });
  });

  it('is readable for its user alone, with all that belongs to it', async () => {
    const inner = new Store(join(folder, 'state', 'tmux-exporter'));
    const journal = inner.open();
    append(journal, 1);
    const home = join(folder, 'state', 'tmux-exporter');
    const modes = (await readdir(home)).map((name) => [name, statSync(join(home, name)).mode & 0o777]);
    journal.close();

    expect(Object.fromEntries(modes)).toEqual({
      'journal.db': 0o600,
      'journal.db-wal': 0o600,
      'journal.db.complete': 0o600,
    });
    expect(statSync(home).mode & 0o777).toBe(0o700);
  });
});
