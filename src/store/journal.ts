import { existsSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { EventDraft } from '../core/event/event.ts';
import { type FormerEpoch, HISTORY_EVENTS, type LoggedEvent, type Origin } from '../core/event/event-log.ts';
import type { BusMark } from '../core/fleet/bus-mark.ts';
import { type KeptMachine, ownershipOf } from '../core/model/machine.ts';
import type { Journal, Memory, Remembered } from '../core/registry/journal.ts';
import { MemoryLog } from '../core/registry/memory-log.ts';
import { DurableBusMarks } from './bus-marks.ts';
import { type DatabasePlace, openDatabase, StoreRefusal } from './database.ts';
import { birthOf, birthText, type FileMark, isSameFile, putSeal, readBirth, sealOf } from './database-file.ts';
import { readHistory } from './history.ts';
import { DurableMemories } from './memories.ts';
import { DurableOutbox } from './outbox.ts';
import { otherMachineText, readOwner } from './owner.ts';
import { type BadRow, setRowsAside } from './set-aside.ts';
import { metaOf, type Statements } from './statements.ts';

/** How long events are kept, in milliseconds. */
const HISTORY_MS = 7 * 24 * 3_600_000;

/** Number of new events after which old events are deleted. */
const TRIM_EVERY = 200;

/** How many stored events are read at most: what is kept, and what was not deleted yet. */
const MOST_STORED = HISTORY_EVENTS + 10 * TRIM_EVERY;

/** The place, identity and observers of a durable journal. */
export interface DurableJournalOptions extends DatabasePlace {
  readonly origin: Origin;
  /** As in `/etc/machine-id`; null if there is none. */
  readonly machineId: string | null;
  /** As `/proc/self/ns/pid` names it; null if there is none. */
  readonly pidNamespace: string | null;
  /** Makes a new epoch, of letters and digits. */
  readonly newEpoch: () => string;
  /** When a file was made. Replaced in tests. */
  readonly birthOf?: (path: string) => string | null;
  /** Called for every failed attempt to store. */
  readonly onError: () => void;
  /** Called once when the store can no longer be written. */
  readonly onFailed: (error: unknown) => void;
  /** Called once when the store can be written again. */
  readonly onRecovered: () => void;
  /** Called when the database was removed or replaced while it was open. */
  readonly onReplaced: () => void;
}

/**
 * The journal in a SQLite database. Readers are served from memory; the database is for the next start.
 *
 * If the database cannot be written (for example, because the disk is full), the journal continues in memory and tries again at
 * every step. Meanwhile the seal, a file beside the database, is removed; this works on a full disk too. A start without a seal
 * begins a new epoch behind the stored events; if the seal cannot be removed, the journal does so at once. A start with a copy of
 * the database begins a new epoch without them. So the id of an event that was emitted but is not stored is never given to
 * another event.
 */
export class DurableJournal implements Journal {
  /** The outbox: stored in the same database, and in the same transactions as the events. */
  readonly outbox: DurableOutbox;
  /** How far the history was published to the bus: stored with the next write. */
  readonly busMarks: DurableBusMarks;
  /** Path that a damaged database was moved to; null if it was sound. */
  readonly setAside: string | null;
  /** The machine that wrote the store, if it may be another one. Its servers are not restored then. Null otherwise. */
  readonly stranger: KeptMachine | null;
  /** Whether the database is a copy, such as one from a backup: what happened since it was taken is not in it. */
  readonly isCopy: boolean;
  /** Stored rows that cannot be used and were set aside. */
  readonly badRows: readonly BadRow[];
  readonly #options: DurableJournalOptions;
  #database: DatabaseSync;
  #statements: Statements;
  #file: FileMark;
  readonly #log: MemoryLog;
  readonly #bad: BadRow[] = [];
  #unsavedEvents: LoggedEvent[] = [];
  /** Stored events that are not kept any more, and are to be deleted from the database. */
  #evicted: number[] = [];
  /** Sequence of the newest stored event. */
  #storedHead = 0;
  #isRenewed = false;
  /** Whether the former epoch is stored, if there is one. */
  #isFormerSaved = true;
  readonly #memories: DurableMemories;
  #failing = false;
  /** Whether the epoch is new, so that nothing of it is stored yet. */
  #isNewEpoch = false;
  /** Whether the present machine and boot are stored. */
  #isMachineStored = false;
  /** When the file of the database was made, as it is stored; null if that is not known yet. */
  #birth: string | null;
  /** Whether the seal exists. */
  #isSealed = false;
  #sinceTrim = TRIM_EVERY;
  #depth = 0;
  #closed = false;
  /** Whether the restored servers have been polled since the start. */
  #arePolled = false;
  /** Whether the database was opened again while the exporter runs. Its content is not ours. */
  #isNewDatabase = false;

  /** Opens or makes the database at `options.path`. Throws a `StoreRefusal` if it cannot be used. */
  constructor(options: DurableJournalOptions) {
    this.#options = options;
    const { database, statements, file, setAside } = openDatabase(options);
    this.#file = file;
    this.#database = database;
    this.#statements = statements;
    this.setAside = setAside;
    this.stranger = this.#examineOwner();
    this.outbox = new DurableOutbox(this.#statements, () => this.flush());
    this.busMarks = new DurableBusMarks(this.#statements);
    this.#birth = readBirth(metaOf(this.#statements, 'born'));
    const birth = this.#birthOfFile();
    this.isCopy = this.#birth !== null && birth !== null && birth !== this.#birth;
    if (this.isCopy) this.#birth = null;
    this.#memories = new DurableMemories(this.#statements, this.stranger !== null);
    this.#log = this.#loadLog();
    // Events that were emitted after the stored ones are missing.
    if (!this.#isSealed && !this.#isNewEpoch) this.#beginEpochAfter(this.head);
    this.badRows = [...this.#memories.badRows, ...this.#bad, ...this.outbox.badRows];
    setRowsAside(database, this.badRows, options.now());
  }

  /** What was stored before this start. */
  get remembered(): Remembered {
    return this.#memories.remembered;
  }

  get epoch(): string {
    return this.#log.epoch;
  }

  get former(): FormerEpoch | null {
    return this.#log.former;
  }

  get head(): number {
    return this.#log.head;
  }

  get oldest(): number {
    return this.#log.oldest;
  }

  after(seq: number, limit?: number): readonly LoggedEvent[] {
    return this.#log.after(seq, limit);
  }

  missingAfter(seq: number): number {
    return this.#log.missingAfter(seq);
  }

  append(draft: EventDraft, now: number): LoggedEvent {
    const logged = this.#log.append(draft, now);
    this.#unsavedEvents.push(logged);
    return logged;
  }

  remember(memory: Memory): void {
    this.#memories.remember(memory);
  }

  /**
   * Begins a new epoch, because the bus has another event of the present one than the store: the store was put back in place, or
   * copied with its disk. The events up to `until`, which were published, belong to both epochs. `sequence` is that of the other
   * event in the stream of the bus. Returns the mark to go on with, or null if this was done already: it can be necessary only once.
   * Both are stored with the next write.
   */
  renew(until: number, sequence: number): BusMark | null {
    if (this.#isRenewed) return null;
    this.#isRenewed = true;
    this.#beginEpochAfter(until);
    const place = this.busMarks.mark?.place ?? null;
    const mark = { epoch: this.epoch, acked: until, sequence, place: place && { ...place, from: until } };
    this.busMarks.keep(mark);
    return mark;
  }

  /** Begins a new epoch. The events up to `until` belong to both; those after it are stored anew. The mark of the bus goes on. */
  #beginEpochAfter(until: number): void {
    const former = this.epoch;
    this.#log.renew(this.#options.newEpoch(), until);
    this.#unsavedEvents = [...this.#log.after(this.#isNewEpoch ? 0 : until)];
    this.#storedHead = Math.min(this.#storedHead, until);
    this.#isFormerSaved = false;
    const { mark } = this.busMarks;
    if (mark?.epoch === former) this.busMarks.keep(markIn(this.epoch, until, mark));
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
    if (this.#closed) return;
    try {
      this.#followFile();
      this.#save();
      this.#putSeal();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#recover();
  }

  /**
   * Call it when every restored server has been polled since the start. Only from then on does `last_alive` advance: a start that
   * fails before has seen no server.
   */
  confirm(): void {
    this.#arePolled = true;
    this.flush();
  }

  /** Whether some events or memories are not stored, because the store cannot be written. */
  get isBehind(): boolean {
    return this.#failing;
  }

  /** Stores what is left and closes the database. */
  close(): void {
    this.flush();
    this.#closed = true;
    if (this.#database.isOpen) this.#database.close();
  }

  /** Opens a new database and stores everything known in it, if the file was removed or replaced: writes to it would be lost. */
  #followFile(): void {
    const { path, onReplaced } = this.#options;
    if (this.#database.isOpen && isSameFile(path, this.#file)) return;
    if (this.#database.isOpen) {
      onReplaced();
      this.#database.close();
    }
    const { database, statements, file } = openDatabase(this.#options);
    this.#database = database;
    this.#statements = statements;
    this.#file = file;
    this.outbox.moveTo(statements);
    this.busMarks.moveTo(statements);
    this.#memories.moveTo(statements);
    this.#unsavedEvents = [...this.#log.after(0)];
    this.#evicted = [];
    this.#storedHead = 0;
    this.#isNewDatabase = true;
    this.#isNewEpoch = true;
    this.#isFormerSaved = this.former === null;
    this.#birth = null;
    this.#isMachineStored = false;
    this.#isSealed = false;
  }

  #birthOfFile(): string | null {
    const { path, birthOf: read = birthOf } = this.#options;
    return read(path);
  }

  get #seal(): string {
    return sealOf(this.#options.path);
  }

  #putSeal(): void {
    if (this.#isSealed) return;
    putSeal(this.#options.path);
    this.#isSealed = true;
  }

  #removeSeal(): void {
    this.#isSealed = false;
    try {
      rmSync(this.#seal, { force: true });
    } catch {
      // The file system may have become read-only. As the next start goes on behind what is stored, ids that are given from now on
      // must be of another epoch.
      if (!this.#isNewEpoch && this.#isFormerSaved) this.#beginEpochAfter(this.#storedHead);
    }
  }

  #save(): void {
    const { insertEvent, setMeta } = this.#statements;
    const birth = this.#birth === null ? this.#birthOfFile() : null;
    // As long as an earlier boot is stored, its servers count as dead. So the present boot is stored only together with news.
    const hasNews = this.stranger !== null || this.#unsavedEvents.length > 0 || this.#memories.areUnsaved;
    const storesMachine = this.#isMachineStored || hasNews;
    const sinceTrim = this.#sinceTrim + this.#unsavedEvents.length;
    const isTrimDue = sinceTrim >= TRIM_EVERY;
    this.#inTransaction(() => {
      if (this.#isNewDatabase) this.#clear();
      if (this.#isNewEpoch) this.#beginEpoch();
      if (!this.#isFormerSaved) this.#saveFormer();
      if (storesMachine && !this.#isMachineStored) this.#saveMachine();
      if (this.#arePolled) setMeta.run('last_alive', String(this.#options.now()));
      if (birth !== null) setMeta.run('born', birthText(birth));
      for (const { seq, event, json } of this.#keptOf(this.#unsavedEvents)) {
        insertEvent.run(seq, Date.parse(event.time), json);
      }
      this.#memories.write();
      this.outbox.write();
      this.busMarks.write();
      if (isTrimDue) this.#trim();
    });
    this.#isNewDatabase = false;
    this.#isNewEpoch = false;
    this.#isFormerSaved = true;
    this.#birth ??= birth;
    this.#isMachineStored = storesMachine;
    this.#unsavedEvents = [];
    this.#storedHead = this.head;
    this.#sinceTrim = isTrimDue ? 0 : sinceTrim;
    if (isTrimDue) this.#evicted = [];
    this.#memories.written();
    this.outbox.written();
    this.busMarks.written();
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

  #trim(): void {
    const { dropEvent, trim } = this.#statements;
    for (const seq of this.#evicted) dropEvent.run(seq);
    trim.run(this.oldest, this.#options.now() - HISTORY_MS);
  }

  #keptOf(events: readonly LoggedEvent[]): LoggedEvent[] {
    return events.filter(({ seq }) => this.#log.has(seq));
  }

  /** Notes a failed write. The events that wait for the store are bounded like those in memory. */
  #fail(error: unknown): void {
    this.#unsavedEvents = this.#keptOf(this.#unsavedEvents);
    this.#options.onError();
    if (this.#failing) return;
    this.#failing = true;
    this.#removeSeal();
    this.#options.onFailed(error);
  }

  #recover(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#options.onRecovered();
  }

  /** Throws a {@link StoreRefusal} if another machine wrote the store. */
  #examineOwner(): KeptMachine | null {
    const { path, origin, machineId } = this.#options;
    const owner = readOwner(this.#database);
    const ownership = owner === null ? 'own' : ownershipOf(owner, { ...origin, machineId });
    if (ownership !== 'other') return ownership === 'own' ? null : owner;
    this.#database.close();
    throw new StoreRefusal(otherMachineText(path, owner));
  }

  #loadLog(): MemoryLog {
    const { origin, newEpoch, now } = this.#options;
    const evict = (seq: number) => this.#onEvicted(seq);
    const stored = this.isCopy ? null : readHistory(this.#statements, now() - HISTORY_MS, MOST_STORED);
    this.#bad.push(...(stored?.badRows ?? []));
    if (!stored || stored.epoch === null) {
      this.#isNewEpoch = true;
      return new MemoryLog(newEpoch(), origin, HISTORY_EVENTS, [], 0, evict);
    }
    const { epoch, events, head, former, isWhole } = stored;
    this.#isSealed = isWhole && existsSync(this.#seal);
    this.#storedHead = head;
    return new MemoryLog(epoch, origin, HISTORY_EVENTS, events, head, evict, former);
  }

  #onEvicted(seq: number): void {
    if (seq <= this.#storedHead) this.#evicted.push(seq);
  }

  #beginEpoch(): void {
    this.#database.exec("DELETE FROM events; DELETE FROM meta WHERE key IN ('former_epoch', 'former_until')");
    this.#statements.setMeta.run('epoch', this.epoch);
  }

  /** What comes after the former epoch is stored anew, with other ids. */
  #saveFormer(): void {
    const { setMeta, dropAfter } = this.#statements;
    const { former } = this.#log;
    if (former === null) return;
    dropAfter.run(former.until);
    setMeta.run('epoch', this.epoch);
    setMeta.run('former_epoch', former.epoch);
    setMeta.run('former_until', String(former.until));
  }

  #clear(): void {
    this.#database.exec('DELETE FROM servers; DELETE FROM tombstones; DELETE FROM outbox');
  }

  #saveMachine(): void {
    const { origin, machineId, pidNamespace } = this.#options;
    const { setMeta, dropMeta } = this.#statements;
    if (this.stranger !== null) this.#database.exec('DELETE FROM servers; DELETE FROM tombstones');
    const { host, bootId } = origin;
    const identity = { host, machine_id: machineId, boot_id: bootId, pid_namespace: pidNamespace };
    for (const [key, value] of Object.entries(identity)) {
      if (value === null) dropMeta.run(key);
      else setMeta.run(key, value);
    }
  }
}

/** The mark in the next epoch, which shares the events up to `until`. */
function markIn(epoch: string, until: number, { acked, sequence, place }: BusMark): BusMark {
  const shared = place && { ...place, from: Math.min(place.from, until) };
  return { epoch, acked: Math.min(acked, until), sequence, place: shared };
}
