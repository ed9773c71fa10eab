import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Cooldown, OutboxChange } from '../../src/core/alert/outbox.ts';
import { makeFolder } from '../../src/files/folder.ts';
import { DurableJournal, type DurableJournalOptions } from '../../src/store/journal.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = await makePrivateFolder();
});

afterEach(async () => {
  await removeFolder(folder);
});

function open(given: Partial<DurableJournalOptions> = {}): DurableJournal {
  return new DurableJournal({
    path: join(folder, 'journal.db'),
    origin: { host: 'machine', bootId: null },
    machineId: null,
    pidNamespace: null,
    newEpoch: () => 'epoch',
    now: () => 1_000,
    makeFolder,
    onError: () => {},
    onFailed: () => {},
    onRecovered: () => {},
    onReplaced: () => {},
    ...given,
  });
}

function change(key: string, row: Partial<Cooldown> | null = {}, receiver = 'ops'): OutboxChange {
  return {
    receiver,
    kind: 'cooldown',
    key,
    row: row && { key, until: 1, begunBy: 'epoch-1', suppressed: 0, held: null, ...row },
  };
}

function keysOf(journal: DurableJournal, receiver = 'ops'): string[] {
  return journal.outbox.rows(receiver).cooldowns.map(({ key }) => key);
}

describe('the outbox of a journal', () => {
  it('is the same after it was opened again', () => {
    const before = open();
    before.outbox.commit([change('a'), change('b'), change('c', {}, 'other')], 'epoch-7');
    before.outbox.commit([change('a', null), change('b', { suppressed: 3 })], 'epoch-8');
    const { taken } = before.outbox;
    const rows = before.outbox.rows('ops');
    before.close();
    const after = open();
    expect(taken).toBe('epoch-8');
    expect(after.outbox.taken).toBe('epoch-8');
    expect(after.outbox.rows('ops')).toEqual(rows);
    expect(keysOf(after)).toEqual(['b']);
    expect(keysOf(after, 'other')).toEqual(['c']);
    after.close();
  });

  it('is stored when a commit returns: a process that is killed then has lost nothing', () => {
    const journal = open();
    journal.outbox.commit([change('a')], 'epoch-1');
    journal.close();
    const reader = new DatabaseSync(join(folder, 'journal.db'));
    expect(reader.prepare('SELECT receiver, kind, key FROM outbox').all()).toEqual([
      { receiver: 'ops', kind: 'cooldown', key: 'a' },
    ]);
    reader.close();
  });

  it('forgets up to which event it had taken', () => {
    const journal = open();
    journal.outbox.commit([], 'epoch-1');
    journal.outbox.commit([], null);
    journal.close();
    const after = open();
    expect(after.outbox.taken).toBeNull();
    after.close();
  });

  it('goes on from memory while the store cannot be written, and is stored when it can be again', () => {
    let isFull = true;
    const now = () => {
      if (isFull) throw new Error('database or disk is full');
      return 1_000;
    };
    isFull = false;
    const journal = open({ now });
    isFull = true;
    journal.outbox.commit([change('a')], 'epoch-1');
    expect(journal.isBehind).toBe(true);
    expect(keysOf(journal)).toEqual(['a']);
    isFull = false;
    journal.outbox.commit([change('b')], 'epoch-2');
    expect(journal.isBehind).toBe(false);
    journal.close();
    const after = open();
    expect(keysOf(after)).toEqual(['a', 'b']);
    after.close();
  });
});
