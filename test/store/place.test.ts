import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreRefusal } from '../../src/store/database.ts';
import { folderProblem } from '../../src/store/database-file.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { append, death, livingServer, Store, titles } from './support/store.ts';

const UID = process.getuid?.() ?? null;

describe('The place of a store', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(async () => removeFolder(folder));

  function refusal(path: string): string {
    try {
      new Store(folder).open({ path }).close();
    } catch (error) {
      return error instanceof StoreRefusal ? error.message : `no refusal, but ${String(error)}`;
    }
    return 'no refusal';
  }

  it.each(['/proc/x/j.db', '/proc/self/x/y/j.db', '/dev/null/x/j.db', '/sys/x/j.db'])(
    'is refused at once if no folder can be made there: %s',
    (path) => {
      expect(refusal(path)).toContain(`${path} cannot be used to store events: E`);
    },
  );

  it('is refused if it is a link, whose target keeps its mode and its content', async () => {
    const target = join(folder, 'notes');
    await writeFile(target, 'mine', { mode: 0o644 });
    await symlink(target, join(folder, 'link.db'));
    expect(refusal(join(folder, 'link.db'))).toContain('it is a link: name the file that it leads to');
    expect([statSync(target).mode & 0o777, readFileSync(target, 'utf8')]).toEqual([0o644, 'mine']);
  });

  it('does not write through a link beside the database', async () => {
    const target = join(folder, 'notes');
    await writeFile(target, 'mine');
    const store = new Store(join(folder, 'state'));
    await mkdir(join(folder, 'state'));
    await symlink(target, `${store.path}.complete`);
    store.use((journal) => append(journal, 1));
    expect(readFileSync(target, 'utf8')).toBe('mine');
    expect(store.troubles).toEqual(['failed', 'recovered']);
  });

  it.each([{ hasReader: false }, { hasReader: true }])('does not wait for a FIFO beside it: %o', ({ hasReader }) => {
    const store = new Store(folder);
    const seal = `${store.path}.complete`;
    execFileSync('mkfifo', [seal]);
    const reader = hasReader ? openSync(seal, constants.O_RDONLY | constants.O_NONBLOCK) : null;
    store.use((journal) => append(journal, 1));
    if (reader !== null) closeSync(reader);
    expect(store.troubles).toEqual(['failed', 'recovered']);
    expect(statSync(seal).isFile()).toBe(true);
  });

  it('is refused if SQLite would wait for a FIFO beside the database', () => {
    const store = new Store(folder);
    store.open().close();
    execFileSync('mkfifo', [`${store.path}-journal`]);
    expect(refusal(store.path)).toContain(`: ${store.path}-journal is not a regular file; choose another`);
  });

  it('is refused if it holds something else, which keeps its mode, its name and its content', async () => {
    const notes = join(folder, 'notes.txt');
    await writeFile(notes, 'mine', { mode: 0o644 });
    const bookmarks = join(folder, 'bookmarks.db');
    const database = new DatabaseSync(bookmarks);
    database.exec('CREATE TABLE bookmarks (url TEXT)');
    database.close();
    await chmod(bookmarks, 0o644);
    const before = readFileSync(bookmarks);
    expect(refusal(notes)).toContain(`${notes} cannot be used to store events: it is not a database, and not empty`);
    expect(refusal(bookmarks)).toContain('it is the database of another program; choose another --storage.path');
    expect(readFileSync(notes, 'utf8')).toBe('mine');
    expect(readFileSync(bookmarks).equals(before)).toBe(true);
    expect([notes, bookmarks].map((path) => statSync(path).mode & 0o777)).toEqual([0o644, 0o644]);
    expect((await readdir(folder)).sort()).toEqual(['bookmarks.db', 'notes.txt']);
  });

  it('is begun anew if it is a damaged database, whose file is set aside', async () => {
    const store = new Store(folder);
    store.use((journal) => append(journal, 1));
    await truncate(store.path, 8_192);
    await rm(`${store.path}.complete`);
    expect(store.use((journal) => journal.setAside)).toMatch(/journal\.db\.damaged-/);
  });

  it('is refused if it is a FIFO or a device', () => {
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    for (const path of [join(folder, 'fifo'), '/dev/null']) expect(refusal(path)).toContain('it is not a regular file');
    expect(statSync('/dev/null').mode & 0o777).toBe(0o666);
  });

  it('is reported if others can write there, with a cure that leaves a folder for everybody as it is', async () => {
    const store = new Store(folder);
    store.open().close();
    expect(folderProblem(store.path, UID)).toBeNull();
    await chmod(folder, 0o777);
    expect(folderProblem(store.path, UID)).toContain(
      `(mode 0777), where the store is: chmod go-w ${folder}, or choose`,
    );
    await chmod(folder, 0o1777);
    expect(folderProblem(store.path, UID)).toMatch(/where the store is: choose another --storage\.path$/);
  });

  it('is reported if others can replace its folder, and not before there is one', async () => {
    const path = join(folder, 'a', 'b', 'journal.db');
    expect(folderProblem(path, UID)).toBeNull();
    await mkdir(join(folder, 'a', 'b'), { recursive: true, mode: 0o700 });
    expect(folderProblem(path, UID)).toBeNull();
    await chmod(join(folder, 'a'), 0o777);
    expect(folderProblem(path, UID)).toContain(`others can write to ${join(folder, 'a')} (mode 0777)`);
    await chmod(join(folder, 'a'), 0o1777);
    expect(folderProblem(path, UID)).toBeNull();
  });
});

describe('A store whose file is taken away', () => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    store = new Store(join(folder, 'state'));
  });

  afterEach(async () => removeFolder(folder));

  it.each([
    ['with its folder', () => rm(join(folder, 'state'), { recursive: true })],
    ['alone', () => rm(store.path)],
    ['to another place', () => rename(join(folder, 'state'), join(folder, 'elsewhere'))],
  ])('%s is made anew with all that is known, and that is reported', async (_, take) => {
    const before = new Store(join(folder, 'state'));
    before.use((journal) => {
      journal.remember(death('dead'));
      append(journal, 1);
    });
    const journal = store.open();
    journal.remember(livingServer('work'));
    append(journal, 2);
    journal.outbox.commit([], 'epoch1-2');
    await take();
    append(journal, 3);
    expect([store.troubles, existsSync(store.path)]).toEqual([['replaced'], true]);
    journal.close();
    store.use((next) => {
      expect([next.epoch, titles(next), next.outbox.taken]).toEqual([
        journal.epoch,
        ['event 1', 'event 2', 'event 3'],
        'epoch1-2',
      ]);
      expect(next.remembered.servers.map(({ target }) => target.name)).toEqual(['work']);
      expect(next.remembered.tombstones.map(({ name }) => name)).toEqual(['dead']);
    });
  });

  it('goes on in memory if it cannot be made anew, and makes it once it can', async () => {
    const journal = store.open();
    append(journal, 1);
    await rm(join(folder, 'state'), { recursive: true });
    await writeFile(join(folder, 'state'), 'in the way');
    append(journal, 2);
    append(journal, 3);
    expect([store.troubles, journal.isBehind]).toEqual([['replaced', 'failed'], true]);
    await rm(join(folder, 'state'));
    append(journal, 4);
    expect([store.troubles.at(-1), journal.isBehind]).toEqual(['recovered', false]);
    journal.close();
    store.use((next) => expect(titles(next)).toHaveLength(4));
  });
});
