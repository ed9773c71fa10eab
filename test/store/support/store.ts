import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { EventDraft } from '../../../src/core/event/event.ts';
import type { Machine } from '../../../src/core/model/machine.ts';
import type { SavedServer } from '../../../src/core/record/record.ts';
import type { Tombstone } from '../../../src/core/record/view.ts';
import type { Memory } from '../../../src/core/registry/journal.ts';
import { goneDraft, registeredDraft } from '../../../src/core/wording/draft.ts';
import { makeFolder } from '../../../src/files/folder.ts';
import { birthOf } from '../../../src/store/database-file.ts';
import { DurableJournal, type DurableJournalOptions } from '../../../src/store/journal.ts';
import { sampleTombstone } from '../../support/sample/fleet.ts';
import { DEAD, failed, NOW, sampleDeath, sampleSnapshot, upRecord } from '../../support/sample/sample.ts';

/** The machine that stores are opened on. */
export const PRESENT: Machine = { host: 'machine', machineId: 'id-1', bootId: 'boot-1' };

/** A journal on disk with a clock of its own, and the failures that it reported. */
export class Store {
  readonly path: string;
  readonly troubles: string[] = [];
  now = NOW;
  errors = 0;
  #epochs = 0;

  readonly #birthOf: typeof birthOf;

  constructor(folder: string, made = birthOf) {
    this.path = join(folder, 'journal.db');
    this.#birthOf = made;
  }

  /** Opens the journal, as the daemon does when it starts. */
  open(options: Partial<DurableJournalOptions> = {}): DurableJournal {
    return new DurableJournal({
      path: this.path,
      origin: PRESENT,
      machineId: PRESENT.machineId,
      pidNamespace: null,
      newEpoch: () => `epoch${++this.#epochs}`,
      now: () => this.now,
      makeFolder,
      birthOf: this.#birthOf,
      onError: () => {
        this.errors++;
      },
      onFailed: () => this.troubles.push('failed'),
      onRecovered: () => this.troubles.push('recovered'),
      onReplaced: () => this.troubles.push('replaced'),
      ...options,
    });
  }

  /** Opens the journal, uses it and closes it again. */
  use<T>(work: (journal: DurableJournal) => T): T {
    const journal = this.open();
    try {
      return work(journal);
    } finally {
      journal.close();
    }
  }

  /** What `kill -9` would leave at this moment, in a folder of its own. */
  crashImage(folder: string): Store {
    // The very file, and no copy of it.
    const image = new Store(folder, () => birthOf(this.path));
    mkdirSync(folder, { recursive: true });
    for (const suffix of ['', '-wal', '.complete']) {
      if (existsSync(this.path + suffix)) cpSync(this.path + suffix, image.path + suffix, { recursive: true });
    }
    return image;
  }

  /** Reads the database as anybody can, once nobody has it open. */
  rows(sql: string): Record<string, unknown>[] {
    const database = new DatabaseSync(this.path);
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  }
}

/** An event that says which one it is. */
export function numbered(number: number): EventDraft {
  const common = { severity: 'info', server: null, incident: null, body: '' } as const;
  return { ...common, type: 'server-up', title: `event ${number}`, details: {} };
}

/** Appends one event in a step of its own and gives its id. */
export function append(journal: DurableJournal, number: number, now = NOW): string {
  return journal.step(() => journal.append(numbered(number), now).event.id);
}

/** Appends events in one step. */
export function appendMany(journal: DurableJournal, count: number, now = NOW): void {
  journal.step(() => {
    for (let number = 1; number <= count; number++) journal.append(numbered(number), now);
  });
}

/** The death of a server. */
export function deathOf(name: string): EventDraft {
  return goneDraft(upRecord(sampleSnapshot(), { name }), sampleDeath('crashed'), failed('refused', DEAD));
}

/** Appends events of one server that changes all the time, 100 in a step. */
export function flood(journal: DurableJournal, count: number): void {
  const draft = registeredDraft(upRecord(sampleSnapshot(), { name: 'busy' }));
  for (let at = 0; at < count; at += 100) {
    journal.step(() => {
      for (let number = 0; number < 100; number++) journal.append(draft, NOW);
    });
  }
}

/** The titles of all events that are kept, oldest first. */
export function titles(journal: DurableJournal): string[] {
  return journal.after(0).map(({ event }) => event.title);
}

/** A living server to be remembered. */
export function livingServer(name: string, server: Partial<SavedServer> = {}): Extract<Memory, { kind: 'server' }> {
  const { target, state, since, unreachable, incident, life } = upRecord(sampleSnapshot(), { name });
  return { kind: 'server', server: { target, state, since, unreachable, incident, life, fresh: true, ...server } };
}

/** A death to be remembered. */
export function death(name: string, tombstone: Partial<Tombstone> = {}): Extract<Memory, { kind: 'tombstone' }> {
  return { kind: 'tombstone', tombstone: sampleTombstone({ name, ...tombstone }) };
}
