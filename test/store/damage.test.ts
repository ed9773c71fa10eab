import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { birthOf } from '../../src/store/database-file.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { mutated } from '../support/sample/mutation.ts';
import { seededRandom } from '../support/sample/random.ts';
import { NOW } from '../support/sample/sample.ts';
import { runs, SEED } from '../support/sample/seed.ts';
import { append, appendMany, death, livingServer, Store } from './support/store.ts';

const EVENTS = 200;
const FLIPS = runs(150);

describe('A journal whose file was damaged', () => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    store = new Store(folder);
    store.use((journal) => {
      appendMany(journal, EVENTS);
      for (let number = 0; number < 20; number++) {
        journal.remember(livingServer(`up-${number}`));
        journal.remember(death(`gone-${number}`));
      }
    });
  });

  afterEach(() => removeFolder(folder));

  it.each<[string, (path: string) => void]>([
    ['garbage', (path) => writeFileSync(path, 'this is not a database, whatever its name says'.repeat(500))],
    ['another kind of file', (path) => writeFileSync(path, '#!/bin/sh\necho hello\n')],
    ['half of a database', (path) => truncateSync(path, Math.floor(readFileSync(path).length / 2))],
    ['a page of zeros in it', (path) => writeFileSync(path, readFileSync(path).fill(0, 8_192, 12_288))],
  ])('by %s is set aside as it was, and a new epoch begins', async (_, damage) => {
    damage(store.path);
    const damaged = readFileSync(store.path);

    const setAside = store.use((journal) => {
      expect([journal.epoch, journal.head, journal.remembered.servers]).toEqual(['epoch2', 0, []]);
      expect(append(journal, 1)).toBe('epoch2-1');
      return journal.setAside;
    });

    expect(setAside).toBe(`${store.path}.damaged-2026-03-01T12-00-00-000Z`);
    expect(readFileSync(String(setAside)).equals(damaged)).toBe(true);
    expect(store.use(({ epoch, head }) => [epoch, head])).toEqual(['epoch2', 1]);
  });

  it('twice is set aside under two names', async () => {
    for (let time = 0; time < 2; time++) {
      store.now = NOW + time;
      writeFileSync(store.path, `garbage ${time}`.repeat(1_000));
      store.use((journal) => append(journal, 1));
    }

    expect((await readdir(folder)).filter((name) => name.includes('damaged'))).toHaveLength(2);
  });

  it(`by one flipped bit, wherever it is, is whole or set aside, and never stops the start (${FLIPS} places)`, async () => {
    const random = seededRandom(SEED);
    const sound = readFileSync(store.path);
    const outcomes = { whole: 0, setAside: 0 };
    for (let flip = 0; flip < FLIPS; flip++) {
      const at = Math.floor(random() * sound.length);
      const damaged = Buffer.from(sound);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      const inner = new Store(join(folder, `flip-${flip}`), () => birthOf(store.path));
      inner.use(() => {});
      writeFileSync(inner.path, damaged);
      writeFileSync(`${inner.path}.complete`, '');

      const found = inner.use((journal) => ({
        setAside: journal.setAside,
        events: journal.after(0).map(({ event }) => event.type).length,
        badEvents: journal.badRows.filter(({ table }) => table === 'events').length,
        servers: journal.remembered.servers.length,
      }));
      const where = `seed ${SEED}, byte ${at}`;
      if (found.setAside === null) expect([where, found.events + found.badEvents]).toEqual([where, EVENTS]);
      else expect([where, readFileSync(found.setAside).equals(damaged)]).toEqual([where, true]);
      outcomes[found.setAside === null ? 'whole' : 'setAside']++;
      await rm(join(folder, `flip-${flip}`), { recursive: true });
    }
    expect(outcomes.setAside).toBeGreaterThan(0);
  });

  it.each(['', '-wal'])('by mistakes in any bytes of its file%s never stops the start, nor an event', (which) => {
    const image = store.use((journal) => {
      appendMany(journal, 20);
      return store.crashImage(join(folder, 'image'));
    });
    const sound = readFileSync(`${image.path}${which}`).toString('latin1');
    let number = 0;
    fc.assert(
      fc.property(mutated([sound], [], 4), (damaged) => {
        const inner = image.crashImage(join(folder, `odd-${number++}`));
        writeFileSync(`${inner.path}${which}`, damaged);
        writeFileSync(`${inner.path}.complete`, '');
        inner.use((journal) => {
          expect(journal.after(0).length).toBeLessThanOrEqual(EVENTS + 20);
          append(journal, 1);
          expect(journal.after(journal.head - 1)).toHaveLength(1);
        });
        expect(inner.use((journal) => journal.after(0).at(-1)?.event.title)).toBe('event 1');
        rmSync(dirname(inner.path), { recursive: true });
      }),
      { numRuns: runs(60) },
    );
  });
});
