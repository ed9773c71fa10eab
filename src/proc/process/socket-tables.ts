import { readLink } from '../kernel/text-file.ts';
import { type ListeningSocket, listeningSockets } from '../kernel/unix-sockets.ts';

/** How long a table counts as recent, in milliseconds. */
const RECENT_MS = 1_000;

/** A list of listening sockets, and when it was read. */
interface Table {
  readonly at: number;
  readonly sockets: readonly ListeningSocket[];
}

/** The listening sockets of the network namespaces of processes. The kernel needs milliseconds to list them, so those who ask within a second can share a reading. */
export class SocketTables {
  readonly #root: string;
  readonly #nowMs: () => number;
  /** The last reading of each namespace. */
  readonly #tables = new Map<string, Table>();

  /** `nowMs` is a clock that never steps. */
  constructor(root: string, nowMs: () => number = () => performance.now()) {
    this.#root = root;
    this.#nowMs = nowMs;
  }

  /** The sockets that a process could see when they were last read: newer ones may be missing. Null if that is more than a second ago. */
  recent(pid: number): readonly ListeningSocket[] | null {
    const table = this.#tables.get(this.#namespaceOf(pid) ?? '');
    return table && this.#isRecent(table) ? table.sockets : null;
  }

  /** The sockets that a process can see now; null if they cannot be read. */
  present(pid: number): readonly ListeningSocket[] | null {
    const namespace = this.#namespaceOf(pid);
    const sockets = listeningSockets(`${this.#root}/${pid}`);
    if (sockets === null) return null;
    for (const [other, table] of this.#tables) if (!this.#isRecent(table)) this.#tables.delete(other);
    if (namespace !== null) this.#tables.set(namespace, { at: this.#nowMs(), sockets });
    return sockets;
  }

  #isRecent({ at }: Table): boolean {
    return this.#nowMs() - at < RECENT_MS;
  }

  #namespaceOf(pid: number): string | null {
    return readLink(`${this.#root}/${pid}/ns/net`);
  }
}
