import { displacedTarget } from '../core/model/server.ts';
import { hasLostPath, type Registry } from '../core/registry/registry.ts';
import type { RunningServer } from '../proc/process/tmux-servers.ts';
import { probeSocket } from '../tmux/probe.ts';

/** The dependencies and callbacks of a search. */
export interface ProcessSearchOptions {
  readonly registry: Registry;
  /** The running tmux servers, as the kernel knows them. */
  readonly runningServers: () => readonly RunningServer[];
  readonly nameOf: (server: RunningServer) => string;
  /** Whether the configuration wants a discovered server of this name. */
  readonly isWanted: (name: string) => boolean;
  /** Called for each live socket that is not registered yet. */
  readonly onLiveSocket: (socket: string, name: string) => void;
}

/** Registers running tmux servers that are in no socket directory: their socket is elsewhere, or they cannot be reached at all. */
export class ProcessSearch {
  readonly #options: ProcessSearchOptions;
  /** Servers that seemed displaced at the last scan: their pid, and the pid that answers at their path. A restart looks the same for a moment. */
  #suspects: ReadonlyMap<number, number> = new Map();

  constructor(options: ProcessSearchOptions) {
    this.#options = options;
  }

  /** Scans all running servers. */
  async scan(): Promise<void> {
    const running = this.#options.runningServers();
    const suspects = new Map<number, number>();
    for (const server of running) {
      const usurper = await this.#take(server, running);
      if (usurper !== null) suspects.set(server.mark.pid, usurper);
    }
    this.#suspects = suspects;
  }

  /** Registers one server if that is needed. Returns the pid that answers at its path if it seems displaced, otherwise null. */
  async #take(server: RunningServer, running: readonly RunningServer[]): Promise<number | null> {
    const { registry, nameOf, isWanted, onLiveSocket } = this.#options;
    const { socket, mark } = server;
    const known = registry.at({ socket });
    const itself = registry.ofProcess(mark);
    const isLost = itself !== undefined && itself.target.socket !== socket && hasLostPath(itself);
    if (!isLost && (itself || known?.life?.incarnation.pid === mark.pid)) return null;
    const name = nameOf(server);
    if (!known && !isWanted(name)) return null;
    const connect = await probeSocket(socket);
    const isReachable = connect === 'accepted' || connect === 'busy';
    if (isLost) {
      // The server has created its socket again at the path from which it had been moved.
      if (isReachable && !known) registry.move(itself.target.name, socket);
      return null;
    }
    if (known?.life)
      return isReachable ? this.#suspect(server, known.target, known.life.incarnation.pid, running) : null;
    if (!isReachable) registry.adopt(known?.target ?? { name, socket, registration: 'discovered' }, server);
    else if (!known) onLiveSocket(socket, name);
    return null;
  }

  /** A server is displaced if another living process answered at its path at the last poll, and it still listens itself. */
  #suspect(
    server: RunningServer,
    taken: { name: string; socket: string },
    usurper: number,
    running: readonly RunningServer[],
  ): number | null {
    const { pid } = server.mark;
    if (!running.some(({ mark, socket }) => mark.pid === usurper && socket === taken.socket)) return null;
    if (this.#suspects.get(pid) === usurper) this.#options.registry.adopt(displacedTarget(taken, pid), server);
    return usurper;
  }
}
