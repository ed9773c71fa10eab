import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { examineStore } from '../../src/store/store-trial.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { append, PRESENT, Store } from './support/store.ts';

describe('The trial of a store', () => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    store = new Store(folder);
  });

  afterEach(() => removeFolder(folder));

  it('finds an empty place usable, and leaves nothing there', () => {
    const path = join(folder, 'a', 'b', 'journal.db');
    expect(examineStore(path, PRESENT)).toEqual({ kind: 'usable', message: `${path}, made at the first start` });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('finds a closed store usable, and changes neither it nor what is beside it', () => {
    store.open().close();
    const files = () => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]);
    const before = files();
    expect(examineStore(store.path, PRESENT)).toEqual({ kind: 'usable', message: store.path });
    expect(files()).toEqual(before);
  });

  it('finds an open store in use', () => {
    const journal = store.open();
    expect(examineStore(store.path, PRESENT).kind).toBe('in_use');
    journal.close();
  });

  it('finds a file that is not a database unusable, and leaves it', () => {
    writeFileSync(store.path, 'my notes, and nothing that is a database');
    expect(examineStore(store.path, PRESENT)).toMatchObject({
      kind: 'unusable',
      message: expect.stringContaining('it is not a database, and not empty'),
    });
    expect(readFileSync(store.path, 'utf8')).toContain('my notes');
  });

  it('finds a store unusable if SQLite would wait for a FIFO beside it', () => {
    const image = store.use((journal) => {
      append(journal, 1);
      return store.crashImage(join(folder, 'image'));
    });
    execFileSync('mkfifo', [`${image.path}-journal`]);
    expect(examineStore(image.path, PRESENT)).toEqual({
      kind: 'unusable',
      message: expect.stringContaining(`${image.path}-journal is not a regular file`),
    });
  });

  it.each([
    ['link.db', 'it is a link'],
    ['astray.db', 'it is a link'],
    ['astray.db/a/journal.db', 'ENOENT'],
    ['new.db/', 'it is not a regular file'],
  ])('finds unusable what the journal cannot be opened at: %s', (place, problem) => {
    store.open().close();
    symlinkSync(store.path, join(folder, 'link.db'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'astray.db'));
    const path = join(folder, place);
    expect(examineStore(path, PRESENT)).toEqual({ kind: 'unusable', message: expect.stringContaining(problem) });
    expect(() => store.open({ path })).toThrow('cannot be used to store events');
  });

  it('finds the database of another program unusable, and a damaged store questionable', () => {
    store.rows('CREATE TABLE bookmarks (url TEXT)');
    expect(examineStore(store.path, PRESENT)).toMatchObject({
      kind: 'unusable',
      message: expect.stringContaining('it is the database of another program'),
    });
    writeFileSync(`${store.path}.complete`, '');
    writeFileSync(store.path, 'garbage');
    expect(examineStore(store.path, PRESENT).kind).toBe('questionable');
  });

  it('finds a store of a newer version unusable', () => {
    store.open().close();
    const database = new DatabaseSync(store.path);
    database.exec('PRAGMA user_version = 999');
    database.close();
    expect(examineStore(store.path, PRESENT)).toMatchObject({
      kind: 'unusable',
      message: expect.stringContaining('a newer version wrote it (schema 999'),
    });
  });

  it('finds the store of another machine unusable, and that of an unknown one questionable', () => {
    store.use((journal) => append(journal, 1));
    const unknown = { host: 'renamed', machineId: 'id-1', bootId: 'boot-2' };
    expect(examineStore(store.path, { ...PRESENT, machineId: 'id-2' }).kind).toBe('unusable');
    expect(examineStore(store.path, unknown).kind).toBe('questionable');
    expect(examineStore(store.path, { ...PRESENT, bootId: 'boot-2' })).toEqual({ kind: 'usable', message: store.path });
  });
});
