import { existsSync, rmSync, writeFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { EventDraft } from '../core/event.ts';
import { HISTORY_EVENTS, type LoggedEvent, type Origin, RingLog, storedEvent } from '../core/event-log.ts';
import type { Tombstone } from '../core/fleet.ts';
import type { Journal, Memory, Remembered, SavedServer } from '../core/journal.ts';
import { openDatabase } from './database.ts';
import { keyOf, prepare, type Statements } from './statements.ts';

/** How long events are kept. */
const HISTORY_MS = 7 * 24 * 3_600_000;

/** Every so many events the ones that are too many or too old are deleted. */
const TRIM_EVERY = 200;

/** What a durable journal needs, and whom it tells. */
export interface DurableJournalOptions {
  readonly path: string;
  readonly origin: Origin;
  /** A new epoch: letters and digits. */
  readonly newEpoch: () => string;
  readonly now: () => number;
  /** Told of every failed attempt to store. */
  readonly onError: () => void;
  /** Told when the store can no longer be written, once until it can be again. */
  readonly onFailed: (error: unknown) => void;
  readonly onRecovered: () => void;
}

/**
 * The journal in a SQLite database. Readers are served from memory; the database is there for the next start.
 *
 * While it cannot be written (a full disk) the journal goes on from memory and tries again with every step. A file beside the
 * database is removed for that time, which works on a full disk too: a start that misses it begins a new epoch, so that an id
 * that was told but not stored is never given to another event.
 */
export class DurableJournal implements Journal {
  /** What was kept from the time before. */
  readonly remembered: Remembered;
  /** Where a damaged database was put; null where it was fine. */
  readonly setAside: string | null;
  readonly #options: DurableJournalOptions;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #ring: RingLog;
  #unsavedEvents: LoggedEvent[] = [];
  /** What was last given to be stored, by what it is about: its text, or nothing where it was dropped. */
  readonly #stored = new Map<string, string>();
  #unsavedMemories = new Map<string, Memory>();
  #failing = false;
  #sinceTrim = 0;
  #depth = 0;

  /** Opens or makes the database at `options.path`. Throws a `StoreRefusal` where it may not be used. */
  constructor(options: DurableJournalOptions) {
    this.#options = options;
    const { database, setAside } = openDatabase(options.path, options.now());
    this.#database = database;
    this.setAside = setAside;
    this.#statements = prepare(database);
    this.remembered = this.#recall();
    this.#ring = this.#loadRing();
    this.#writeMeta();
    writeFileSync(this.#seal, '', { mode: 0o600 });
  }

  get epoch(): string {
    return this.#ring.epoch;
  }

  get head(): number {
    return this.#ring.head;
  }

  get oldest(): number {
    return this.#ring.oldest;
  }

  after(seq: number, limit?: number): readonly LoggedEvent[] {
    return this.#ring.after(seq, limit);
  }

  append(draft: EventDraft, now: number): LoggedEvent {
    const logged = this.#ring.append(draft, now);
    this.#unsavedEvents.push(logged);
    return logged;
  }

  /** What is as it was stored is not stored again; when a server was last seen is known from when we last stored anything. */
  remember(memory: Memory): void {
    const key = keyOf(memory);
    const text = textOf(memory);
    if (this.#stored.get(key) === text && !this.#unsavedMemories.has(key)) return;
    this.#unsavedMemories.set(key, memory);
    this.#stored.set(key, text);
  }

  step<T>(work: () => T): T {
    this.#depth++;
    try {
      return work();
    } finally {
      this.#depth--;
      if (this.#depth === 0 && this.#unsavedEvents.length > 0) this.flush();
    }
  }

  flush(): void {
    try {
      this.#save();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#recover();
  }

  /** Stores what is left and closes the database. */
  close(): void {
    this.flush();
    this.#database.close();
  }

  get #seal(): string {
    return `${this.#options.path}.complete`;
  }

  #save(): void {
    const { insertEvent, setMeta } = this.#statements;
    this.#inTransaction(() => {
      setMeta.run('last_alive', String(this.#options.now()));
      for (const { seq, event, json } of this.#unsavedEvents) insertEvent.run(seq, Date.parse(event.time), json);
      for (const memory of this.#unsavedMemories.values()) this.#saveMemory(memory);
      this.#sinceTrim += this.#unsavedEvents.length;
      if (this.#sinceTrim >= TRIM_EVERY) this.#trim();
    });
    this.#unsavedEvents = [];
    this.#unsavedMemories = new Map();
  }

  #inTransaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #saveMemory(memory: Memory): void {
    const { saveServer, dropServer, saveTombstone, dropTombstone } = this.#statements;
    switch (memory.kind) {
      case 'server':
        saveServer.run(memory.server.target.name, JSON.stringify(memory.server));
        break;
      case 'server-dropped':
        dropServer.run(memory.name);
        break;
      case 'tombstone':
        saveTombstone.run(memory.tombstone.name, memory.tombstone.death.at, JSON.stringify(memory.tombstone));
        break;
      case 'tombstone-dropped':
        dropTombstone.run(memory.name);
    }
  }

  /** The newest event stays however old it is: the sequence goes on from it. */
  #trim(): void {
    this.#statements.trim.run(this.head - HISTORY_EVENTS, this.#options.now() - HISTORY_MS, this.head);
    this.#sinceTrim = 0;
  }

  /** Events that wait for the store are bounded as those in memory are. */
  #fail(error: unknown): void {
    this.#unsavedEvents = this.#unsavedEvents.slice(-HISTORY_EVENTS);
    this.#options.onError();
    if (this.#failing) return;
    this.#failing = true;
    rmSync(this.#seal, { force: true });
    this.#options.onFailed(error);
  }

  #recover(): void {
    if (!this.#failing) return;
    this.#failing = false;
    writeFileSync(this.#seal, '', { mode: 0o600 });
    this.#options.onRecovered();
  }

  #recall(): Remembered {
    const { servers, tombstones } = this.#statements;
    const lastAliveAt = Number(this.#meta('last_alive') ?? 0);
    return {
      servers: servers.all().map((row) => seenUntil(JSON.parse(String(row['json'])) as SavedServer, lastAliveAt)),
      tombstones: tombstones.all().map((row) => JSON.parse(String(row['json'])) as Tombstone),
      bootId: this.#meta('boot_id'),
    };
  }

  #loadRing(): RingLog {
    const { origin, newEpoch } = this.#options;
    const kept = this.#meta('epoch');
    if (kept === null || !existsSync(this.#seal)) {
      this.#database.exec('DELETE FROM events');
      return new RingLog(newEpoch(), origin);
    }
    const events = this.#statements.events
      .all(HISTORY_EVENTS)
      .map((row) => storedEvent(Number(row['seq']), String(row['json'])));
    return new RingLog(kept, origin, HISTORY_EVENTS, events.reverse());
  }

  #meta(key: string): string | null {
    const value = this.#statements.meta.get(key)?.['value'];
    return typeof value === 'string' ? value : null;
  }

  #writeMeta(): void {
    const { setMeta } = this.#statements;
    this.#inTransaction(() => {
      setMeta.run('epoch', this.epoch);
      if (this.#options.origin.bootId !== null) setMeta.run('boot_id', this.#options.origin.bootId);
    });
  }
}

/** While its polls succeeded, a server was last seen when we last lived ourselves. */
function seenUntil(server: SavedServer, lastAliveAt: number): SavedServer {
  const { life, fresh } = server;
  if (!life || !fresh) return server;
  return { ...server, life: { ...life, lastSeenAt: Math.max(life.lastSeenAt, lastAliveAt) } };
}

/** The text of a memory without what changes at every poll. */
function textOf(memory: Memory): string {
  if (memory.kind !== 'server') return JSON.stringify(memory);
  const { life } = memory.server;
  return JSON.stringify({ ...memory.server, life: life && { ...life, lastSeenAt: 0 } });
}
