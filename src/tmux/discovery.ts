import { type FSWatcher, watch } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connect } from '../core/observation.ts';

/** A socket that looks dead is not remembered as dead before it is this old: a server binds its socket before it listens on it. */
const YOUNG_MS = 10_000;

/** After a change in a folder it is looked at again so much later, for servers that were not listening yet. */
const SECOND_LOOK_MS = 150;

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
  readonly onLiveSocket: (socket: string) => void;
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
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: SocketDirectoryOptions) {
    this.#options = options;
  }

  /** Looks at every entry, and begins to watch the directory if it exists. */
  async look(): Promise<void> {
    this.#watch();
    const isUnchanged = await this.#isUnchanged();
    const entries = await listSockets(this.#options.directory);
    const stillDead = new Map<string, string>();
    for (const socket of entries) {
      if (this.#options.isKnown(socket)) continue;
      const known = isUnchanged ? this.#dead.get(socket) : undefined;
      const seal = known ?? (await this.#lookAt(socket));
      if (seal !== null) stillDead.set(socket, seal);
    }
    this.#dead = stillDead;
  }

  /** Stops watching. */
  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    if (this.#timer) clearTimeout(this.#timer);
  }

  /** Whether no entry came or went since the last look: then what was dead is. A change as young as the clock is coarse can hide another. */
  async #isUnchanged(): Promise<boolean> {
    const found = await lstat(this.#options.directory, { bigint: true }).catch(() => null);
    const isUnchanged = found !== null && found.mtimeNs === this.#changedAt;
    const isYoung = found !== null && this.#options.now() - Number(found.mtimeMs) < YOUNG_MS;
    this.#changedAt = isYoung ? null : (found?.mtimeNs ?? null);
    return isUnchanged;
  }

  async #lookAt(socket: string): Promise<string | null> {
    const found = await lstat(socket, { bigint: true }).catch(() => null);
    if (!found?.isSocket()) return null;
    const seal = `${found.ino}:${found.ctimeNs}`;
    if (this.#dead.get(socket) === seal) return seal;
    const connect = await this.#options.probe(socket);
    if (connect === 'accepted' || connect === 'busy') {
      this.#options.onLiveSocket(socket);
      return null;
    }
    const isYoung = this.#options.now() - Number(found.ctimeMs) < YOUNG_MS;
    return connect === 'refused' && !isYoung ? seal : null;
  }

  #watch(): void {
    if (this.#watcher || this.#closed) return;
    try {
      this.#watcher = watch(this.#options.directory, { persistent: false }, (_, name) => this.#changed(name));
      this.#watcher.on('error', () => this.#unwatch());
    } catch {
      // The directory does not exist yet, or no watch is left: the look at every tick finds what there is.
    }
  }

  /** A removed directory is told as a change of its own name; its watch is then good for nothing. */
  #changed(name: string | null): void {
    if (name !== null && this.#options.directory.endsWith(`/${name}`)) this.#unwatch();
    // A client locks before it starts a server: to look then is to look too early.
    if (name?.endsWith('.lock') || this.#timer || this.#closed) return;
    void this.look();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.look();
    }, SECOND_LOOK_MS);
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }
}
