import type { Identity } from './run-program.ts';
import { tellsRelease, type WatchClient } from './watch-client.ts';

/** How a watch of a server ended: with which exit code (null where that says nothing of the server), and when, in Unix milliseconds. */
export interface WatchEnd {
  readonly code: number | null;
  readonly at: number;
}

/** A life to be watched. */
export interface WatchedLife {
  readonly name: string;
  readonly socket: string;
  readonly pid: number;
  readonly identity: Identity | null;
  /** `#{version}` of the server; null where it is not known. */
  readonly version: string | null;
}

/** What the watches need. */
export interface DeathWatchesOptions {
  readonly start: (life: WatchedLife) => WatchClient;
  /** A watch ended by itself: its server died, or somebody ended the watch. It is armed again only by {@link DeathWatches.arm}. */
  readonly onEnd: (life: WatchedLife, end: WatchEnd) => void;
  /** Told of every watch that is armed again after it ended without a death. */
  readonly onRestart: (name: string) => void;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly setTimer: (callback: () => void, ms: number) => () => void;
}

/** A watch that ended without a death is armed again after this, twice as long each time. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A watch that held so long ends the doubling. */
const STEADY_MS = 60_000;

interface Watch {
  readonly life: WatchedLife;
  client: WatchClient | null;
  end: WatchEnd | null;
  armedAt: number;
  pauseMs: number;
  cancelTimer: () => void;
  readonly waiters: Set<(end: WatchEnd | null) => void>;
}

/** The death watches: one client per living server that ends when the server does. An end is a trigger, never a proof. */
export class DeathWatches {
  readonly #options: DeathWatchesOptions;
  readonly #watches = new Map<string, Watch>();
  #isClosed = false;

  constructor(options: DeathWatchesOptions) {
    this.#options = options;
  }

  /** How many clients watch now: those that have reached their servers. */
  get size(): number {
    return [...this.#watches.values()].filter(({ client }) => client?.hasArrived()).length;
  }

  /** Whether a life is watched, or about to be again. */
  isArmed(name: string, pid: number): boolean {
    const watch = this.#watches.get(name);
    return watch?.life.pid === pid && watch.end === null;
  }

  /**
   * Watches a life that was seen by a look which began at `seenAt`, Unix milliseconds. Again is free, and another life under the
   * name takes the place of the first. A look that began before its watch ended says nothing of whether it outlived that.
   */
  arm(life: WatchedLife, seenAt: number): void {
    if (this.#isClosed) return;
    const watch = this.#watches.get(life.name);
    if (watch && watch.life.pid === life.pid && watch.life.socket === life.socket) {
      if (watch.end && seenAt >= watch.end.at) this.#rearm(watch);
      return;
    }
    this.release(life.name);
    this.#start({
      life,
      client: null,
      end: null,
      armedAt: 0,
      pauseMs: FIRST_PAUSE_MS,
      cancelTimer: () => {},
      waiters: new Set(),
    });
  }

  /** Forgets how the watch of a server ended: a look that began at `seenAt` saw that it has outlived that, and it can die in another way later. */
  forgetEnd(name: string, seenAt: number): void {
    const watch = this.#watches.get(name);
    if (watch?.end && seenAt >= watch.end.at) this.release(name);
  }

  /** Ends the watch of a server. */
  release(name: string): void {
    const watch = this.#watches.get(name);
    if (!watch) return;
    this.#watches.delete(name);
    watch.cancelTimer();
    watch.client?.kill();
    this.#settle(watch, null);
  }

  /** Ends all watches, begins no other one, and waits until their clients have left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const left = [...this.#watches.values()].map(({ client }) => client?.ended);
    for (const name of [...this.#watches.keys()]) this.release(name);
    await Promise.all(left);
  }

  /** How the watch of a server ended; waits up to `ms` where it has not yet. Null where there is none, or it goes on. */
  async endOf(name: string, ms: number): Promise<WatchEnd | null> {
    const watch = this.#watches.get(name);
    if (!watch || watch.end || !watch.client) return watch?.end ?? null;
    return new Promise((resolve) => {
      const cancel = this.#options.setTimer(() => answer(null), ms);
      const answer = (end: WatchEnd | null) => {
        watch.waiters.delete(answer);
        cancel();
        resolve(end);
      };
      watch.waiters.add(answer);
    });
  }

  #start(watch: Watch): void {
    this.#watches.set(watch.life.name, watch);
    const client = this.#options.start(watch.life);
    watch.client = client;
    watch.end = null;
    watch.armedAt = this.#options.now();
    void client.ended.then((code) => this.#ended(watch, isTelling(code, client, watch.life) ? code : null));
  }

  #ended(watch: Watch, code: number | null): void {
    watch.client = null;
    if (this.#watches.get(watch.life.name) !== watch) return;
    const end = { code, at: this.#options.now() };
    watch.end = end;
    this.#settle(watch, end);
    this.#options.onEnd(watch.life, end);
  }

  #settle(watch: Watch, end: WatchEnd | null): void {
    for (const answer of [...watch.waiters]) answer(end);
  }

  /** The server outlived its watch: somebody ended that, or the two do not understand each other. */
  #rearm(watch: Watch): void {
    if (watch.end && watch.end.at - watch.armedAt > STEADY_MS) watch.pauseMs = FIRST_PAUSE_MS;
    const pauseMs = watch.pauseMs;
    watch.pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    watch.end = null;
    watch.cancelTimer = this.#options.setTimer(() => {
      this.#options.onRestart(watch.life.name);
      this.#start(watch);
    }, pauseMs);
  }
}

/** Whether an exit code tells how the server ended. The client itself can have been ended, or can have missed the server altogether. */
function isTelling(code: number | null, client: WatchClient, { version }: WatchedLife): boolean {
  if (code === 0) return client.wasReleased() || version === null || !tellsRelease(version);
  return client.hasArrived();
}
