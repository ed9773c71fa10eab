import type { Clock } from '../core/clock.ts';
import type { ServerRecord } from '../core/record/record.ts';
import { probeSocket } from './probe.ts';

/** A server is woken at most this often. */
const PAUSE_MS = 60_000;

/** What the healer needs of the process it runs in. */
export interface HealerEnvironment {
  /** Sends a signal to a process. Throws an error with `code` if it cannot. */
  readonly signal: (pid: number, signal: 'SIGUSR1') => void;
}

/** Brings back the sockets of living servers, by the one thing that is ever done to somebody's server: SIGUSR1. */
export class Healer {
  readonly #environment: HealerEnvironment;
  readonly #onHealed: (name: string, pid: number) => void;
  readonly #uptime: Clock['uptime'];
  /** When a server was woken, by its pid. */
  readonly #wokenAt = new Map<number, number>();

  constructor(environment: HealerEnvironment, onHealed: (name: string, pid: number) => void, uptime: Clock['uptime']) {
    this.#environment = environment;
    this.#onHealed = onHealed;
    this.#uptime = uptime;
  }

  /** Wakes a living server whose socket file is gone. Never one whose path is taken: it would delete what is there. */
  async heal({ target, state, unreachable, life }: ServerRecord, isAlive: boolean): Promise<void> {
    if (state !== 'unreachable' || unreachable !== 'socket_lost' || target.displacedPid !== undefined) return;
    if (!life?.process || !isAlive || this.#isTooSoon(life.process.pid)) return;
    if ((await probeSocket(target.socket)) !== 'absent') return;
    this.#wokenAt.set(life.process.pid, this.#uptime());
    if (this.#signal(life.process.pid)) this.#onHealed(target.name, life.process.pid);
  }

  /** Whether the signal was sent: not to a server that died meanwhile, and not to another user's, about which its own state says enough. */
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
    for (const [other, at] of this.#wokenAt) if (uptime - at >= PAUSE_MS) this.#wokenAt.delete(other);
    return this.#wokenAt.has(pid);
  }
}
