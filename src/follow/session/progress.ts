import type { Start } from '../feed/feed-client.ts';
import type { FollowedEvent } from '../feed/feed-event.ts';
import { type KnownServer, livesIn, type SnapshotServer } from '../feed/known-server.ts';
import { PendingEvents } from './pending-events.ts';
import type { FollowState } from './state.ts';
import { Census, Witness } from './witness.ts';

/** Handles one event. If it rejects, the follower stops. */
export type Handle = (event: FollowedEvent) => Promise<void>;

/**
 * How far a follower has come: what it has received (a stream continues there in the same life), and what it has handled
 * (only this is saved for the next life).
 */
export class Progress {
  readonly witness: Witness;
  /** Whether a stream was followed since this object was created. */
  hasBegun = false;
  /** Whether servers may have died without an event in the stream. */
  isInDoubt = true;
  readonly #write: (state: FollowState) => void;
  readonly #pending = new PendingEvents<(census: Census) => void>((id, changes) => this.#save(id, changes));
  /** The servers as of the saved cursor. */
  readonly #census: Census;
  /** Servers whose disappearance is being handled. */
  readonly #vanishing = new Census();
  #received: string | null;
  #cursor: string | null;
  #host: string | null;

  constructor({ cursor, host, servers }: FollowState, save: (state: FollowState) => void) {
    this.witness = new Witness(servers);
    this.#census = new Census(servers);
    this.#received = cursor;
    this.#cursor = cursor;
    this.#host = host;
    this.#write = save;
  }

  /** The machine of the exporter; null if it never said. */
  get host(): string | null {
    return this.#host;
  }

  /** The newest received cursor, handled or not; null before the first one. */
  get received(): string | null {
    return this.#received;
  }

  /** Where the next stream begins: after the last received event, handled or not; null before the first one. */
  get start(): Start | null {
    return this.#received === null ? null : { kind: 'after', id: this.#received };
  }

  /** Begins to follow a stream of the machine `host`. Another machine with another log does not know the former servers, so they are forgotten. */
  begin(host: string | null, isOtherLog: boolean): void {
    const isOtherHost = host !== null && this.#host !== null && host !== this.#host;
    this.#host = host ?? this.#host;
    this.hasBegun = true;
    if (isOtherLog && isOtherHost) this.#forget();
  }

  /** Takes the end of the stream; `isInDoubt` if servers may have died without an event. */
  interrupted(isInDoubt: boolean): void {
    this.witness.interrupted();
    if (isInDoubt) this.isInDoubt = true;
  }

  /** Moves the cursor, with nothing to handle. */
  pass(id: string | null): void {
    if (id === null) return;
    this.#received = id;
    this.#pending.pass(id);
  }

  /** Takes over the servers of a snapshot. */
  adopt(servers: readonly SnapshotServer[]): void {
    this.witness.adopt(servers);
    this.#pending.enter(null, (census) => census.adopt(livesIn(servers)))();
  }

  /** Takes an event; `handle` is null if it is not wanted. Resolves when it was handled, and rejects as `handle` does. */
  async take(id: string | null, event: FollowedEvent, handle: Handle | null): Promise<void> {
    this.#received = id ?? this.#received;
    this.witness.observe(event);
    const done = this.#pending.enter(id, (census) => census.observe(event));
    await handle?.(event);
    done();
  }

  /** Takes the synthetic event of a server that vanished. */
  async takeVanished(server: KnownServer, event: FollowedEvent, handle: Handle | null): Promise<void> {
    this.witness.dismiss(server);
    this.#vanishing.add(server);
    await handle?.(event);
    this.#vanishing.remove(server);
    this.#save(null, [(census) => census.remove(server)]);
  }

  /** Resolves when there is room for more events in memory. */
  room(): Promise<void> {
    return this.#pending.below(MOST_OPEN);
  }

  #forget(): void {
    this.adopt([]);
    this.witness.trust();
  }

  #save(id: string | null, changes: readonly ((census: Census) => void)[]): void {
    for (const change of changes) change(this.#census);
    this.#cursor = id ?? this.#cursor;
    const servers = new Census([...this.#census.servers, ...this.witness.suspects, ...this.#vanishing.servers]).servers;
    this.#write({ cursor: this.#cursor, host: this.#host, servers });
  }
}

const MOST_OPEN = 1_000;
