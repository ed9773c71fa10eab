import { type BigIntStats, type FSWatcher, type WatchEventType, watch } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemPath, textOfPath } from '../../core/byte-path.ts';
import { fileKey } from '../../core/file.ts';
import type { Connect } from '../../core/model/observation.ts';

/** A refusing socket is remembered as dead only from this age on: a server binds its socket before it listens on it. */
const YOUNG_MS = 10_000;

/** A directory that changed within this time can change again at the same ctime: some file systems round times to two seconds. */
const COARSE_MS = 2_500;

/** A list is used for this many scans at most: some file systems do not note that an entry came. */
const MOST_SCANS = 12;

/** Pauses before a new socket that refuses is probed again: a server binds its socket before it listens on it. */
const NEW_SOCKET_PAUSES_MS = [5, 15, 40, 100, 200];

/** Pauses between checks of an entry that changes again and again. */
const RESTLESS_PAUSES_MS = [0, 0, 5, 20, 50, 100, 200];

/** A check of an entry that runs. */
interface Check {
  /** Whether the entry has changed since the check began. */
  hasChanged: boolean;
  /** Ends a pause of the check. */
  wake: () => void;
}

/** Lists the sockets in a directory; empty if it does not exist. */
export async function listSockets(directory: string): Promise<readonly string[]> {
  return (await readSockets(directory)) ?? [];
}

/** The sockets in a directory; null if it cannot be read, perhaps for now only: file descriptors can be used up. */
async function readSockets(directory: string): Promise<readonly string[] | null> {
  const entries = await readdir(directory, { withFileTypes: true, encoding: 'buffer' }).catch(() => null);
  return entries?.filter((entry) => entry.isSocket()).map(({ name }) => join(directory, textOfPath(name))) ?? null;
}

/** The sockets of a directory, and the key of the directory's state that they belong to. */
interface SocketList {
  readonly seal: string | null;
  readonly sockets: readonly string[];
  /** How many scans have used it. */
  scans: number;
}

/** A socket on which a server listens. */
export interface LiveSocket {
  readonly path: string;
  /** The key of the file that was there before the server was asked. By now it can have another name, or none. */
  readonly file: string;
  /** The user that it belonged to. */
  readonly uid: number;
}

/** Options of a {@link SocketDirectory}. */
export interface SocketDirectoryOptions {
  readonly directory: string;
  readonly probe: (socket: string) => Promise<Connect>;
  /** Whether a socket is registered already, and so needs no probe. */
  readonly isKnown: (socket: string) => boolean;
  /** Reports the sockets on which a server listens; one call for all sockets of a scan. */
  readonly onLiveSockets: (sockets: readonly LiveSocket[]) => void;
  /** Reports that a known socket came or went. Resolves after its server was polled: true if it has not answered yet, or has died. */
  readonly onKnownSocket: (socket: string) => Promise<boolean>;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Reads the state of the directory; `stat` by default. Rejects if there is none. */
  readonly stateOf?: (directory: string) => Promise<Pick<BigIntStats, 'dev' | 'ino' | 'ctimeNs' | 'ctimeMs'>>;
}

/** Finds the live sockets of one tmux socket directory: at every scan, and immediately while the directory is watched. The directory may come and go. */
export class SocketDirectory {
  readonly #options: SocketDirectoryOptions;
  /** Inode and ctime of each dead socket when it refused: an unchanged one is not probed again, so piles of old sockets cost next to nothing. */
  #dead = new Map<string, string>();
  /** The last list of the directory's sockets. */
  #list: SocketList = { seal: null, sockets: [], scans: 0 };
  #watcher: FSWatcher | null = null;
  /** The checks that run, by socket. */
  readonly #checks = new Map<string, Check>();
  readonly #closing = new AbortController();

  constructor(options: SocketDirectoryOptions) {
    this.#options = options;
  }

  /** Examines every entry, and starts to watch the directory if it exists. */
  async scan(): Promise<void> {
    this.#watch();
    const seal = await this.#seal();
    // While no entry comes or goes, dead sockets are still dead.
    const isUnchanged = seal !== null && seal === this.#list.seal && this.#list.scans < MOST_SCANS;
    if (!isUnchanged) {
      const sockets = await readSockets(this.#options.directory);
      this.#list = { seal: sockets && seal, sockets: sockets ?? [], scans: 0 };
    }
    this.#list.scans++;
    const stillDead = new Map<string, string>();
    const live: LiveSocket[] = [];
    for (const socket of this.#list.sockets) {
      if (this.#options.isKnown(socket)) continue;
      const known = isUnchanged ? this.#dead.get(socket) : undefined;
      const state = known ?? (await this.#examine(socket));
      if (typeof state === 'string') stillDead.set(socket, state);
      else if (state !== null) live.push(state);
    }
    this.#dead = stillDead;
    if (live.length > 0) this.#options.onLiveSockets(live);
  }

  /** Stops watching. */
  close(): void {
    this.#closing.abort();
    this.#watcher?.close();
  }

  /** A key that changes if an entry comes or goes, or if another directory takes its place; null if the last change is so recent that another one could have the same time. */
  async #seal(): Promise<string | null> {
    const { directory, now, stateOf = statBig } = this.#options;
    const state = await stateOf(directory).catch(() => null);
    if (!state || now() - Number(state.ctimeMs) < COARSE_MS) return null;
    return `${state.dev}:${state.ino}:${state.ctimeNs}`;
  }

  /** A live socket, or inode and ctime of a dead one; null if the next scan has to examine it again. */
  async #examine(socket: string): Promise<LiveSocket | string | null> {
    const found = await socketAt(socket);
    if (!found) return null;
    const seal = `${found.ino}:${found.ctimeNs}`;
    if (this.#dead.get(socket) === seal) return seal;
    const connect = await this.#options.probe(socket);
    if (connect === 'accepted' || connect === 'busy') return liveSocket(socket, found);
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
    else if (kind === 'rename' && !name.endsWith('.lock')) void this.#check(join(this.#options.directory, name));
  }

  /** Checks one entry that has just come or gone, and again if it changes meanwhile. Somebody may make and remove it all the time, so an entry has one check at a time, and pauses. */
  async #check(socket: string): Promise<void> {
    const running = this.#checks.get(socket);
    if (running) {
      running.hasChanged = true;
      running.wake();
      return;
    }
    const check: Check = { hasChanged: true, wake: () => {} };
    this.#checks.set(socket, check);
    for (let round = 0; check.hasChanged && !this.#closing.signal.aborted; round++) {
      await this.#pause(RESTLESS_PAUSES_MS[Math.min(round, RESTLESS_PAUSES_MS.length - 1)] ?? 0);
      check.hasChanged = false;
      await this.#checkNew(socket, check);
    }
    this.#checks.delete(socket);
  }

  /** Checks one entry that has just come or gone, and no other: a short-lived server must not wait for a pile of old sockets. */
  async #checkNew(socket: string, check: Check): Promise<void> {
    for (const pauseMs of NEW_SOCKET_PAUSES_MS) {
      const isAwaited = this.#options.isKnown(socket)
        ? await this.#options.onKnownSocket(socket)
        : (await this.#ask(socket)) === 'refused';
      if (!isAwaited || !(await socketAt(socket)) || check.hasChanged) return;
      const { promise: woken, resolve } = Promise.withResolvers<void>();
      check.wake = resolve;
      await Promise.race([this.#pause(pauseMs), woken]);
      if (check.hasChanged || this.#closing.signal.aborted) return;
    }
  }

  async #pause(ms: number): Promise<void> {
    if (ms === 0) return;
    await delay(ms, undefined, { ref: false, signal: this.#closing.signal }).catch(() => {});
  }

  /** Probes a socket, and reports it if a server listens. */
  async #ask(socket: string): Promise<Connect> {
    const found = await socketAt(socket);
    if (!found) return 'absent';
    const connect = await this.#options.probe(socket);
    if (connect === 'accepted' || connect === 'busy') this.#options.onLiveSockets([liveSocket(socket, found)]);
    return connect;
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }
}

function liveSocket(path: string, found: BigIntStats): LiveSocket {
  return { path, file: fileKey(found), uid: Number(found.uid) };
}

function statBig(path: string): Promise<BigIntStats> {
  return stat(path, { bigint: true });
}

/** The state of a socket file; null if there is none. */
async function socketAt(path: string): Promise<BigIntStats | null> {
  const found = await lstat(systemPath(path), { bigint: true }).catch(() => null);
  return found?.isSocket() ? found : null;
}
