import type { Clock } from '../../core/clock.ts';
import type { LastWord } from '../../core/model/observation.ts';
import type { WatchConnection } from './watch-connection.ts';

/** How a watch of a server ended: what the server said (null if that proves nothing), and when, by {@link Clock.uptime}. */
export interface WatchEnd {
  readonly word: LastWord | null;
  readonly at: number;
}

/** A life to be watched. */
export interface WatchedLife {
  readonly name: string;
  readonly socket: string;
  readonly pid: number;
  /** `#{version}` of the server; null if it is not known. */
  readonly version: string | null;
}

/** What the watches need. */
export interface DeathWatchesOptions {
  /** Opens a connection; null if there is nothing to connect to. */
  readonly open: (life: WatchedLife) => WatchConnection | null;
  /** A watch ended by itself: its server died, or somebody cut it off. It is armed again only by {@link DeathWatches.arm}. */
  readonly onEnd: (life: WatchedLife, end: WatchEnd) => void;
  /** Told of every watch that is armed again after it ended without a death. */
  readonly onRestart: (name: string) => void;
  readonly uptime: Clock['uptime'];
  readonly setTimer: (callback: () => void, ms: number) => () => void;
}

/** A watch that ended without a death is armed again after this, twice as long each time. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A watch that held so long ends the doubling. */
const STEADY_MS = 60_000;

interface Watch {
  readonly life: WatchedLife;
  connection: WatchConnection | null;
  end: WatchEnd | null;
  armedAt: number;
  /** The server does not understand us: a watch of this life would end at once, again and again. */
  isHopeless: boolean;
  pauseMs: number;
  cancelTimer: () => void;
  readonly waiters: Set<(end: WatchEnd | null) => void>;
}

/** The death watches: one connection per living server that ends when the server does. An end is a trigger, never a proof. */
export class DeathWatches {
  readonly #options: DeathWatchesOptions;
  readonly #watches = new Map<string, Watch>();
  #isPaused = false;

  constructor(options: DeathWatchesOptions) {
    this.#options = options;
  }

  /** How many servers are watched now: those that have taken the connection. */
  get size(): number {
    return [...this.#watches.values()].filter(({ connection }) => connection?.hasArrived()).length;
  }

  /** Whether a life is watched, or about to be again. */
  isArmed(name: string, pid: number): boolean {
    const watch = this.#watches.get(name);
    return watch?.life.pid === pid && watch.end === null;
  }

  /**
   * Watches a life that was seen by a look which began at `seenAt`, by {@link Clock.uptime}. Again is free, and another life under the
   * name takes the place of the first. A look that began before its watch ended says nothing of whether it outlived that.
   */
  arm(life: WatchedLife, seenAt: number): void {
    if (this.#isPaused) return;
    const watch = this.#watches.get(life.name);
    if (watch && watch.life.pid === life.pid && watch.life.socket === life.socket) {
      if (watch.end && seenAt >= watch.end.at && !watch.isHopeless) this.#rearm(watch);
      return;
    }
    // What answers at the path is not the server of the old watch: that one cannot be signalled any more.
    if (watch) this.#forget(watch).connection?.cut();
    this.#start({
      life,
      connection: null,
      end: null,
      armedAt: 0,
      isHopeless: false,
      pauseMs: FIRST_PAUSE_MS,
      cancelTimer: () => {},
      waiters: new Set(),
    });
  }

  /** Forgets how the watch of a server ended: a look that began at `seenAt` saw that it has outlived that, and it can die in another way later. */
  forgetEnd(name: string, seenAt: number): void {
    const watch = this.#watches.get(name);
    if (watch?.end && seenAt >= watch.end.at) void this.release(name);
  }

  /** Ends the watch of a server. Settles when the server has let go of it. */
  async release(name: string): Promise<void> {
    const watch = this.#watches.get(name);
    if (!watch) return;
    await this.#forget(watch).connection?.leave();
  }

  /** Ends all watches and begins no other one until {@link resume}. Settles when the servers have let go of them. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await Promise.all([...this.#watches.keys()].map((name) => this.release(name)));
  }

  /** Lets watches be armed again after {@link pause}. */
  resume(): void {
    this.#isPaused = false;
  }

  /** How the watch of a server ended; waits up to `ms` where it has not yet. Null where there is none, or it goes on. */
  async endOf(name: string, ms: number): Promise<WatchEnd | null> {
    const watch = this.#watches.get(name);
    if (!watch || watch.end || !watch.connection) return watch?.end ?? null;
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

  #forget(watch: Watch): Watch {
    this.#watches.delete(watch.life.name);
    watch.cancelTimer();
    this.#answerWaiters(watch, null);
    return watch;
  }

  #start(watch: Watch): void {
    this.#watches.set(watch.life.name, watch);
    watch.end = null;
    watch.armedAt = this.#options.uptime();
    watch.connection = this.#options.open(watch.life);
    const ended = watch.connection?.ended ?? Promise.resolve(null);
    void ended.then((word) => this.#ended(watch, word));
  }

  #ended(watch: Watch, word: LastWord | null): void {
    watch.isHopeless = watch.connection?.isUnderstood() === false;
    watch.connection = null;
    if (this.#watches.get(watch.life.name) !== watch) return;
    const end = { word, at: this.#options.uptime() };
    watch.end = end;
    this.#answerWaiters(watch, end);
    this.#options.onEnd(watch.life, end);
  }

  #answerWaiters(watch: Watch, end: WatchEnd | null): void {
    for (const answer of [...watch.waiters]) answer(end);
  }

  /** The server outlived its watch: somebody cut it off. */
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
