import type { ServerRecord } from '../core/record.ts';
import type { Registry } from '../core/registry.ts';
import { socketAccess } from '../tmux/access.ts';
import { DeathWatches, type WatchEnd, type WatchedLife } from '../tmux/watch.ts';
import { startWatchClient } from '../tmux/watch-client.ts';
import type { Environment } from './environment.ts';

/** A watch that is to end with its server ends within this time of it. */
const END_MS = 250;

/** What the watches of the fleet need. */
export interface FleetWatchesOptions {
  readonly binary: string;
  readonly environment: Environment;
  readonly registry: Registry;
  /** Path of setpriv, by which the kernel ends a watch when we die; null where there is none. */
  readonly setpriv: string | null;
  /** Told of sessions that came or went; null leaves the control clients away that tell of it. */
  readonly onSessionsChanged: ((name: string) => void) | null;
  readonly onEnd: (name: string) => void;
  readonly onRestart: () => void;
}

/** Keeps one death watch on every living server of the registry. */
export class FleetWatches {
  readonly #options: FleetWatchesOptions;
  readonly #watches: DeathWatches;

  constructor(options: FleetWatchesOptions) {
    this.#options = options;
    this.#watches = new DeathWatches({
      start: (life) => this.#start(life),
      onEnd: ({ name }) => options.onEnd(name),
      onRestart: options.onRestart,
      now: Date.now,
      setTimer: (callback, ms) => {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
    });
  }

  /** How many watches have reached their servers. */
  get held(): number {
    return this.#watches.size;
  }

  /** Watches a life that was seen by a look which began at `seenAt`, Unix milliseconds; a watch that ended without a death is armed again, or its end is forgotten. */
  async follow({ target, life, state }: ServerRecord, seenAt: number): Promise<void> {
    if (!life) return;
    if (state !== 'up' && state !== 'unresponsive') {
      this.#watches.forgetEnd(target.name, seenAt);
      return;
    }
    const { pid } = life.incarnation;
    const { version } = life;
    if (this.#watches.isArmed(target.name, pid)) return;
    const access = await socketAccess(target.socket, this.#options.environment.uid);
    const current = this.#options.registry.get(target.name);
    if (access.kind !== 'granted' || current?.life?.incarnation.pid !== pid) return;
    this.#watches.arm({ name: target.name, socket: target.socket, pid, version, identity: access.identity }, seenAt);
  }

  /** Ends the watch of a server that is not registered any more. */
  release(name: string): void {
    this.#watches.release(name);
  }

  /** How the watch of a server ended; waits for an end that must come soon. */
  endOf(name: string): Promise<WatchEnd | null> {
    return this.#watches.endOf(name, END_MS);
  }

  /** Ends all watches and waits until their clients have left. */
  close(): Promise<void> {
    return this.#watches.close();
  }

  #start(life: WatchedLife) {
    const { binary, environment, setpriv, onSessionsChanged } = this.#options;
    const { name, socket, identity } = life;
    const client = { binary, environment: { PATH: environment.path }, channel: environment.watchChannel, setpriv };
    const onNotification =
      onSessionsChanged && ((line: string) => line === '%sessions-changed' && onSessionsChanged(name));
    return startWatchClient({ ...client, socket, identity, onNotification });
  }
}
