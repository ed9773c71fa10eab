import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Machine } from '../../src/core/model/machine.ts';
import { makeFolder } from '../../src/files/folder.ts';
import { StoreRefusal } from '../../src/store/database.ts';
import type { DurableJournal } from '../../src/store/journal.ts';
import { takeOver } from '../../src/store/takeover.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { append, death, livingServer, PRESENT, Store, titles } from './support/store.ts';

const REBOOTED = { ...PRESENT, bootId: 'boot-2' };
const OTHER = { host: 'other', machineId: 'id-2', bootId: 'boot-9' };

let folder: string;

beforeEach(async () => {
  folder = await makePrivateFolder();
});

afterEach(() => removeFolder(folder));

/** A store that this machine wrote. */
function written(name: string): Store {
  const store = new Store(join(folder, name));
  store.use((journal) => {
    journal.remember(livingServer('work'));
    journal.remember(death('dead'));
    append(journal, 1);
    append(journal, 2);
  });
  return store;
}

function openOn(store: Store, machine: Machine): DurableJournal {
  return store.open({ origin: machine, machineId: machine.machineId });
}

/** What a daemon on a machine takes up from a store. */
function foundOn(store: Store, machine: Machine) {
  const journal = openOn(store, machine);
  const { servers, tombstones, bootId } = journal.remembered;
  append(journal, 3);
  journal.close();
  const names = [...servers.map(({ target }) => target.name), ...tombstones.map(({ name }) => name)];
  return { names, bootId, stranger: journal.stranger?.host ?? null, titles: titles(journal), epoch: journal.epoch };
}

describe('A store at a place that a person named', () => {
  it.each([
    ['rebooted', REBOOTED],
    ['renamed', { ...PRESENT, host: 'renamed' }],
  ])('goes on with all it has if its machine was %s', (_, machine) => {
    expect(foundOn(written('a'), machine)).toEqual({
      names: ['work', 'dead'],
      bootId: 'boot-1',
      stranger: null,
      titles: ['event 1', 'event 2', 'event 3'],
      epoch: 'epoch1',
    });
  });

  it('is refused on another machine, and its own goes on as if nothing had been', () => {
    const store = written('a');
    const before = readFileSync(store.path);
    let refusal: unknown;
    try {
      openOn(store, OTHER);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(StoreRefusal);
    expect(String(refusal)).toContain(
      `${store.path} was written by the tmux-exporter of another machine (machine): give each machine its own --storage.path`,
    );
    expect(readFileSync(store.path).equals(before)).toBe(true);
    expect(foundOn(store, REBOOTED)).toMatchObject({ names: ['work', 'dead'], bootId: 'boot-1' });
  });

  it('of a machine that may be this one lends its events, and its servers are not restored', () => {
    const store = written('a');
    const renamed = { ...REBOOTED, host: 'renamed' };
    const found = { names: [], bootId: null, titles: ['event 1', 'event 2', 'event 3'], epoch: 'epoch1' };
    expect(foundOn(store, renamed)).toEqual({ ...found, stranger: 'machine' });
    expect(foundOn(store, renamed)).toEqual({
      ...found,
      bootId: 'boot-2',
      stranger: null,
      titles: [...found.titles, 'event 3'],
    });
  });
});

describe('A store at a former place', () => {
  /** As the version before kept it: it knew its machine by its boot and by the host of its events. */
  function former(): Store {
    const store = written('shared');
    store.rows("DELETE FROM meta WHERE key IN ('host', 'machine_id') RETURNING key");
    return store;
  }

  function mine(): Store {
    makeFolder(join(folder, 'mine'));
    return new Store(join(folder, 'mine'));
  }

  function take(from: Store, to: Store, machine: Machine): string | null {
    return takeOver(to.path, { shared: from.path, renamed: [] }, machine);
  }

  it.each([
    ['in the same boot', PRESENT],
    ['after a reboot', REBOOTED],
  ])('is taken over once by the machine that wrote it, %s, with nothing lost or doubled', (_, machine) => {
    const [shared, own] = [former(), mine()];
    expect([take(shared, own, machine), take(shared, own, machine)]).toEqual([shared.path, null]);
    expect([existsSync(shared.path), existsSync(`${shared.path}.complete`)]).toEqual([false, false]);
    expect(foundOn(own, machine)).toEqual({
      names: ['work', 'dead'],
      bootId: 'boot-1',
      stranger: null,
      titles: ['event 1', 'event 2', 'event 3'],
      epoch: 'epoch1',
    });
  });

  it('is taken over with what a kill left in its write-ahead log', () => {
    const open = new Store(join(folder, 'open')).open();
    append(open, 1);
    const image = new Store(join(folder, 'open')).crashImage(join(folder, 'shared'));
    open.close();
    expect(existsSync(`${image.path}-wal`)).toBe(true);
    const own = new Store(dirname(mine().path), () => null);
    take(image, own, PRESENT);
    expect(foundOn(own, PRESENT)).toMatchObject({ titles: ['event 1', 'event 3'], epoch: 'epoch1' });
  });

  it('of another machine stays as it is', () => {
    const [shared, own] = [former(), mine()];
    expect(take(shared, own, OTHER)).toBeNull();
    expect([existsSync(own.path), foundOn(shared, PRESENT).names]).toEqual([false, ['work', 'dead']]);
  });

  it('that is still in use is no reason to begin another', () => {
    const [shared, own] = [former(), mine()];
    const running = shared.open();
    expect(() => take(shared, own, PRESENT)).toThrow(`${shared.path} is in use by another tmux-exporter`);
    running.close();
    expect(existsSync(own.path)).toBe(false);
  });

  it('of a former host name is taken over in the same boot only: a clone has one in another', () => {
    const [renamed, own] = [written('renamed'), mine()];
    const places = { shared: join(folder, 'none'), renamed: [join(folder, 'absent'), renamed.path] };
    expect(takeOver(own.path, places, { ...REBOOTED, host: 'clone' })).toBeNull();
    expect(takeOver(own.path, places, { ...PRESENT, host: 'new-name' })).toBe(renamed.path);
    expect(foundOn(own, { ...PRESENT, host: 'new-name' }).names).toEqual(['work', 'dead']);
  });

  it('stays if a FIFO has the place of the new seal', () => {
    const [shared, own] = [former(), mine()];
    execFileSync('mkfifo', [`${own.path}.complete`]);
    expect(() => take(shared, own, PRESENT)).toThrow(StoreRefusal);
    expect([existsSync(shared.path), existsSync(own.path)]).toEqual([true, false]);
  });

  it('stays if SQLite would wait for a FIFO beside it', () => {
    const [shared, own] = [former(), mine()];
    execFileSync('mkfifo', [`${shared.path}-journal`]);
    expect([take(shared, own, PRESENT), existsSync(shared.path)]).toEqual([null, true]);
  });

  it('that is damaged stays as it is', () => {
    const [shared, own] = [former(), mine()];
    const database = new DatabaseSync(shared.path);
    database.exec('DROP TABLE meta');
    database.close();
    expect([take(shared, own, PRESENT), existsSync(shared.path)]).toEqual([null, true]);
  });
});

describe('A store, of the pid namespace that its pids are of', () => {
  function pidNamespaceFor(store: Store, pidNamespace: string | null): string | null {
    const journal = store.open({ pidNamespace });
    const { remembered } = journal;
    append(journal, 4);
    journal.close();
    return remembered.pidNamespace;
  }

  it('gives that of the exporter that wrote it, and none if that did not know it or was an older version', () => {
    const store = written('a');

    const known = ['pid:[1]', 'pid:[2]', null, 'pid:[3]'].map((present) => pidNamespaceFor(store, present));
    expect(known).toEqual([null, 'pid:[1]', 'pid:[2]', null]);
  });
});
