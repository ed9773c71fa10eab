import type { Clock } from '../core/clock.ts';
import type { ProcessLiveness, ProcessMark } from '../core/model/observation.ts';
import type { ServerRecord } from '../core/record/record.ts';
import { probeSocket } from './probe.ts';

/** Minimum time between two signals to one server. */
const PAUSE_MS = 60_000;

/** Access to the process that the healer runs in. */
export interface HealerEnvironment {
  /** Sends a signal to a process. Throws an error with `code` if it cannot. */
  readonly signal: (pid: number, signal: 'SIGUSR1') => void;
  /** The paths at which a process made its sockets; none if they are not known. */
  readonly boundPaths: (process: ProcessMark) => readonly string[];
  /** Whether a process still runs; `dead` if its pid belongs to another one by now. */
  readonly liveness: (process: ProcessMark) => ProcessLiveness | Promise<ProcessLiveness>;
}

/** Recreates the socket files of living servers with SIGUSR1. This is the only thing that the exporter ever does to a server. */
export class Healer {
  readonly #environment: HealerEnvironment;
  readonly #onHealed: (name: string, pid: number) => void;
  readonly #uptime: Clock['uptime'];
  /** When each server was last signalled, by its pid. */
  readonly #signalledAt = new Map<number, number>();

  constructor(environment: HealerEnvironment, onHealed: (name: string, pid: number) => void, uptime: Clock['uptime']) {
    this.#environment = environment;
    this.#onHealed = onHealed;
    this.#uptime = uptime;
  }

  /** Signals a living server whose socket file is gone. It never does so if the path where the server makes it is taken, because the server would delete the file there, or if the server sees other files than we do. */
  async heal({ target, state, unreachable, life }: ServerRecord, isAlive: boolean): Promise<void> {
    if (state !== 'unreachable' || unreachable !== 'socket_lost' || target.displacedPid !== undefined) return;
    if (!life?.process || !isAlive || this.#isTooSoon(life.process.pid)) return;
    const paths = [target.socket, ...this.#environment.boundPaths(life.process)];
    if (paths.some((path) => path.startsWith('/proc/'))) return;
    for (const path of paths) if ((await probeSocket(path)) !== 'absent') return;
    // The poll and the probes took time, and the signal ends a process that does not handle it.
    if ((await this.#environment.liveness(life.process)) !== 'alive') return;
    this.#signalledAt.set(life.process.pid, this.#uptime());
    if (this.#signal(life.process.pid)) this.#onHealed(target.name, life.process.pid);
  }

  /** Whether the signal was sent. It fails if the server has just died, or belongs to another user; the server's state shows both. */
  #signal(pid: number): boolean {
    try {
      this.#environment.signal(pid, 'SIGUSR1');
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ESRCH' || code === 'EPERM') return false;
      throw error;
    }
  }

  #isTooSoon(pid: number): boolean {
    const uptime = this.#uptime();
    for (const [other, at] of this.#signalledAt) if (uptime - at >= PAUSE_MS) this.#signalledAt.delete(other);
    return this.#signalledAt.has(pid);
  }
}
