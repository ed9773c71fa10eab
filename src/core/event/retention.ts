import { userOf } from '../model/name.ts';
import { Counts } from './counts.ts';
import type { EventType, Severity } from './event.ts';

/** The levels of events, the first to be forgotten first: routine changes, trouble, deaths. */
export const RETENTION_LEVELS = ['routine', 'trouble', 'death'] as const;
type Level = (typeof RETENTION_LEVELS)[number];

/** The properties of an event that decide how long it is kept. */
export interface RetentionKey {
  readonly level: Level;
  /** The user that the event's server belongs to. */
  readonly owner: string;
  readonly server: string;
}

/** The part of the history that is reserved for each level. Other levels use what a level does not fill. The first level above its part loses events first. */
const GUARANTEED: Readonly<Record<Level, number>> = { routine: 1 / 4, trouble: 1 / 4, death: 1 / 2 };

const DEATHS: ReadonlySet<EventType> = new Set(['server-gone', 'server-gone-cause', 'host-rebooted']);

/** Stands for the whole machine: no user has this name. */
const MACHINE = '/';

/** The level of an event with this type and severity. */
export function retentionLevel(type: EventType, severity: Severity): RetentionKey['level'] {
  if (DEATHS.has(type)) return 'death';
  return severity === 'info' ? 'routine' : 'trouble';
}

/** The retention key of an event with this type and severity. `server` is a name, null for the whole machine. */
export function retentionKey(type: EventType, severity: Severity, server: string | null): RetentionKey {
  return {
    level: retentionLevel(type, severity),
    owner: server === null ? MACHINE : userOf(server),
    server: server ?? '',
  };
}

/**
 * Decides which event a full history forgets. In the first level above its guaranteed part it chooses the user with the most
 * events, then that user's server with the most, then that server's oldest event. So neither servers nor users push out each
 * other's events, and routine changes push out no death.
 */
export class Retention {
  readonly #levels: readonly { readonly events: EventsByOwner; readonly guaranteed: number }[];
  readonly #byLevel = new Map<Level, EventsByOwner>();

  constructor(capacity: number) {
    this.#levels = RETENTION_LEVELS.map((level) => {
      const events = new EventsByOwner();
      this.#byLevel.set(level, events);
      return { events, guaranteed: Math.floor(capacity * GUARANTEED[level]) };
    });
  }

  add(seq: number, key: RetentionKey): void {
    this.#byLevel.get(key.level)?.add(seq, key);
  }

  /** Removes the event to be forgotten, and returns its sequence; undefined if no level is above its guaranteed part. */
  takeLeast(): number | undefined {
    return this.#levels.find(({ events, guaranteed }) => events.size > guaranteed)?.events.takeOfFullest();
  }
}

/** The events of one level. */
class EventsByOwner {
  size = 0;
  readonly #counts = new Counts();
  readonly #byOwner = new Map<string, EventsByServer>();

  add(seq: number, { owner, server }: RetentionKey): void {
    const events = this.#byOwner.get(owner) ?? new EventsByServer();
    this.#byOwner.set(owner, events);
    events.add(seq, server);
    this.#counts.increase(owner);
    this.size++;
  }

  takeOfFullest(): number | undefined {
    const owner = this.#counts.fullest ?? '';
    const seq = this.#byOwner.get(owner)?.takeOfFullest();
    this.#counts.decrease(owner);
    if (this.#counts.of(owner) === 0) this.#byOwner.delete(owner);
    this.size--;
    return seq;
  }
}

/** The events of one level about the servers of one user, oldest first for each server. */
class EventsByServer {
  readonly #counts = new Counts();
  readonly #seqs = new Map<string, number[]>();

  add(seq: number, server: string): void {
    const seqs = this.#seqs.get(server);
    if (seqs) seqs.push(seq);
    else this.#seqs.set(server, [seq]);
    this.#counts.increase(server);
  }

  takeOfFullest(): number | undefined {
    const server = this.#counts.fullest ?? '';
    const seq = this.#seqs.get(server)?.shift();
    this.#counts.decrease(server);
    if (this.#counts.of(server) === 0) this.#seqs.delete(server);
    return seq;
  }
}
