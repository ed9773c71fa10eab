import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { append, Store } from './support/store.ts';

const MARK = { epoch: 'epoch1', acked: 3, sequence: 70, place: { subject: 'tmux.events.build7.*', from: 2 } };

describe('The mark of the bus', () => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    store = new Store(folder);
  });

  afterEach(() => removeFolder(folder));

  it('is none at first', () => {
    expect(store.use((journal) => journal.busMarks.mark)).toBeNull();
  });

  it('is stored with the next write, and known after a restart', () => {
    store.use((journal) => {
      journal.busMarks.keep({ ...MARK, acked: 2 });
      journal.busMarks.keep(MARK);
      append(journal, 1);
    });

    expect(store.use((journal) => journal.busMarks.mark)).toEqual(MARK);
  });

  it('of version 0.1.0 has no place', () => {
    store.use((journal) => append(journal, 1));
    const database = new DatabaseSync(store.path);
    database.exec(`INSERT INTO meta (key, value) VALUES ('bus', '{"epoch":"epoch1","acked":3,"sequence":70}')`);
    database.close();

    expect(store.use((journal) => journal.busMarks.mark)).toEqual({ ...MARK, place: null });
  });

  it('is none if it cannot be read', () => {
    store.use((journal) => append(journal, 1));
    const database = new DatabaseSync(store.path);
    database.exec(`INSERT INTO meta (key, value) VALUES ('bus', '{"epoch":"epoch1"}')`);
    database.close();

    expect(store.use((journal) => journal.busMarks.mark)).toBeNull();
  });

  it('is written to a new database if the file was removed', () => {
    store.use((journal) => {
      journal.busMarks.keep(MARK);
      append(journal, 1);
      for (const end of ['', '-wal', '-shm']) rmSync(`${store.path}${end}`, { force: true });
      append(journal, 2);
    });

    expect(store.use((journal) => journal.busMarks.mark)).toEqual(MARK);
  });
});
