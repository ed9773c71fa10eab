import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { ownerOf, type ServerRecord } from '../../core/record/record.ts';
import { holdSocket, type OwnUid } from '../protocol/held-socket.ts';
import { DeathWatches, type WatchEnd, type WatchedLife } from './death-watches.ts';
import { openWatch, type WatchConnection } from './watch-connection.ts';

/** A watch ends within this time of its server. */
const END_MS = 250;

/** Options of {@link FleetWatches}. */
export interface FleetWatchesOptions {
  readonly ownUid: OwnUid;
  /** Our own pid. */
  readonly pid: number;
  readonly uptime: Clock['uptime'];
  /** Called when a watch ended by itself: its server should be polled. */
  readonly onEnd: (name: string) => void;
  /** Called when a watch that ended without a death is armed again. */
  readonly onRestart: () => void;
}

/** Keeps one death watch on every living server. It is independent of the configuration, so a reload cuts none. */
export class FleetWatches {
  readonly #options: FleetWatchesOptions;
  readonly #watches: DeathWatches;
  readonly #channel = `tmux-exporter-${randomBytes(4).toString('hex')}`;
  #opened = 0;

  constructor(options: FleetWatchesOptions) {
    this.#options = options;
    this.#watches = new DeathWatches({
      open: (life) => this.#open(life),
      onEnd: ({ name }) => options.onEnd(name),
      onRestart: options.onRestart,
      uptime: options.uptime,
      setTimer: (callback, ms) => {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
    });
  }

  /** The number of servers that have accepted their watch. */
  get held(): number {
    return this.#watches.size;
  }

  /** Watches a life that a poll saw which began at `seenAt`, by {@link Clock.uptime}. A watch that ended without a death is armed again, or its end is forgotten. */
  follow(record: ServerRecord, seenAt: number): void {
    const { target, life, state, snapshot } = record;
    if (!life) return;
    if (snapshot && snapshot.sessions.length > 0) this.#watches.forgetFarewell(target.name, seenAt);
    if (state !== 'up' && state !== 'unresponsive') {
      this.#watches.forgetEnd(target.name, seenAt);
      return;
    }
    const { pid } = life.incarnation;
    const { name, socket } = target;
    this.#watches.arm({ name, socket, owner: ownerOf(record), pid, version: life.version }, seenAt);
  }

  /** Goes on with the watch of a server that has another name, or has lost its path to another server. */
  rename(from: string, { target, leadsTo }: ServerRecord): void {
    this.#watches.rename(from, target.name, target.displacedPid === undefined && leadsTo === null);
  }

  /** Ends the watch of a server that is no longer registered. */
  release(name: string): void {
    void this.#watches.release(name);
  }

  /** Says how the watch of a server ended, after a short wait for an end that is imminent. */
  endOf(name: string): Promise<WatchEnd | null> {
    return this.#watches.endOf(name, END_MS);
  }

  /** Ends all watches. Resolves when the servers have released them: a server that is ending waits for its connections to close. */
  pause(): Promise<void> {
    return this.#watches.pause();
  }

  /** Allows polls to arm watches again after {@link pause}. */
  resume(): void {
    this.#watches.resume();
  }

  #open({ socket, owner, version }: WatchedLife): WatchConnection | null {
    const { ownUid, pid } = this.#options;
    const held = holdSocket(socket, ownUid, owner);
    if (held.kind !== 'held') return null;
    // Each watch has its own channel: a late signal must not end the next watch.
    const channel = `${this.#channel}-${++this.#opened}`;
    const connection = openWatch({ path: held.path, version, channel, pid });
    held.release();
    return connection;
  }
}
