import { type FSWatcher, type WatchEventType, watch } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connect } from '../../core/model/observation.ts';

/** A socket that looks dead is not remembered as dead before it is this old: a server binds its socket before it listens on it. */
const YOUNG_MS = 10_000;

/** A new socket that refuses is asked again after each of these pauses: a server binds its socket before it listens on it. */
const NEW_SOCKET_PAUSES_MS = [5, 15, 40, 100, 200];

/** The sockets in a directory; none if it does not exist. */
export async function listSockets(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isSocket()).map(({ name }) => join(directory, name));
}

/** What a socket directory scanner needs. */
export interface SocketDirectoryOptions {
  readonly directory: string;
  readonly probe: (socket: string) => Promise<Connect>;
  /** Sockets that need no probe: those registered already. */
  readonly isKnown: (socket: string) => boolean;
  /** Sockets on which a server listens, together if one look found them. */
  readonly onLiveSockets: (sockets: readonly string[]) => void;
  /** A known socket came or went. Settles when its server was polled, with whether that is still to answer, or has died. */
  readonly onKnownSocket: (socket: string) => Promise<boolean>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Finds the live sockets of one tmux socket directory: at every look, and at once while it is watched. The directory may come and go. */
export class SocketDirectory {
  readonly #options: SocketDirectoryOptions;
  /** Dead sockets as they were when they refused: piles of old ones cost next to nothing. */
  #dead = new Map<string, string>();
  /** When an entry last came or went, as of the last look; null where that is too young to be sure. */
  #changedAt: bigint | null = null;
  #watcher: FSWatcher | null = null;
  readonly #closing = new AbortController();

  constructor(options: SocketDirectoryOptions) {
    this.#options = options;
  }

  /** Looks at every entry, and begins to watch the directory if it exists. */
  async look(): Promise<void> {
    this.#watch();
    const isUnchanged = await this.#isUnchanged();
    const entries = await listSockets(this.#options.directory);
    const stillDead = new Map<string, string>();
    const live: string[] = [];
    for (const socket of entries) {
      if (this.#options.isKnown(socket)) continue;
      const known = isUnchanged ? this.#dead.get(socket) : undefined;
      const seal = known ?? (await this.#lookAt(socket));
      if (seal === 'live') live.push(socket);
      else if (seal !== null) stillDead.set(socket, seal);
    }
    this.#dead = stillDead;
    if (live.length > 0) this.#options.onLiveSockets(live);
  }

  /** Stops watching. */
  close(): void {
    this.#closing.abort();
    this.#watcher?.close();
  }

  /** Whether no entry came or went since the last look: then what was dead is. A change as young as the clock is coarse can hide another. */
  async #isUnchanged(): Promise<boolean> {
    const found = await lstat(this.#options.directory, { bigint: true }).catch(() => null);
    const isUnchanged = found !== null && found.mtimeNs === this.#changedAt;
    const isYoung = found !== null && this.#options.now() - Number(found.mtimeMs) < YOUNG_MS;
    this.#changedAt = isYoung ? null : (found?.mtimeNs ?? null);
    return isUnchanged;
  }

  /** The seal of a socket that is dead for good; null if the next look may find it otherwise. */
  async #lookAt(socket: string): Promise<string | 'live' | null> {
    const found = await lstat(socket, { bigint: true }).catch(() => null);
    if (!found?.isSocket()) return null;
    const seal = `${found.ino}:${found.ctimeNs}`;
    if (this.#dead.get(socket) === seal) return seal;
    const connect = await this.#options.probe(socket);
    if (connect === 'accepted' || connect === 'busy') return 'live';
    const isYoung = this.#options.now() - Number(found.ctimeMs) < YOUNG_MS;
    return connect === 'refused' && !isYoung ? seal : null;
  }

  #watch(): void {
    if (this.#watcher || this.#closing.signal.aborted) return;
    try {
      this.#watcher = watch(this.#options.directory, { persistent: false }, (kind, name) => this.#changed(kind, name));
      this.#watcher.on('error', () => this.#unwatch());
    } catch {
      // The directory does not exist yet, or no watch is left: the look at every tick finds what there is.
    }
  }

  /** A removed directory is told as a change of its own name; its watch is then good for nothing. */
  #changed(kind: WatchEventType, name: string | null): void {
    if (name !== null && this.#options.directory.endsWith(`/${name}`)) this.#unwatch();
    if (this.#closing.signal.aborted) return;
    if (name === null) void this.look();
    // What is written to, or changes its mode, is not new. A client locks before it starts a server.
    else if (kind === 'rename' && !name.endsWith('.lock')) void this.#lookAtNew(join(this.#options.directory, name));
  }

  /** Looks at an entry that came or went just now, and at no other one: a short life does not wait for a pile of old sockets. */
  async #lookAtNew(socket: string): Promise<void> {
    const { signal } = this.#closing;
    for (const pauseMs of NEW_SOCKET_PAUSES_MS) {
      const isAwaited = this.#options.isKnown(socket)
        ? await this.#options.onKnownSocket(socket)
        : (await isSocket(socket)) && (await this.#ask(socket)) === 'refused';
      if (!isAwaited || !(await isSocket(socket))) return;
      await delay(pauseMs, undefined, { ref: false, signal }).catch(() => {});
      if (signal.aborted) return;
    }
  }

  /** Connects to a socket, and reports it if a server listens. */
  async #ask(socket: string): Promise<Connect> {
    const connect = await this.#options.probe(socket);
    if (connect === 'accepted' || connect === 'busy') this.#options.onLiveSockets([socket]);
    return connect;
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }
}

async function isSocket(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  return found?.isSocket() ?? false;
}
