import type { Clock } from '../../core/clock.ts';
import type { LastWord } from '../../core/model/observation.ts';
import type { WatchConnection } from './watch-connection.ts';

/** How the watch of a server ended: what the server said (null if that proves nothing), and when, by {@link Clock.uptime}. */
export interface WatchEnd {
  readonly word: LastWord | null;
  readonly at: number;
}

/** A server process to watch. */
export interface WatchedLife {
  readonly name: string;
  readonly socket: string;
  readonly pid: number;
  /** `#{version}` of the server; null if it is not known. */
  readonly version: string | null;
}

/** Options of {@link DeathWatches}. */
export interface DeathWatchesOptions {
  /** Opens a connection; null if there is nothing to connect to. */
  readonly open: (life: WatchedLife) => WatchConnection | null;
  /** Called when a watch ended by itself: its server died, or the connection was cut. Only {@link DeathWatches.arm} arms it again. */
  readonly onEnd: (life: WatchedLife, end: WatchEnd) => void;
  /** Called for every watch that is armed again after it ended without a death. */
  readonly onRestart: (name: string) => void;
  readonly uptime: Clock['uptime'];
  readonly setTimer: (callback: () => void, ms: number) => () => void;
}

/** Pause before a watch that ended without a death is armed again; it doubles each time. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A watch that held this long resets the pause. */
const STEADY_MS = 60_000;

interface Watch {
  life: WatchedLife;
  /** Whether the path of the socket leads to the server. If not, a signal would go to another server. */
  isReachable: boolean;
  connection: WatchConnection | null;
  end: WatchEnd | null;
  armedAt: number;
  /** The server speaks another protocol version: each watch of this life would end immediately. */
  isHopeless: boolean;
  pauseMs: number;
  cancelTimer: () => void;
  readonly waiters: Set<(end: WatchEnd | null) => void>;
}

/** The death watches: one connection per living server that ends when the server does. Such an end triggers a poll; it proves nothing. */
export class DeathWatches {
  readonly #options: DeathWatchesOptions;
  readonly #watches = new Map<string, Watch>();
  #isPaused = false;

  constructor(options: DeathWatchesOptions) {
    this.#options = options;
  }

  /** The number of servers that have accepted their watch and have their path: a server that is up has one. */
  get size(): number {
    const watches = [...this.#watches.values()];
    return watches.filter(({ connection, isReachable }) => isReachable && connection?.hasArrived()).length;
  }

  /** Whether a life is watched, or will be again after a pause. */
  isArmed(name: string, pid: number): boolean {
    const watch = this.#watches.get(name);
    return watch?.life.pid === pid && watch.end === null;
  }

  /**
   * Watches a life that answered a poll which began at `seenAt`, by {@link Clock.uptime}. Calling it again does nothing; another life
   * under the same name replaces the first. A poll that began before the watch ended does not prove that the server outlived it.
   */
  arm(life: WatchedLife, seenAt: number): void {
    if (this.#isPaused) return;
    const watch = this.#watches.get(life.name);
    if (watch && watch.life.pid === life.pid && watch.life.socket === life.socket) {
      if (watch.end && seenAt >= watch.end.at && !watch.isHopeless) this.#rearm(watch);
      return;
    }
    // Another server answers at the path now, so a signal cannot reach the old server.
    if (watch) this.#forget(watch).connection?.cut();
    this.#start({
      life,
      isReachable: true,
      connection: null,
      end: null,
      armedAt: 0,
      isHopeless: false,
      pauseMs: FIRST_PAUSE_MS,
      cancelTimer: () => {},
      waiters: new Set(),
    });
  }

  /**
   * Goes on under another name with the watch of a server; `isReachable` is false if its path leads to another server by now. An end
   * that was not polled under the former name is reported again.
   */
  rename(from: string, to: string, isReachable: boolean): void {
    const watch = this.#watches.get(from);
    if (!watch) return;
    void this.release(to);
    this.#watches.delete(from);
    watch.life = { ...watch.life, name: to };
    watch.isReachable = isReachable;
    this.#watches.set(to, watch);
    const waitsForPause = !watch.connection && !watch.end;
    if (waitsForPause && !isReachable) void this.release(to);
    if (watch.end) this.#options.onEnd(watch.life, watch.end);
  }

  /** Forgets how the watch of a server ended, if a poll that began later, at `seenAt`, saw the server alive: it may die in another way later. */
  forgetEnd(name: string, seenAt: number): void {
    const watch = this.#watches.get(name);
    if (watch?.end && seenAt >= watch.end.at) void this.release(name);
  }

  /** Ends the watch of a server. Resolves when the server has released it. */
  async release(name: string): Promise<void> {
    const watch = this.#watches.get(name);
    if (!watch) return;
    const { connection, isReachable } = this.#forget(watch);
    if (isReachable) await connection?.leave();
    else connection?.cut();
  }

  /** Ends all watches, and starts no new one until {@link resume}. Resolves when the servers have released them. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await Promise.all([...this.#watches.keys()].map((name) => this.release(name)));
  }

  /** Allows watches to be armed again after {@link pause}. */
  resume(): void {
    this.#isPaused = false;
  }

  /** Says how the watch of a server ended, after a wait of up to `ms` for an open one. Null if there is no watch, or it has not ended. */
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

  /** Arms a watch again, after a pause: the server outlived it, so the connection was cut. */
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
