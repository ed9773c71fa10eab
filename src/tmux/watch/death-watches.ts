import type { Clock } from '../../core/clock.ts';
import type { LastWord } from '../../core/model/observation.ts';
import type { WatchConnection } from './watch-connection.ts';

/** How the watch of a server ended. */
export interface WatchEnd {
  /** What the server said; null if that proves nothing. */
  readonly word: LastWord | null;
  /** When, by {@link Clock.uptime}; null if the server outlived its watch, so that its own end came at an unknown time. */
  readonly at: number | null;
}

/** An orderly end that a server announced, and when, by {@link Clock.uptime}. It can take long: the server waits for stuck clients and jobs. */
interface Farewell {
  readonly word: LastWord;
  readonly at: number;
}

/** A server process to watch. */
export interface WatchedLife {
  readonly name: string;
  readonly socket: string;
  /** The user that the socket has to belong to; null if any user may have it. */
  readonly owner: number | null;
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

/** The end of a watch whose server was seen alive later. */
const OUTLIVED: WatchEnd = { word: null, at: null };

interface Watch {
  life: WatchedLife;
  /** Whether the path of the socket leads to the server. If not, a signal would go to another server. */
  isReachable: boolean;
  connection: WatchConnection | null;
  end: WatchEnd | null;
  /** Null if no end was announced, or if the server went on living. */
  farewell: Farewell | null;
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

  /**
   * Watches a life that answered a poll which began at `seenAt`, by {@link Clock.uptime}. Calling it again only notes a new path of the
   * server; another life under the same name replaces the first. A poll that began before the watch ended does not prove that the
   * server outlived it.
   */
  arm(life: WatchedLife, seenAt: number): void {
    if (this.#isPaused) return;
    const watch = this.#watches.get(life.name);
    if (watch?.life.pid === life.pid) {
      // Its former path can lead to another server, as after an exchange of two sockets.
      watch.life = life;
      watch.isReachable = true;
      if (watch.end && isOutlived(watch.end, seenAt) && !watch.isHopeless) this.#rearm(watch);
      return;
    }
    // Another server answers at the path now, so a signal cannot reach the old server.
    if (watch) this.#forget(watch).connection?.cut();
    this.#start({
      life,
      isReachable: true,
      connection: null,
      end: null,
      farewell: null,
      armedAt: 0,
      isHopeless: false,
      pauseMs: FIRST_PAUSE_MS,
      cancelTimer: () => {},
      waiters: new Set(),
    });
  }

  /**
   * Goes on with the watch of a server, under another name or the same; `isReachable` is false if its path leads to another server
   * by now. An end that was not polled under the former name is reported again.
   */
  rename(from: string, to: string, isReachable: boolean): void {
    const watch = this.#watches.get(from);
    if (!watch) return;
    if (to !== from) void this.release(to);
    this.#watches.delete(from);
    watch.life = { ...watch.life, name: to };
    watch.isReachable = isReachable;
    this.#watches.set(to, watch);
    if (watch.end) this.#options.onEnd(watch.life, watch.end);
    const waitsForPause = !watch.connection && !watch.end;
    if (waitsForPause && !isReachable) this.#rest(watch);
  }

  /**
   * Forgets how the watch of a server ended, if a poll that began later, at `seenAt`, saw the server alive: it may die in another way
   * later. An end that the server announced stays known until {@link forgetFarewell}.
   */
  forgetEnd(name: string, seenAt: number): void {
    const watch = this.#watches.get(name);
    if (watch?.end && isOutlived(watch.end, seenAt)) this.#rest(watch);
  }

  /** Forgets that a server announced its end, if a poll that began later, at `seenAt`, found sessions in it: it went on living. */
  forgetFarewell(name: string, seenAt: number): void {
    const watch = this.#watches.get(name);
    if (watch?.farewell && seenAt >= watch.farewell.at) watch.farewell = null;
  }

  /** Ends the watch of a server. Resolves when the server has released it. */
  async release(name: string): Promise<void> {
    const watch = this.#watches.get(name);
    if (!watch) return;
    const { connection, isReachable, life } = this.#forget(watch);
    if (isReachable) await connection?.leave(life.socket);
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

  /**
   * Says how the watch of a server ended, after a wait of up to `ms` for an open one. If the last watch proves nothing, an end that the
   * server announced before counts. Null if there is no watch, or if it has not ended and no end was announced.
   */
  async endOf(name: string, ms: number): Promise<WatchEnd | null> {
    const watch = this.#watches.get(name);
    if (!watch) return null;
    if (watch.end || !watch.connection) return knownEnd(watch);
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
    if (word !== null) watch.farewell = farewellIn(word, end.at, watch);
    this.#answerWaiters(watch, knownEnd(watch));
    this.#options.onEnd(watch.life, end);
  }

  #answerWaiters(watch: Watch, end: WatchEnd | null): void {
    for (const answer of [...watch.waiters]) answer(end);
  }

  /** Leaves a living server without a watch. Only an end that it announced stays known. */
  #rest(watch: Watch): void {
    watch.cancelTimer();
    watch.end = OUTLIVED;
    if (!watch.farewell) void this.release(watch.life.name);
  }

  /** Arms a watch again, after a pause: the server outlived it, because the connection was cut, or because its end takes long. */
  #rearm(watch: Watch): void {
    // A server that was shut down accepts no connection any more. By the time it has ended, the path can lead to another one.
    if (watch.farewell?.word === 'shut_down') {
      this.#rest(watch);
      return;
    }
    if ((watch.end?.at ?? 0) - watch.armedAt > STEADY_MS) watch.pauseMs = FIRST_PAUSE_MS;
    const pauseMs = watch.pauseMs;
    watch.pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    watch.end = null;
    watch.cancelTimer = this.#options.setTimer(() => {
      this.#options.onRestart(watch.life.name);
      this.#start(watch);
    }, pauseMs);
  }
}

/** Whether a poll that began at `seenAt` and saw a server alive proves that the server outlived its watch. */
function isOutlived({ at }: WatchEnd, seenAt: number): boolean {
  return at === null || seenAt >= at;
}

/** What the last word of a server announces; null if that is no orderly end, or if the watch may have been opened on another server at the same path. */
function farewellIn(word: LastWord, at: number, { isReachable }: Watch): Farewell | null {
  return isReachable && word !== 'nothing' ? { word, at } : null;
}

function knownEnd({ end, farewell }: Watch): WatchEnd | null {
  if (!end && !farewell) return null;
  return { word: end?.word ?? farewell?.word ?? null, at: end?.at ?? null };
}
