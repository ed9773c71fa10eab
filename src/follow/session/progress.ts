import type { Start } from '../feed/feed-client.ts';
import type { FollowedEvent } from '../feed/feed-event.ts';
import { type KnownServer, livesIn, type SnapshotServer } from '../feed/known-server.ts';
import { logOf, type Position } from './cursor.ts';
import { PendingEvents } from './pending-events.ts';
import { SeenEvents } from './seen-events.ts';
import type { FollowState } from './state.ts';
import { Census, Witness } from './witness.ts';

/** Handles one event. If it rejects, the follower stops. */
export type Handle = (event: FollowedEvent) => Promise<void>;

/** What is known as of the saved cursor. */
interface Kept {
  readonly census: Census;
  readonly seen: SeenEvents;
  rewinds: number;
}

/**
 * How far a follower has come: what it has received (a stream continues there in the same life), and what it has handled
 * (only this is saved for the next life).
 *
 * On the feed of a fleet it remembers no lives of servers, because nothing tells which servers of a thousand machines live. It remembers which
 * events it has seen, because a fleet may publish events again.
 */
export class Progress {
  readonly witness: Witness;
  /** Whether a stream was followed since this object was created. */
  hasBegun = false;
  /** Whether servers may have died without an event in the stream. */
  isInDoubt = true;
  /** Whether the exporter can read what it serves, as it last said. */
  isSourceUp = true;
  readonly #write: (state: FollowState) => void;
  readonly #pending = new PendingEvents<(kept: Kept) => void>((id, changes) => this.#save(id, changes));
  readonly #kept: Kept;
  /** Servers whose disappearance is being handled. */
  readonly #vanishing = new Census();
  /** The events that were received, handled or not. */
  readonly #seen: SeenEvents;
  #isFleet: boolean;
  #received: string | null;
  #rewinds: number;
  #cursor: string | null;
  #host: string | null;

  /** Continues from a saved state. */
  constructor(
    { cursor, host, servers, fleet }: FollowState,
    save: (state: FollowState) => void,
    seen = new SeenEvents(fleet?.seen),
  ) {
    const rewinds = fleet?.rewinds ?? 0;
    this.witness = new Witness(servers);
    this.#kept = { census: new Census(servers), seen: new SeenEvents(fleet?.seen), rewinds };
    this.#seen = seen;
    this.#isFleet = logOf(cursor)?.isFleet ?? false;
    this.#received = cursor;
    this.#rewinds = rewinds;
    this.#cursor = cursor;
    this.#host = host;
    this.#write = save;
  }

  /** The machine of the exporter; null if it never said, and for a fleet. */
  get host(): string | null {
    return this.#host;
  }

  get isFleet(): boolean {
    return this.#isFleet;
  }

  /** The newest received cursor, handled or not; its cursor is null before the first one. */
  get received(): Position {
    return { cursor: this.#received, rewinds: this.#rewinds };
  }

  /** Where the next stream begins: after the last received event, handled or not; null before the first one. */
  get start(): Start | null {
    return this.#received === null ? null : { kind: 'after', id: this.#received };
  }

  /** Creates the progress of a second follower of the same fleet, which begins here. An event that one of them has received is not handled by the other. */
  fork(save: (state: FollowState) => void): Progress {
    const fleet = { rewinds: this.#rewinds, seen: this.#seen.entries };
    return new Progress({ cursor: this.#received, host: null, servers: [], fleet }, save, this.#seen);
  }

  /** Begins to follow a stream. Another machine with another log does not know the former servers, and neither does a fleet, so they are forgotten. */
  begin({ host, isFleet }: { readonly host: string | null; readonly isFleet: boolean }, isOtherLog: boolean): void {
    const isOtherHost = host !== null && this.#host !== null && host !== this.#host;
    this.#isFleet = isFleet;
    this.#host = isFleet ? null : (host ?? this.#host);
    this.hasBegun = true;
    if (isFleet || (isOtherLog && isOtherHost)) this.#forget();
  }

  /** Takes the end of the stream; `isInDoubt` if servers may have died without an event. */
  interrupted(isInDoubt: boolean): void {
    this.witness.interrupted();
    if (isInDoubt) this.isInDoubt = true;
  }

  /** Begins in the past: events that were seen in a former life are wanted again. */
  beginAgain(): void {
    this.#seen.clear();
    this.#pending.enter(null, ({ seen }) => seen.clear())();
  }

  /** Takes that the log is not the one that the former cursor belongs to: from now on, older cursors count as newer. */
  rewound(): void {
    if (!this.#isFleet) return;
    const rewinds = ++this.#rewinds;
    this.#pending.enter(null, (kept) => {
      kept.rewinds = rewinds;
    })();
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
    this.#pending.enter(null, ({ census }) => census.adopt(livesIn(servers)))();
  }

  /** Whether an event of a fleet was received before, under another cursor. */
  hasSeen(event: FollowedEvent): boolean {
    return this.#isFleet && this.#seen.has(event);
  }

  /** Takes an event; `handle` is null if it is not wanted. Resolves when it was handled, and rejects as `handle` does. */
  async take(id: string | null, event: FollowedEvent, handle: Handle | null): Promise<void> {
    this.#received = id ?? this.#received;
    if (this.#isFleet) this.#seen.add(event);
    else this.witness.observe(event);
    const isFleet = this.#isFleet;
    const done = this.#pending.enter(id, ({ census, seen }) => (isFleet ? seen.add(event) : census.observe(event)));
    await handle?.(event);
    done();
  }

  /** Takes the synthetic event of a server that vanished. */
  async takeVanished(server: KnownServer, event: FollowedEvent, handle: Handle | null): Promise<void> {
    this.witness.dismiss(server);
    this.#vanishing.add(server);
    await handle?.(event);
    this.#vanishing.remove(server);
    this.#save(null, [({ census }) => census.remove(server)]);
  }

  /** Resolves when there is room for more events in memory. */
  room(): Promise<void> {
    return this.#pending.below(MOST_OPEN);
  }

  #forget(): void {
    this.adopt([]);
    this.witness.trust();
  }

  #save(id: string | null, changes: readonly ((kept: Kept) => void)[]): void {
    const { census, seen } = this.#kept;
    for (const change of changes) change(this.#kept);
    this.#cursor = id ?? this.#cursor;
    const servers = new Census([...census.servers, ...this.witness.suspects, ...this.#vanishing.servers]).servers;
    const state = { cursor: this.#cursor, host: this.#host, servers };
    const { rewinds } = this.#kept;
    this.#write(logOf(this.#cursor)?.isFleet ? { ...state, fleet: { rewinds, seen: seen.entries } } : state);
  }
}

const MOST_OPEN = 1_000;
