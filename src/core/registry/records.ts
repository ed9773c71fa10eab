import { distinctName } from '../model/name.ts';
import { isSameProcess, type ProcessMark } from '../model/observation.ts';
import { keyOfPlace, type Place, type Target } from '../model/server.ts';
import type { Life, ServerRecord } from '../record/record.ts';
import type { Memory } from './journal.ts';

/** The sessions of a server with more are not stored one by one. */
const MOST_STORED_SESSIONS = 500;

/** The records of the registered servers, by name and by place. */
export class Records {
  readonly #byName = new Map<string, ServerRecord>();
  readonly #nameOfPlace = new Map<string, string>();
  readonly #onChanged: (memory: Memory | null) => void;

  /** `onChanged` is called with what to store of a change; null if a change is not stored. */
  constructor(onChanged: (memory: Memory | null) => void) {
    this.#onChanged = onChanged;
  }

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): ServerRecord | undefined {
    return this.#byName.get(name);
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** All records, as a copy. */
  all(): ServerRecord[] {
    return [...this.#byName.values()];
  }

  /** The server registered for a place. */
  at(place: Place): ServerRecord | undefined {
    const name = this.#nameOfPlace.get(keyOfPlace(place));
    return name === undefined ? undefined : this.#byName.get(name);
  }

  /** The first record that fits. */
  find(fits: (record: ServerRecord) => boolean): ServerRecord | undefined {
    for (const record of this.#byName.values()) if (fits(record)) return record;
    return undefined;
  }

  /** The server whose process has this mark, if `isMeant`. */
  ofProcess(
    process: ProcessMark | null | undefined,
    isMeant: (record: ServerRecord) => boolean = () => true,
  ): ServerRecord | undefined {
    return this.find((record) => isMeant(record) && isSameProcess(record.life?.process, process));
  }

  /** The living server that a socket file leads to. */
  ofFile(file: string): ServerRecord | undefined {
    return this.find(({ target, life }) => target.displacedPid === undefined && life?.files.includes(file) === true);
  }

  /** The displaced server that listens on a socket file. */
  displacedOf(file: string): ServerRecord | undefined {
    return this.find(({ target, life }) => target.displacedPid !== undefined && life?.files.includes(file) === true);
  }

  /** The server whose path led to a socket file before its first poll. */
  foundAt(file: string): ServerRecord | undefined {
    return this.find(({ target, foundFile }) => foundFile === file && target.displacedPid === undefined);
  }

  /** The target with a name that no other server has. */
  distinct(target: Target): Target {
    const holder = this.#byName.get(target.name);
    if (!holder || keyOfPlace(holder.target) === keyOfPlace(target)) return target;
    return { ...target, name: this.freeName(target) };
  }

  /** A name that no server has, made from that of a target. */
  freeName({ name, socket }: Target): string {
    let free = distinctName(name, socket);
    while (this.#byName.has(free)) free = distinctName(name, free);
    return free;
  }

  /** Keeps a record in place of the former one of its name. */
  store(record: ServerRecord): void {
    this.#byName.set(record.target.name, record);
    this.#nameOfPlace.set(keyOfPlace(record.target), record.target.name);
    this.#onChanged(memoryOf(record));
  }

  /** Keeps a record whose change is not stored over a restart. */
  note(record: ServerRecord): void {
    this.#byName.set(record.target.name, record);
    this.#onChanged(null);
  }

  delete({ target }: ServerRecord): void {
    this.#byName.delete(target.name);
    this.leave(target);
    this.#onChanged({ kind: 'server-dropped', name: target.name });
  }

  /** Forgets who is at a place, before its server is stored with another one. */
  leave(place: Place): void {
    this.#nameOfPlace.delete(keyOfPlace(place));
  }
}

/** What to store of a server. Only a life or a registration by the API is stored; a configured server comes back with the configuration. */
function memoryOf({ target, state, since, unreachable, incident, life, snapshot }: ServerRecord): Memory {
  if (life === null && target.registration !== 'api') return { kind: 'server-dropped', name: target.name };
  const kept = life && withoutMany(life);
  return {
    kind: 'server',
    server: { target, state, since, unreachable, incident, life: kept, fresh: snapshot !== null },
  };
}

/** A long list that changes at each poll would be written each time. */
function withoutMany(life: Life): Life {
  return (life.sessions?.length ?? 0) > MOST_STORED_SESSIONS ? { ...life, sessions: null } : life;
}
