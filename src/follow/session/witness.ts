import { type FollowedEvent, lifeIn } from '../feed/feed-event.ts';
import { type KnownServer, lifeOf, livesIn, type SnapshotServer } from '../feed/known-server.ts';

/** Types of events that prove that their server is alive. */
const SIGNS_OF_LIFE: ReadonlySet<string> = new Set([
  'server-up',
  'server-recovered',
  'server-unresponsive',
  'server-unreachable',
  'session-created',
  'session-closed',
  'session-renamed',
  'sessions-changed',
]);

/** Types of events that end the interest in a life. */
const FAREWELLS: ReadonlySet<string> = new Set(['server-gone', 'server-gone-cause', 'server-unregistered']);

/** The known lives of servers, updated by the feed. */
export class Census {
  #lives = new Map<string, KnownServer>();

  constructor(servers: readonly KnownServer[] = []) {
    this.adopt(servers);
  }

  get servers(): readonly KnownServer[] {
    return [...this.#lives.values()];
  }

  /** Replaces all lives. */
  adopt(servers: readonly KnownServer[]): void {
    this.#lives = new Map(servers.map((server) => [lifeOf(server), server]));
  }

  add(server: KnownServer): void {
    this.#lives.set(lifeOf(server), server);
  }

  remove(server: KnownServer): void {
    this.#lives.delete(lifeOf(server));
  }

  /** Updates the lives by an event: a sign of life, a farewell, or neither. */
  observe(event: FollowedEvent): void {
    const life = lifeIn(event);
    if (life && SIGNS_OF_LIFE.has(event.type)) this.add(life);
    this.observeFarewell(event);
  }

  /** Removes the life of an event that is a farewell. */
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
 * Remembers which servers were alive when the feed was interrupted, so that deaths without an event are still reported.
 * A life counts as dead only if the exporter no longer lists it and sent no event of its end.
 */
export class Witness {
  readonly #known: Census;
  readonly #suspects = new Census();

  /** Begins with the lives of the saved state. */
  constructor(servers: readonly KnownServer[]) {
    this.#known = new Census(servers);
    this.interrupted();
  }

  /** The servers that are alive, as far as known. */
  get living(): readonly KnownServer[] {
    return this.#known.servers;
  }

  /** The lives that may have ended unnoticed. */
  get suspects(): readonly KnownServer[] {
    return this.#suspects.servers;
  }

  /** The stream ended: from now on, each living server may die unnoticed. */
  interrupted(): void {
    for (const server of this.living) this.#suspects.add(server);
  }

  observe(event: FollowedEvent): void {
    this.#known.observe(event);
    this.#suspects.observeFarewell(event);
  }

  /** Takes over the snapshot of a stream as the known lives. Missing lives stay suspects: a freshly started exporter may not have polled yet. */
  adopt(snapshot: readonly SnapshotServer[]): void {
    const lives = livesIn(snapshot);
    this.#known.adopt(lives);
    for (const life of lives) this.#suspects.remove(life);
  }

  /** Clears the suspects that the exporter lists after its polls, and those whose socket answers with an unknown process. */
  acquit(listed: readonly SnapshotServer[]): void {
    const unclear = listed.filter(({ incarnation, isAbsent }) => incarnation === null && !isAbsent);
    const sockets = new Set(unclear.map(({ socket }) => socket));
    for (const life of livesIn(listed)) this.#suspects.remove(life);
    for (const life of this.suspects) if (sockets.has(life.socket)) this.#suspects.remove(life);
  }

  /** Clears all suspects: the stream has reported everything. */
  trust(): void {
    this.#suspects.adopt([]);
  }

  /** Removes a life that needs no more attention. */
  dismiss(server: KnownServer): void {
    this.#suspects.remove(server);
    this.#known.remove(server);
  }
}
