import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { seededRandom } from '../support/sample/random.ts';
import { runs, SEED } from '../support/sample/seed.ts';
import { AppendingProcess } from './support/appending-process.ts';
import { Store } from './support/store.ts';

const RUNS = 20;
/** Each begins with an empty journal: one that goes on and on gives up its oldest events. */
const SEEDS = Array.from({ length: runs(1) }, (_, round) => SEED + round);

describe('A journal whose process is killed with -9', () => {
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

  it.each(SEEDS)(
    `loses no event that was emitted and gives no id twice, over ${RUNS} kills at random moments (seed %i)`,
    async (seed) => {
      const random = seededRandom(seed);
      const kept: string[] = [];
      for (let run = 1; run <= RUNS; run++) {
        const printed = await killAfter(1 + Math.floor(random() * 150), run === 1 ? 'first' : 'another');

        const stored = store.use((journal) => {
          // What is remembered is of the same moment as the newest event.
          expect(journal.remembered.servers).toMatchObject([{ since: journal.head }]);
          return journal.after(0).map(({ event }) => event.id);
        });
        const expected = [...kept, ...printed];
        expect(stored.slice(0, expected.length)).toEqual(expected);
        // One event may have been stored, but not yet printed, before the kill.
        expect(stored.length - expected.length).toBeLessThanOrEqual(1);
        kept.splice(0, kept.length, ...stored);
      }
      expect(kept).toEqual(kept.map((_, index) => `first-${index + 1}`));
    },
  );

  /** Runs a process until it has printed this many events, kills it, and returns the ids that it printed. */
  async function killAfter(count: number, epoch: string): Promise<readonly string[]> {
    const process = new AppendingProcess(store.path, epoch);
    await process.until((_, events) => events >= count);
    return process.kill();
  }
});
