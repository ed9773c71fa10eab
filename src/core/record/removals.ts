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
  /** Their entries of the configuration. */
  readonly #entries = new Set<string>();

  /** Notes a server that was deregistered. The path of a displaced one belongs to another server. */
  add({ target, life }: Pick<ServerRecord, 'target' | 'life'>): void {
    if (target.displacedPid === undefined) this.#sockets.add(target.socket);
    if (life?.process) this.#processes.add(keyOfProcess(life.process));
    if (target.registration === 'static') this.#entries.add(keyOfEntry(target));
  }

  /** Forgets that a server was deregistered, because it is registered. */
  forget({ target, life }: Pick<ServerRecord, 'target' | 'life'>): void {
    if (this.#sockets.size + this.#processes.size + this.#entries.size === 0) return;
    if (target.displacedPid === undefined) this.#sockets.delete(target.socket);
    if (life?.process) this.#processes.delete(keyOfProcess(life.process));
    this.#entries.delete(keyOfEntry(target));
  }

  /** Whether a configured server was deregistered: its entry, or the server of its path. */
  has(target: Target): boolean {
    return this.#entries.has(keyOfEntry(target)) || this.#sockets.has(target.socket);
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

function keyOfEntry({ name, socket, given = socket }: Target): string {
  return `${name} ${given}`;
}
