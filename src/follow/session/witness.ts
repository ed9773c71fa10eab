import { type FollowedEvent, lifeIn } from '../feed/feed-event.ts';
import { type KnownServer, lifeOf, livesIn, type SnapshotServer } from '../feed/known-server.ts';

/** Types of events that only a living server can be told of in. */
const SIGNS_OF_LIFE: ReadonlySet<string> = new Set([
  'server-up',
  'server-recovered',
  'server-unresponsive',
  'server-unreachable',
  'session-created',
  'session-closed',
  'session-renamed',
]);

/** Types of events after which nobody asks about the life that they are about. */
const FAREWELLS: ReadonlySet<string> = new Set(['server-gone', 'server-gone-cause', 'server-unregistered']);

/** The lives of servers that are known, kept up by what the feed tells. */
export class Census {
  #lives = new Map<string, KnownServer>();

  constructor(servers: readonly KnownServer[] = []) {
    this.adopt(servers);
  }

  get servers(): readonly KnownServer[] {
    return [...this.#lives.values()];
  }

  /** Takes a whole picture in place of what was known. */
  adopt(servers: readonly KnownServer[]): void {
    this.#lives = new Map(servers.map((server) => [lifeOf(server), server]));
  }

  add(server: KnownServer): void {
    this.#lives.set(lifeOf(server), server);
  }

  remove(server: KnownServer): void {
    this.#lives.delete(lifeOf(server));
  }

  /** Takes in an event: a sign of life, a farewell, or neither. */
  observe(event: FollowedEvent): void {
    const life = lifeIn(event);
    if (life && SIGNS_OF_LIFE.has(event.type)) this.add(life);
    this.observeFarewell(event);
  }

  /** Takes in an event as far as it says that a life is not to be asked about any more. */
  observeFarewell(event: FollowedEvent): void {
    if (!FAREWELLS.has(event.type)) return;
    const life = lifeIn(event);
    if (life) this.remove(life);
    else this.#removeNamed(event.server?.name);
  }

  #removeNamed(name: string | undefined): void {
    for (const server of this.servers) if (server.name === name) this.remove(server);
  }
}

/**
 * Knows which servers lived when the feed was interrupted, so that a death which no stream could tell of is told all the same.
 * Nothing is called dead on little evidence: only a life that the exporter does not list any more, and of whose end no event came.
 */
export class Witness {
  readonly #known: Census;
  readonly #suspects = new Census();

  /** Begins with the lives that were known when a follower last ran. */
  constructor(servers: readonly KnownServer[]) {
    this.#known = new Census(servers);
    this.interrupted();
  }

  /** The servers that live, as far as is known. */
  get living(): readonly KnownServer[] {
    return this.#known.servers;
  }

  /** The lives of which it has to be found out whether they still last. */
  get suspects(): readonly KnownServer[] {
    return this.#suspects.servers;
  }

  /** The stream ended: whatever lived may have died since. */
  interrupted(): void {
    for (const server of this.living) this.#suspects.add(server);
  }

  observe(event: FollowedEvent): void {
    this.#known.observe(event);
    this.#suspects.observeFarewell(event);
  }

  /** Takes in the snapshot of a stream, which stands for all that was known before. An exporter that only just started may not have looked yet. */
  adopt(snapshot: readonly SnapshotServer[]): void {
    const lives = livesIn(snapshot);
    this.#known.adopt(lives);
    for (const life of lives) this.#suspects.remove(life);
  }

  /** Clears the lives that the exporter lists after it looked, and those on whose socket it found somebody it does not know. */
  acquit(looked: readonly SnapshotServer[]): void {
    const unclear = looked.filter(({ incarnation, isAbsent }) => incarnation === null && !isAbsent);
    const sockets = new Set(unclear.map(({ socket }) => socket));
    for (const life of livesIn(looked)) this.#suspects.remove(life);
    for (const life of this.suspects) if (sockets.has(life.socket)) this.#suspects.remove(life);
  }

  /** Clears all of them: the stream itself told all that happened. */
  trust(): void {
    this.#suspects.adopt([]);
  }

  /** Nothing more is to be found out of this life. */
  dismiss(server: KnownServer): void {
    this.#suspects.remove(server);
    this.#known.remove(server);
  }
}
