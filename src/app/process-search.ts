import { displacedTarget } from '../core/model/server.ts';
import { hasLostPath, type Registry } from '../core/registry/registry.ts';
import type { RunningServer } from '../proc/process/tmux-servers.ts';
import { probeSocket } from '../tmux/probe.ts';

/** What a search needs. */
export interface ProcessSearchOptions {
  readonly registry: Registry;
  /** The running tmux servers, as the kernel knows them. */
  readonly runningServers: () => readonly RunningServer[];
  readonly nameOf: (server: RunningServer) => string;
  /** Whether a server that nobody named is to be registered. */
  readonly isWanted: (name: string) => boolean;
  /** Told of a live socket that is not registered yet. */
  readonly onLiveSocket: (socket: string, name: string) => void;
}

/** Registers every running tmux server that no socket directory shows: one with its socket elsewhere, and one that cannot be reached at all. */
export class ProcessSearch {
  readonly #options: ProcessSearchOptions;
  /** Servers that seemed displaced at the last look, by pid, with who answered at their path: a restart looks like it for a moment. */
  #suspects: ReadonlyMap<number, number> = new Map();

  constructor(options: ProcessSearchOptions) {
    this.#options = options;
  }

  /** Looks at all running servers. */
  async scan(): Promise<void> {
    const running = this.#options.runningServers();
    const suspects = new Map<number, number>();
    for (const server of running) {
      const usurper = await this.#take(server, running);
      if (usurper !== null) suspects.set(server.mark.pid, usurper);
    }
    this.#suspects = suspects;
  }

  /** Gives the pid that answers at the path of a server which seems displaced; null for every other one. */
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
      // It has made its socket again where it was before that was moved.
      if (isReachable && !known) registry.move(itself.target.name, socket);
      return null;
    }
    if (known?.life)
      return isReachable ? this.#suspect(server, known.target, known.life.incarnation.pid, running) : null;
    if (!isReachable) registry.adopt(known?.target ?? { name, socket, registration: 'discovered' }, server);
    else if (!known) onLiveSocket(socket, name);
    return null;
  }

  /** Another process answered at the last poll and lives, and this one still listens: its path was taken. */
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
