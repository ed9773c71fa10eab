import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { MemoryOutbox, type Outbox } from '../core/alert/outbox.ts';
import type { Origin } from '../core/event/event-log.ts';
import { type BusMark, type BusMarks, MemoryBusMarks } from '../core/fleet/bus-mark.ts';
import type { Journal, Remembered } from '../core/registry/journal.ts';
import { MemoryLog } from '../core/registry/memory-log.ts';
import { makeFolder } from '../files/folder.ts';
import { refusalOf, StoreRefusal } from '../store/database.ts';
import { DurableJournal } from '../store/journal.ts';
import { strangerText } from '../store/owner.ts';
import { badRowsText } from '../store/set-aside.ts';
import { type FormerPlaces, takeOver } from '../store/takeover.ts';
import type { Log } from './announcer.ts';
import type { Environment } from './environment.ts';
import { machineFolder, machineOf, programFolder, renamedFolders } from './machine-folder.ts';
import { StartRefusal } from './start-refusal.ts';

/** The configuration of the store. */
export interface StorageConfig {
  readonly enabled: boolean;
  /** Null for the default. */
  readonly path: string | null;
}

/** Callbacks of an open journal, beside what it logs. */
export interface StorageObserver {
  /** An attempt to store has failed. */
  readonly onError: () => void;
  /** The store was removed or replaced, perhaps with its folder, and is created again. */
  readonly onReplaced: () => void;
}

/** An open journal, with what it restored. */
export interface OpenJournal {
  readonly journal: Journal;
  readonly remembered: Remembered;
  /** The undelivered notices and messages, stored with the journal. */
  readonly outbox: Outbox;
  /** How far the journal was published to the bus, stored with it. */
  readonly busMarks: BusMarks;
  /** Begins a new epoch of the journal: see {@link DurableJournal.renew}. */
  readonly renew: (until: number, sequence: number) => BusMark | null;
  /** Every restored server has been polled: see {@link DurableJournal.confirm}. */
  readonly confirm: () => void;
  /** Whether everything that was appended is stored; false while writing to the store fails. */
  readonly isStored: () => boolean;
  readonly close: () => void;
}

const STORE = 'journal.db';

const NOTHING: Remembered = { servers: [], tombstones: [], bootId: null, pidNamespace: null };

/** Opens the journal on disk, or in memory if storage is off. Throws a {@link StartRefusal} if the store may not be used. */
export function openJournal(
  storage: StorageConfig,
  environment: Environment,
  log: Log,
  { onError, onReplaced }: StorageObserver,
): OpenJournal {
  const origin: Origin = { host: environment.hostname, bootId: environment.bootId };
  if (!storage.enabled) return inMemory(origin);
  const path = storage.path ?? defaultPath(environment);
  try {
    if (storage.path === null) moveHere(path, environment, log);
    const journal = new DurableJournal({
      path,
      origin,
      machineId: environment.machineId,
      pidNamespace: environment.pidNamespace,
      newEpoch,
      now: Date.now,
      makeFolder,
      onError,
      onFailed: (error) => {
        log.error({ path }, `events cannot be stored (${String(error)}): they are kept in memory until they can be`);
      },
      onRecovered: () => log.info({ path }, 'events are stored again, including those that were kept in memory'),
      onReplaced: () => {
        log.error({ path }, `${path} was removed or replaced: it is created again from memory`);
        onReplaced();
      },
    });
    if (journal.badRows.length > 0) log.error({ path }, badRowsText(journal.badRows));
    if (journal.stranger !== null) log.warn({ path }, strangerText(path, journal.stranger));
    if (journal.isCopy) log.warn({ path }, copyText(path));
    if (journal.setAside) log.error({ path }, `the store was damaged: it was set aside as ${journal.setAside}`);
    const { remembered, outbox, busMarks } = journal;
    const renew = (until: number, sequence: number) => {
      const mark = journal.renew(until, sequence);
      if (mark === null) return null;
      log.warn({ path }, putBackText(path));
      journal.flush();
      return mark;
    };
    return {
      journal,
      remembered,
      outbox,
      busMarks,
      renew,
      confirm: () => journal.confirm(),
      isStored: () => !journal.isBehind,
      close: () => journal.close(),
    };
  } catch (error) {
    if (error instanceof StoreRefusal) throw new StartRefusal(error.message);
    throw error;
  }
}

function inMemory(origin: Origin): OpenJournal {
  const journal = new MemoryLog(newEpoch(), origin);
  return {
    journal,
    remembered: NOTHING,
    outbox: new MemoryOutbox(),
    busMarks: new MemoryBusMarks(),
    // No other history has its epoch.
    renew: () => null,
    confirm: () => {},
    isStored: () => true,
    close: () => {},
  };
}

/** The default path of the journal. */
export function defaultPath(environment: Environment): string {
  return join(machineFolder(environment), STORE);
}

function moveHere(path: string, environment: Environment, log: Log): void {
  try {
    makeFolder(dirname(path));
  } catch (error) {
    throw refusalOf(path, error);
  }
  const former = takeOver(path, formerPlaces(environment), machineOf(environment));
  if (former !== null) log.info({ path }, `the store was moved here from ${former}`);
}

function formerPlaces(environment: Environment): FormerPlaces {
  const renamed = renamedFolders(environment).map((folder) => join(folder, STORE));
  return { shared: join(programFolder(environment), STORE), renamed };
}

function copyText(path: string): string {
  return `${path} is a copy, as from a backup: servers and messages go on, and the history of events begins anew, because others may know events that are not in the copy`;
}

function putBackText(path: string): string {
  return `${path} was put back, as with an older image of its disk: the bus has other events than it. What was not published yet gets ids of a new epoch`;
}

/** 48 random bits: short, because people see it, and still unique. */
function newEpoch(): string {
  return randomBytes(6).toString('hex');
}
