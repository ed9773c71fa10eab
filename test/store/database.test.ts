import { statSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreRefusal } from '../../src/store/database.ts';
import { MIGRATIONS, SCHEMA_VERSION } from '../../src/store/migrations.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { NOW } from '../support/sample/sample.ts';
import { AppendingProcess } from './support/appending-process.ts';
import { append, livingServer, Store, titles } from './support/store.ts';

describe('A journal', () => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    store = new Store(folder);
  });

  afterEach(async () => {
    await AppendingProcess.killAll();
    await removeFolder(folder);
  });

  describe('is refused, in one line that says what to do,', () => {
    function refusal(path: string): string {
      try {
        store.open({ path }).close();
      } catch (error) {
        return error instanceof StoreRefusal ? error.message : `no refusal, but ${String(error)}`;
      }
      return 'no refusal';
    }

    it('if another process has it, and opens for the next one once that has ended', async () => {
      const other = new AppendingProcess(store.path, 'other');
      await other.until((_, count) => count === 3);
      const message = refusal(store.path);
      const printed = await other.kill();
      expect(message).toBe(
        `${store.path} is in use by another tmux-exporter: stop that one, or give this one its own --storage.path and --web.listen-address`,
      );
      store.use((journal) => {
        expect(journal.epoch).toBe('other');
        expect(journal.head).toBeGreaterThanOrEqual(printed.length);
      });
    });

    it('if a newer version wrote it, which is not changed', () => {
      store.use((journal) => append(journal, 1));
      store.rows(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
      expect(refusal(store.path)).toBe(
        `${store.path} was written by a newer version (schema ${SCHEMA_VERSION + 1}, this one knows ${SCHEMA_VERSION}): upgrade, or choose another --storage.path`,
      );
      expect(store.rows('SELECT seq FROM events')).toEqual([{ seq: 1 }]);
    });

    it('if a folder has its name', async () => {
      await mkdir(store.path);
      expect(refusal(store.path)).toMatch(/cannot be used to store events: .*EISDIR.*--no-storage$/);
    });

    it('if its folder cannot be made', async () => {
      await writeFile(join(folder, 'file'), '');
      const path = join(folder, 'file', 'journal.db');
      expect(refusal(path)).toMatch(/cannot be used to store events: .*(ENOTDIR|EEXIST).*--no-storage$/);
    });
  });

  describe('of an older version', () => {
    it.each(MIGRATIONS.map((_, version) => version))('(schema %i) is brought up to date with all it has', (version) => {
      writeOlder(version);
      store.use((journal) => {
        expect(journal.setAside).toBeNull();
        expect(titles(journal)).toEqual(version === 0 ? [] : ['event 1']);
        append(journal, 2);
      });

      expect(store.rows('PRAGMA user_version')).toEqual([{ user_version: SCHEMA_VERSION }]);
      expect(schemaOf(store)).toEqual(schemaOf(freshStore()));
    });

    /** A database as that version left it. */
    function writeOlder(version: number): void {
      const database = new DatabaseSync(store.path);
      for (const step of MIGRATIONS.slice(0, version)) database.exec(step);
      database.exec(`PRAGMA user_version = ${version}`);
      if (version > 0) {
        const common = { severity: 'info', host: 'box', boot_id: null, server: null, incident: null, body: '' };
        const time = new Date(NOW).toISOString();
        const event = { v: 1, id: 'old-1', type: 'server-up', time, ...common, title: 'event 1' };
        database.prepare('INSERT INTO events (seq, time, json) VALUES (1, ?, ?)').run(NOW, JSON.stringify(event));
        database.prepare("INSERT INTO meta (key, value) VALUES ('epoch', 'old')").run();
      }
      database.close();
    }

    beforeEach(() => writeFile(`${store.path}.complete`, ''));
  });

  function freshStore(): Store {
    const fresh = new Store(join(folder, 'fresh'));
    fresh.use(() => {});
    return fresh;
  }

  function schemaOf(one: Store): unknown {
    return one.rows('SELECT name, sql FROM sqlite_schema ORDER BY name');
  }

  it('that others could read is theirs no more', async () => {
    await writeFile(store.path, '', { mode: 0o644 });
    store.use(() => {});
    expect(statSync(store.path).mode & 0o777).toBe(0o600);
  });

  it('that was closed leaves nothing but itself and the file that vouches for it', async () => {
    store.use((journal) => {
      append(journal, 1);
      journal.remember(livingServer('work'));
    });
    expect((await readdir(folder)).sort()).toEqual(['journal.db', 'journal.db.complete']);
  });
});
