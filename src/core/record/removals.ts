import type { ProcessMark } from '../model/observation.ts';
import type { Target } from '../model/server.ts';
import type { ServerRecord } from './record.ts';
import { type RefusedRegistration, refused } from './registration.ts';

/** The servers that a person deregistered, and that nobody has registered again. */
export class Removals {
  /** Their paths. No later server of such a path is discovered either. */
  readonly #sockets = new Set<string>();
  /** Their processes: one whose socket was moved or lost would be found again under another path. */
  readonly #processes = new Set<string>();
  /** Their names in the configuration. */
  readonly #configured = new Set<string>();

  /** Notes a server that was deregistered. The path of a displaced one belongs to another server. */
  add({ target, life }: Pick<ServerRecord, 'target' | 'life'>): void {
    if (target.displacedPid === undefined) this.#sockets.add(target.socket);
    if (life?.process) this.#processes.add(keyOfProcess(life.process));
    if (target.registration === 'static') this.#configured.add(target.name);
  }

  /** Forgets that a server was deregistered, because it is registered. */
  forget({ target, life }: Pick<ServerRecord, 'target' | 'life'>): void {
    if (this.#sockets.size + this.#processes.size + this.#configured.size === 0) return;
    if (target.displacedPid === undefined) this.#sockets.delete(target.socket);
    if (life?.process) this.#processes.delete(keyOfProcess(life.process));
    if (target.registration === 'static') this.#configured.delete(target.name);
  }

  /** Whether a configured server was deregistered, or the server of its path. */
  has({ name, socket }: Target): boolean {
    return this.#configured.has(name) || this.#sockets.has(socket);
  }

  /** Why a discovered server is not registered; null if it may be. Its process may be unknown. */
  refuse({ socket, registration, displacedPid }: Target, process?: ProcessMark): RefusedRegistration | null {
    if (registration !== 'discovered') return null;
    const isRemoved =
      (displacedPid === undefined && this.#sockets.has(socket)) ||
      (process !== undefined && this.#processes.has(keyOfProcess(process)));
    if (!isRemoved) return null;
    return refused('ignored', `${socket} was deregistered by hand: register it by hand to have it back`);
  }
}

function keyOfProcess({ pid, start }: ProcessMark): string {
  return `${pid} ${start}`;
}
