import { dirname } from 'node:path';
import { passes } from '../core/glob.ts';
import { nameElsewhere, nameOfSocket, type Owner, placeOfCgroup } from '../core/model/name.ts';
import type { ServerRecord } from '../core/record/record.ts';
import type { Registry } from '../core/registry/registry.ts';
import { canonicalSocketPath } from '../files/socket-path.ts';
import type { ProcPlatform } from '../proc/platform.ts';
import type { RunningServer } from '../proc/process/tmux-servers.ts';
import { type LiveSocket, SocketDirectory } from '../tmux/discovery/discovery.ts';
import { allSocketDirectories, ownSocketDirectory, type UserDirectory } from '../tmux/discovery/socket-directories.ts';
import { probeSocket } from '../tmux/probe.ts';
import { enter, follow } from './entrance.ts';
import type { Environment } from './environment.ts';
import { ProcessSearch } from './process-search.ts';
import { Users } from './users.ts';

/** The part of the configuration for finding servers. */
export interface FinderConfig {
  readonly discover: boolean;
  readonly discoverProcesses: boolean;
  readonly discoverAllUsers: boolean;
  /** Patterns for the names of servers; none for all. */
  readonly serverInclude: readonly string[];
  readonly serverExclude: readonly string[];
  readonly socketDirectory: string | null;
}

/** The dependencies and callbacks of a finder. */
export interface FinderOptions {
  readonly config: FinderConfig;
  readonly environment: Environment;
  readonly registry: Registry;
  readonly platform: ProcPlatform;
  /** A server that accepts connections was registered. */
  readonly onRegistered: (name: string) => void;
  /** The socket of a registered server appeared or disappeared. Settles when the server has been polled. */
  readonly onChanged: (name: string) => Promise<void>;
  /** Called once for each live socket that cannot be registered. */
  readonly onRefused: (socket: string, message: string) => void;
  /** Called once for each kind of error with which a search fails, which is a bug. */
  readonly onSearchFailed: (searched: Searched, error: unknown) => void;
}

/** What is searched in order to find servers. */
export type Searched = 'users' | 'sockets' | 'processes';

/** Minimum gap between two scans of processes: a restart looks like displacement for a moment, so two scans must agree. */
const SCAN_PAUSE_MS = 500;

/** How many sockets that cannot be registered are reported: anybody can make more. */
const MOST_REFUSED = 1_000;

/** Why a configuration finds no server that it does not name; null if it can find some. */
export function whyNoneIsFound({
  discover,
  discoverProcesses,
  serverExclude,
}: Pick<FinderConfig, 'discover' | 'discoverProcesses' | 'serverExclude'>): string | null {
  if (!discover && !discoverProcesses) return 'tmux.discover and tmux.discover_processes are off';
  return serverExclude.includes('*') ? 'tmux.server_exclude leaves out all discovered servers' : null;
}

/** Finds tmux servers that nobody named, by their sockets and by their processes, and registers them. */
export class Finder {
  readonly #options: FinderOptions;
  readonly #processes: ProcessSearch;
  readonly #directories = new Map<string, SocketDirectory>();
  readonly #refused = new Set<string>();
  /** Another path to the socket of a registered server, such as a hard link, by the server's name. */
  readonly #otherPaths = new Map<string, string>();
  /** The kinds of errors that were reported. */
  readonly #failures = new Set<string>();
  #ownDirectory: string;
  #hasDropped = false;
  #isClosed = false;
  /** Null before they were read. */
  #users: Users | null = null;
  #scanning: Promise<void> | null = null;
  #scannedAt = Number.NEGATIVE_INFINITY;

  constructor(options: FinderOptions) {
    const { config, environment, registry, platform } = options;
    this.#options = options;
    this.#ownDirectory = this.#findOwnDirectory();
    this.#processes = new ProcessSearch({
      registry,
      ownUid: environment.uid,
      runningServers: () => platform.runningServers(config.discoverAllUsers ? null : environment.uid),
      isAtItsEnd: platform.isAtItsEnd,
      nameOf: (server) => this.#nameOfProcess(server),
      isWanted: (name) => this.#isWanted(name),
      onLiveSocket: (socket, name, uid) => this.#found(name, { path: socket, uid }),
    });
  }

  /** The socket directory of the daemon's own user, as of the last scan: TMUX_TMPDIR can come and go, and be a link. */
  get ownDirectory(): string {
    return this.#ownDirectory;
  }

  /** Scans the places that the configuration names. Calls during a scan share it. It never rejects: if one search fails, the others continue. */
  scan(): Promise<void> {
    this.#scanning ??= this.#scanAll().finally(() => {
      this.#scanning = null;
    });
    return this.#scanning;
  }

  /** Whether a scan looks where a living server is. */
  finds({ target, life }: ServerRecord): boolean {
    const { config, environment, platform } = this.#options;
    if (config.discover && (config.discoverAllUsers || dirname(target.socket) === this.#ownDirectory)) return true;
    const isOurs = config.discoverAllUsers || life?.uid === environment.uid;
    return config.discoverProcesses && platform.available && isOurs && life?.process != null;
  }

  /** Ends the watching of directories. */
  close(): void {
    this.#isClosed = true;
    for (const directory of this.#directories.values()) directory.close();
    this.#directories.clear();
  }

  async #scanAll(): Promise<void> {
    const { discover, discoverProcesses, discoverAllUsers } = this.#options.config;
    await this.#attempt('sockets', async () => this.#moveTo(this.#findOwnDirectory()));
    if (discoverAllUsers) await this.#attempt('users', () => this.#readUsers());
    await this.#attempt('sockets', async () => this.#dropUnwanted());
    if (discover) await this.#attempt('sockets', () => this.#scanDirectories(discoverAllUsers));
    if (discoverProcesses) await this.#attempt('processes', () => this.#scanProcesses());
  }

  #findOwnDirectory(): string {
    const { config, environment } = this.#options;
    return canonicalSocketPath(config.socketDirectory ?? ownSocketDirectory(environment.tmuxTmpdir, environment.uid));
  }

  /** Takes another directory for the own one. With the servers of all users, it can have been that of a user until now. */
  #moveTo(directory: string): void {
    if (directory === this.#ownDirectory) return;
    for (const path of [this.#ownDirectory, directory]) {
      this.#directories.get(path)?.close();
      this.#directories.delete(path);
    }
    this.#ownDirectory = directory;
  }

  /** Runs a search. A failure is reported, and must not keep the known servers from being polled. */
  async #attempt(searched: Searched, search: () => Promise<void>): Promise<void> {
    try {
      await search();
    } catch (error) {
      const kind = `${searched} ${kindOf(error)}`;
      if (this.#failures.has(kind)) return;
      this.#failures.add(kind);
      this.#options.onSearchFailed(searched, error);
    }
  }

  async #readUsers(): Promise<void> {
    this.#users = await Users.read(this.#options.environment.readFile);
  }

  async #scanProcesses(): Promise<void> {
    const now = this.#options.environment.monotonicMs();
    if (now - this.#scannedAt < SCAN_PAUSE_MS) return;
    this.#scannedAt = now;
    await this.#processes.scan();
  }

  async #scanDirectories(ofAllUsers: boolean): Promise<void> {
    for (const name of this.#otherPaths.keys()) if (!this.#options.registry.get(name)) this.#otherPaths.delete(name);
    const all = ofAllUsers ? await allSocketDirectories(this.#ownDirectory) : [];
    const others = all.filter(({ path }) => path !== this.#ownDirectory);
    const own = { path: this.#ownDirectory, uid: null };
    const scan = (directory: typeof own | UserDirectory) =>
      this.#attempt('sockets', () => this.#directory(directory).scan());
    await Promise.all([own, ...others].map(scan));
  }

  /** `uid` is null for one's own directory. */
  #directory({ path, uid }: Omit<UserDirectory, 'uid'> & { uid: number | null }): SocketDirectory {
    const known = this.#directories.get(path);
    if (known) return known;
    const directory = new SocketDirectory({
      directory: path,
      probe: probeSocket,
      isKnown: (socket) =>
        this.#options.registry.at({ socket }) !== undefined || !this.#isWanted(this.#nameOf(socket, uid)),
      onLiveSockets: (sockets) =>
        this.#options.registry.together(() => {
          for (const socket of sockets) this.#foundIn(uid, socket);
        }),
      onKnownSocket: (socket) => this.#pollKnown(socket),
      now: Date.now,
    });
    this.#directories.set(path, directory);
    return directory;
  }

  /** Polls a registered server, by another path if its own one is gone. Returns true if it does not answer yet or has died: its successor may not listen yet. */
  async #pollKnown(socket: string): Promise<boolean> {
    const { registry, onChanged } = this.#options;
    const known = registry.at({ socket });
    if (!known) return false;
    const other = this.#otherPaths.get(known.target.name);
    // A server that ends removes its own path only.
    if (other !== undefined && (await probeSocket(other)) === 'accepted') follow(registry, other);
    await onChanged(known.target.name);
    const after = registry.at({ socket });
    return after === undefined || after.state === 'gone' || after.refusedSince !== null;
  }

  #nameOf(socket: string, uid: number | null): string {
    return nameOfSocket({ socket, ownDirectory: this.#ownDirectory, owner: this.#ownerOf(uid) });
  }

  /** Null for our own user. */
  #ownerOf(uid: number | null): Owner | null {
    if (uid === null || uid === this.#options.environment.uid) return null;
    return this.#users?.ownerOf(uid) ?? { uid, login: String(uid) };
  }

  #nameOfProcess({ socket, mark, uid, isElsewhere }: RunningServer): string {
    if (!isElsewhere) return this.#nameOf(socket, uid);
    const cgroup = this.#options.platform.readContainment(mark.pid)?.cgroup ?? null;
    return nameElsewhere(socket, placeOfCgroup(cgroup), this.#ownerOf(uid));
  }

  #isWanted(name: string): boolean {
    const { serverInclude: include, serverExclude: exclude } = this.#options.config;
    return passes({ include, exclude }, name);
  }

  /** Deregisters servers that were discovered before a reload or a restart, and that this configuration excludes. */
  #dropUnwanted(): void {
    if (this.#hasDropped) return;
    this.#hasDropped = true;
    const { registry } = this.#options;
    for (const { target, life } of registry.list()) {
      const isDiscovered = target.registration === 'discovered' && target.displacedPid === undefined;
      const name = target.socket.startsWith('/proc/')
        ? target.name
        : this.#nameOf(target.given ?? target.socket, life?.uid ?? null);
      if (isDiscovered && !this.#isWanted(name)) registry.deregister(target.name, false);
    }
  }

  /** Registers a live socket of the directory of a user, or of our own one if `directoryUid` is null. If the socket belongs to another user, it is named after that user. */
  #foundIn(directoryUid: number | null, socket: LiveSocket): void {
    const name = this.#nameOf(socket.path, directoryUid === null ? null : socket.uid);
    if (this.#isWanted(name)) this.#found(name, socket);
  }

  /** Registers a live socket. After `close`, a scan that is still running registers nothing: the next configuration may exclude it. */
  #found(name: string, { path: socket, file, uid }: Omit<LiveSocket, 'file'> & { readonly file?: string }): void {
    if (this.#isClosed) return;
    const { registry, onRegistered, onRefused } = this.#options;
    const result = enter(registry, { name, socket, registration: 'discovered', uid }, file);
    // A server with another path is known already, and was moved here.
    if (result.kind !== 'refused') {
      const { target } = result.record;
      if (target.socket === socket) onRegistered(target.name);
      else this.#otherPaths.set(target.name, socket);
    }
    if (result.kind !== 'refused' || result.code === 'ignored' || this.#refused.has(socket)) return;
    if (this.#refused.size >= MOST_REFUSED) return;
    this.#refused.add(socket);
    onRefused(socket, result.message);
  }
}

/** Says that a search failed, and what that means. */
export function searchFailedText(searched: Searched): string {
  return `the search of the ${searched} for tmux servers failed because of a bug in the exporter; known servers are polled all the same`;
}

/** The code of an error of the system, otherwise the class of the error. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
