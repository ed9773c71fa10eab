import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { ServerRecord } from '../../core/record/record.ts';
import { holdSocket, type OwnUid } from '../protocol/held-socket.ts';
import { DeathWatches, type WatchEnd, type WatchedLife } from './death-watches.ts';
import { openWatch, type WatchConnection } from './watch-connection.ts';

/** A watch that ends with its server ends within this time of it. */
const END_MS = 250;

/** What the watches of the fleet need. */
export interface FleetWatchesOptions {
  readonly ownUid: OwnUid;
  /** Our own pid. */
  readonly pid: number;
  readonly uptime: Clock['uptime'];
  /** A watch ended by itself: look at its server. */
  readonly onEnd: (name: string) => void;
  /** A watch was armed again that ended without a death. */
  readonly onRestart: () => void;
}

/** Keeps one death watch on every living server. It belongs to no configuration, so that a reload cuts none. */
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

  /** How many servers have taken their watch. */
  get held(): number {
    return this.#watches.size;
  }

  /** Watches a life that was seen by a poll which began at `seenAt`, by {@link Clock.uptime}; a watch that ended without a death is armed again, or its end is forgotten. */
  follow({ target, life, state }: ServerRecord, seenAt: number): void {
    if (!life) return;
    if (state !== 'up' && state !== 'unresponsive') {
      this.#watches.forgetEnd(target.name, seenAt);
      return;
    }
    const { pid } = life.incarnation;
    if (this.#watches.isArmed(target.name, pid)) return;
    this.#watches.arm({ name: target.name, socket: target.socket, pid, version: life.version }, seenAt);
  }

  /** Ends the watch of a server that is not registered any more. */
  release(name: string): void {
    void this.#watches.release(name);
  }

  /** How the watch of a server ended; waits for an end that must come soon. */
  endOf(name: string): Promise<WatchEnd | null> {
    return this.#watches.endOf(name, END_MS);
  }

  /** Ends all watches, and settles when the servers have let go of them: a server that ends waits for those that hold a connection. */
  pause(): Promise<void> {
    return this.#watches.pause();
  }

  /** Lets polls arm watches again after {@link pause}. */
  resume(): void {
    this.#watches.resume();
  }

  #open({ socket, version }: WatchedLife): WatchConnection | null {
    const { ownUid, pid } = this.#options;
    const held = holdSocket(socket, ownUid);
    if (held.kind !== 'held') return null;
    // A channel of its own for each: a signal that came too late must not end the next one.
    const channel = `${this.#channel}-${++this.#opened}`;
    const connection = openWatch({ path: held.path, socket, version, channel, pid });
    held.release();
    return connection;
  }
}
