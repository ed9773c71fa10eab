import { type FSWatcher, type WatchEventType, watch } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connect } from '../../core/model/observation.ts';

/** A refusing socket is remembered as dead only from this age on: a server binds its socket before it listens on it. */
const YOUNG_MS = 10_000;

/** Pauses before a new socket that refuses is probed again: a server binds its socket before it listens on it. */
const NEW_SOCKET_PAUSES_MS = [5, 15, 40, 100, 200];

/** Lists the sockets in a directory; empty if it does not exist. */
export async function listSockets(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isSocket()).map(({ name }) => join(directory, name));
}

/** Options of a {@link SocketDirectory}. */
export interface SocketDirectoryOptions {
  readonly directory: string;
  readonly probe: (socket: string) => Promise<Connect>;
  /** Whether a socket is registered already, and so needs no probe. */
  readonly isKnown: (socket: string) => boolean;
  /** Reports the sockets on which a server listens; one call for all sockets of a scan. */
  readonly onLiveSockets: (sockets: readonly string[]) => void;
  /** Reports that a known socket came or went. Resolves after its server was polled: true if it has not answered yet, or has died. */
  readonly onKnownSocket: (socket: string) => Promise<boolean>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Finds the live sockets of one tmux socket directory: at every scan, and immediately while the directory is watched. The directory may come and go. */
export class SocketDirectory {
  readonly #options: SocketDirectoryOptions;
  /** Inode and ctime of each dead socket when it refused: an unchanged one is not probed again, so piles of old sockets cost next to nothing. */
  #dead = new Map<string, string>();
  /** The directory's mtime at the last scan; null if it was too recent to rule out a further change. */
  #changedAt: bigint | null = null;
  #watcher: FSWatcher | null = null;
  readonly #closing = new AbortController();

  constructor(options: SocketDirectoryOptions) {
    this.#options = options;
  }

  /** Examines every entry, and starts to watch the directory if it exists. */
  async scan(): Promise<void> {
    this.#watch();
    const isUnchanged = await this.#isUnchanged();
    const entries = await listSockets(this.#options.directory);
    const stillDead = new Map<string, string>();
    const live: string[] = [];
    for (const socket of entries) {
      if (this.#options.isKnown(socket)) continue;
      const known = isUnchanged ? this.#dead.get(socket) : undefined;
      const seal = known ?? (await this.#examine(socket));
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

  /** Whether no entry came or went since the last scan: then dead sockets are still dead. Two changes within one tick of the clock have one mtime. */
  async #isUnchanged(): Promise<boolean> {
    const found = await lstat(this.#options.directory, { bigint: true }).catch(() => null);
    const isUnchanged = found !== null && found.mtimeNs === this.#changedAt;
    const isYoung = found !== null && this.#options.now() - Number(found.mtimeMs) < YOUNG_MS;
    this.#changedAt = isYoung ? null : (found?.mtimeNs ?? null);
    return isUnchanged;
  }

  /** Inode and ctime of a dead socket, or `live`; null if the next scan has to examine it again. */
  async #examine(socket: string): Promise<string | 'live' | null> {
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
      // The directory does not exist yet, or the watches of this machine are used up: the scan at every tick finds the sockets.
    }
  }

  /** Handles a change in the directory. If the directory itself was removed, the change has its own name, and the watch is dead. */
  #changed(kind: WatchEventType, name: string | null): void {
    if (name !== null && this.#options.directory.endsWith(`/${name}`)) this.#unwatch();
    if (this.#closing.signal.aborted) return;
    if (name === null) void this.scan();
    // Only `rename` means that an entry came or went. A client creates a lock file before it starts a server.
    else if (kind === 'rename' && !name.endsWith('.lock')) void this.#checkNew(join(this.#options.directory, name));
  }

  /** Checks one entry that has just come or gone, and no other: a short-lived server must not wait for a pile of old sockets. */
  async #checkNew(socket: string): Promise<void> {
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

  /** Probes a socket, and reports it if a server listens. */
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
