import { isSameProcess, type ProcessMark } from '../core/model/observation.ts';
import { displacedTarget, type Target } from '../core/model/server.ts';
import { hasLostPath, type Life, pidOf, type ServerRecord } from '../core/record/record.ts';
import type { Registry } from '../core/registry/registry.ts';
import type { RunningServer } from '../proc/process/tmux-servers.ts';
import { probeSocket } from '../tmux/probe.ts';

/** The dependencies and callbacks of a search. */
export interface ProcessSearchOptions {
  readonly registry: Registry;
  /** The exporter's own user; null if the platform has none. */
  readonly ownUid: number | null;
  /** The running tmux servers, as the kernel knows them. */
  readonly runningServers: () => readonly RunningServer[];
  readonly isAtItsEnd: (mark: ProcessMark) => boolean;
  readonly nameOf: (server: RunningServer) => string;
  /** Whether the configuration wants a discovered server of this name. */
  readonly isWanted: (name: string) => boolean;
  /** Called for each live socket that is not registered yet. */
  readonly onLiveSocket: (socket: string, name: string, uid: number) => void;
}

/** The pid that answers at the path of a server that seems displaced; `unreachable` if nobody answers there. */
type Suspicion = number | 'unreachable';

/** Registers running tmux servers that are in no socket directory: their socket is elsewhere, or they cannot be reached at all. */
export class ProcessSearch {
  readonly #options: ProcessSearchOptions;
  /** Servers that seemed out of reach at the last scan: their process, and why. A restart or a death looks the same for a moment. */
  #suspects: ReadonlyMap<string, Suspicion> = new Map();

  constructor(options: ProcessSearchOptions) {
    this.#options = options;
  }

  /** Scans all running servers. */
  async scan(): Promise<void> {
    const running = this.#options.runningServers();
    const suspects = new Map<string, Suspicion>();
    for (const server of running) {
      const suspicion = await this.#take(server, running);
      if (suspicion !== null) suspects.set(keyOf(server.mark), suspicion);
    }
    this.#suspects = suspects;
  }

  /** Registers one server if that is needed. Returns why it seems out of reach, otherwise null. */
  async #take(server: RunningServer, running: readonly RunningServer[]): Promise<Suspicion | null> {
    const { registry, nameOf, isWanted, onLiveSocket } = this.#options;
    const { socket, mark, uid } = server;
    const registered = registry.at({ socket });
    const known = registered && this.#mayBeOf(registered, server) ? registered : undefined;
    const itself = registry.ofProcess(mark);
    const isLost = itself !== undefined && itself.target.socket !== socket && hasLostPath(itself);
    if (!isLost && (itself || (registered?.life && mayLive(registered.life, server)))) return null;
    const name = nameOf(server);
    if (!known && !isWanted(name)) return null;
    const connect = await probeSocket(socket);
    const isReachable = connect === 'accepted' || connect === 'busy';
    if (isLost) {
      // The server has created its socket again at the path from which it had been moved.
      if (isReachable && !registered) registry.move(itself.target.name, socket);
      return null;
    }
    const own = known?.target ?? { name, socket, registration: 'discovered', uid };
    if (registered?.life) return isReachable ? this.#suspect(server, own, registered.life, running) : null;
    if (!isReachable) {
      const isTaken = registered !== undefined && !known;
      return this.#adoptUnreachable(server, isTaken ? displacedTarget(own, mark.pid) : own, running);
    }
    if (!registered) onLiveSocket(socket, name, uid);
    return null;
  }

  /** Whether the server that is registered for the path of a running one is of the same user. If not, the running one has a name of its own: anybody can bind a path that leads to another user's. */
  #mayBeOf({ life, target }: ServerRecord, { uid, isItsPlace }: RunningServer): boolean {
    const owner = life?.uid ?? target.uid;
    if (owner !== undefined) return owner === uid;
    return isItsPlace || uid === this.#options.ownUid;
  }

  /** A dying server closes its socket first. Its death may be reported already: adopted now, it would be reported again. */
  #adoptUnreachable(server: RunningServer, target: Target, running: readonly RunningServer[]): Suspicion | null {
    const { mark } = server;
    if (this.#options.isAtItsEnd(mark) || this.#mayBeKnown(server, running)) return null;
    if (this.#suspects.get(keyOf(mark)) === 'unreachable') this.#options.registry.adopt(target, server);
    return 'unreachable';
  }

  /** A server is displaced if another living process answered at its path at the last poll, and it still listens itself. */
  #suspect(
    server: RunningServer,
    taken: { name: string; socket: string },
    usurper: Life,
    running: readonly RunningServer[],
  ): Suspicion | null {
    if (!running.some((other) => mayLive(usurper, other) && other.socket === taken.socket)) return null;
    if (this.#mayBeKnown(server, running)) return null;
    if (this.#suspects.get(keyOf(server.mark)) === pidOf(usurper) && !this.#options.isAtItsEnd(server.mark))
      this.#options.registry.adopt(displacedTarget(taken, server.mark.pid), server);
    return pidOf(usurper);
  }

  /** Whether a server may be registered already, by a path to which its socket was moved: as two servers, its death would be reported twice. */
  #mayBeKnown(server: RunningServer, running: readonly RunningServer[]): boolean {
    return this.#options.registry.list().some((record) => {
      if (record.target.socket === server.socket || record.life?.process || !record.seenAlive) return false;
      if (record.life) return mayLive(record.life, server) && record.life.uid === server.uid;
      return !running.some(({ socket }) => socket === record.target.socket);
    });
  }
}

/** Whether a running server may be the one of a life: by its process, or if that is not known, by the pid that the server says. */
function mayLive({ process, incarnation }: Life, { mark, ownPid }: RunningServer): boolean {
  return process ? isSameProcess(process, mark) : incarnation.pid === ownPid;
}

function keyOf({ pid, start }: ProcessMark): string {
  return `${pid} ${start}`;
}
