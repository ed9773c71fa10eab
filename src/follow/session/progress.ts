import type { Start } from '../feed/feed-client.ts';
import type { FollowedEvent } from '../feed/feed-event.ts';
import { type KnownServer, livesIn, type SnapshotServer } from '../feed/known-server.ts';
import { PendingEvents } from './pending-events.ts';
import type { FollowState } from './state.ts';
import { Census, Witness } from './witness.ts';

/** Handles one event. Where it rejects, nothing more can be handled. */
export type Handle = (event: FollowedEvent) => Promise<void>;

/**
 * How far a follower has come: what it received, which is where a stream is resumed while it lives, and what was handled,
 * which is all that is kept for the next time.
 */
export class Progress {
  readonly witness: Witness;
  readonly #save: (state: FollowState) => void;
  readonly #pending = new PendingEvents<(census: Census) => void>((id, changes) => this.#settled(id, changes));
  /** The servers as they were at the cursor that is kept. */
  readonly #census: Census;
  /** Those whose vanishing is being told. */
  readonly #vanishing = new Census();
  #received: string | null;
  #cursor: string | null;

  constructor({ cursor, servers }: FollowState, save: (state: FollowState) => void) {
    this.witness = new Witness(servers);
    this.#census = new Census(servers);
    this.#received = cursor;
    this.#cursor = cursor;
    this.#save = save;
  }

  /** Where the next stream begins: after what was received, whether it was handled yet or not; null before the first. */
  get start(): Start | null {
    return this.#received === null ? null : { kind: 'after', id: this.#received };
  }

  /** The cursor moved, and there is nothing to handle. */
  pass(id: string | null): void {
    if (id === null) return;
    this.#received = id;
    this.#pending.pass(id);
  }

  /** The stream gave the whole picture. */
  adopt(servers: readonly SnapshotServer[]): void {
    this.witness.adopt(servers);
    this.#pending.enter(null, (census) => census.adopt(livesIn(servers)))();
  }

  /** An event came; `handle` is null where nobody wants it. Settles when it was handled, and rejects as `handle` does. */
  async take(id: string | null, event: FollowedEvent, handle: Handle | null): Promise<void> {
    this.#received = id ?? this.#received;
    this.witness.observe(event);
    const settle = this.#pending.enter(id, (census) => census.observe(event));
    await handle?.(event);
    settle();
  }

  /** Tells of a server that is not there any more, by an event that no log has. */
  async tellVanished(server: KnownServer, event: FollowedEvent, handle: Handle | null): Promise<void> {
    this.witness.dismiss(server);
    this.#vanishing.add(server);
    await handle?.(event);
    this.#vanishing.remove(server);
    this.#settled(null, [(census) => census.remove(server)]);
  }

  /** Settles when less is being handled than is good to hold in memory. */
  room(): Promise<void> {
    return this.#pending.below(MOST_OPEN);
  }

  #settled(id: string | null, changes: readonly ((census: Census) => void)[]): void {
    for (const change of changes) change(this.#census);
    this.#cursor = id ?? this.#cursor;
    const servers = new Census([...this.#census.servers, ...this.witness.suspects, ...this.#vanishing.servers]).servers;
    this.#save({ cursor: this.#cursor, servers });
  }
}

const MOST_OPEN = 1_000;
