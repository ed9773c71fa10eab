import { userOf } from '../model/name.ts';
import { Counts } from './counts.ts';
import type { EventType, Severity } from './event.ts';

/** How much an event is worth to be kept, least first: what changes all the time, trouble, deaths. */
export const RETENTION_LEVELS = ['routine', 'trouble', 'death'] as const;
type Level = (typeof RETENTION_LEVELS)[number];

/** What decides how long an event is kept. */
export interface RetentionKey {
  readonly level: Level;
  /** The user whose server it is about. */
  readonly owner: string;
  readonly server: string;
}

/** The part of the history that each level has for itself; what it does not fill, others use. The first level that has more is cut first. */
const GUARANTEED: Readonly<Record<Level, number>> = { routine: 1 / 4, trouble: 1 / 4, death: 1 / 2 };

const DEATHS: ReadonlySet<EventType> = new Set(['server-gone', 'server-gone-cause', 'host-rebooted']);

/** No user is called that. */
const MACHINE = '/';

/** What decides how long an event is kept: its type and severity, and the server that it is about. `server` is a name, null for the whole machine. */
export function retentionKey(type: EventType, severity: Severity, server: string | null): RetentionKey {
  const trouble = severity === 'info' ? 'routine' : 'trouble';
  return {
    level: DEATHS.has(type) ? 'death' : trouble,
    owner: server === null ? MACHINE : userOf(server),
    server: server ?? '',
  };
}

/**
 * Decides which event a full history forgets: of the first level that has more than is guaranteed to it, the oldest event of the
 * server with the most, of the user with the most. So no server pushes out the events of another, no user those of another, and
 * no amount of routine a death.
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

  /** Takes out the event that is to be forgotten; undefined if no level has more than is guaranteed to it. */
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
