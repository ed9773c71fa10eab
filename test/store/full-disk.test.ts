import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DurableJournal } from '../../src/store/journal.ts';
import { SmallDisk } from '../support/machine/small-disk.ts';
import { AppendingProcess } from './support/appending-process.ts';
import { append, appendMany, livingServer, Store, titles } from './support/store.ts';

const trial = await SmallDisk.mount(200);
await trial?.unmount();
const describeOnDisk = trial ? describe : describe.skip;

describeOnDisk('A journal on a full disk (skipped if no tmpfs may be mounted)', () => {
  let disk: SmallDisk;
  let store: Store;
  let journal: DurableJournal;

  beforeEach(async () => {
    const mounted = await SmallDisk.mount(200);
    if (!mounted) throw new Error('expected to mount a second time');
    disk = mounted;
    store = new Store(disk.folder);
    journal = store.open();
    append(journal, 1);
  });

  afterEach(async () => {
    await AppendingProcess.killAll();
    journal.close();
    await disk.unmount();
  });

  /** Appends until the disk is full; gives how many events there are. */
  function fillUp(): number {
    disk.fill();
    while (!journal.isBehind) append(journal, journal.head + 1);
    return journal.head;
  }

  it('continues in memory, reports it once, and counts every attempt', () => {
    const count = fillUp();
    for (let more = 1; more <= 3; more++) append(journal, count + more);

    expect(titles(journal)).toEqual(Array.from({ length: count + 3 }, (_, index) => `event ${index + 1}`));
    expect(store.troubles).toEqual(['failed']);
    expect(store.errors).toBe(4);
  });

  it('stores everything of the meantime once there is room, and reports that once', () => {
    const count = fillUp();
    journal.remember(livingServer('work'));
    appendMany(journal, 3);
    disk.empty();
    journal.flush();
    append(journal, count + 4);
    journal.close();

    expect(store.troubles).toEqual(['failed', 'recovered']);
    journal = store.open();
    expect([journal.epoch, journal.head, journal.after(0).length]).toEqual(['epoch1', count + 4, count + 4]);
    expect(journal.remembered.servers).toHaveLength(1);
  });

  it('can fill up and recover again and again', () => {
    for (let round = 1; round <= 3; round++) {
      fillUp();
      disk.empty();
      journal.flush();
    }

    expect(store.troubles).toEqual(['failed', 'recovered', 'failed', 'recovered', 'failed', 'recovered']);
    const { head } = journal;
    journal.close();
    journal = store.open();
    expect([journal.epoch, journal.head]).toEqual(['epoch1', head]);
  });

  it('begins a new epoch if it ends before it recovered: no id is given twice, and what was stored stays', () => {
    const count = fillUp();
    journal.close();
    disk.empty();

    journal = store.open();
    expect(append(journal, count)).toBe(`epoch2-${count}`);
    journal.close();
    journal = store.open();
    expect(titles(journal)).toEqual(Array.from({ length: count }, (_, index) => `event ${index + 1}`));
  });

  it('begins a new epoch if it is killed before it recovered', async () => {
    journal.close();
    const process = new AppendingProcess(store.path, 'unused');
    await process.until((line) => line === 'epoch1-10');
    disk.fill();
    await process.until((line) => line === 'failed');
    const printed = process.printed.length;
    await process.until((_, count) => count > printed + 10);
    await process.kill();
    disk.empty();

    journal = store.open();
    const stored = process.printed.indexOf('failed') + 1;
    expect([journal.epoch, journal.former]).toEqual(['epoch2', { epoch: 'epoch1', until: stored }]);
    expect(titles(journal).at(-1)).toBe(`event ${stored}`);
    expect(journal.remembered.servers).toHaveLength(1);
  });

  it('that is full when it starts goes on with what it has', () => {
    const count = fillUp();
    disk.empty();
    journal.flush();
    journal.close();
    disk.fill();

    journal = store.open();
    expect(journal.head).toBe(count);
    append(journal, count + 1);
    expect(store.troubles).toEqual(['failed', 'recovered', 'failed']);
    disk.empty();
    append(journal, count + 2);
    journal.close();
    journal = store.open();
    expect([journal.epoch, journal.head]).toEqual(['epoch1', count + 2]);
  });
});
