import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Lane } from '../../core/lane.ts';
import { pendingConnections } from '../kernel/unix-sockets.ts';
import { socketsOf } from './held-sockets.ts';

/** Connections of one proof: more than anybody else makes to the same server at the same moment. */
const CONNECTIONS = 8;

/** Pauses between the looks at a process. A server that has just answered accepts within a millisecond. */
const PAUSES_MS = [0, 1, 1, 2, 4, 8, 16, 32, 64, 128];

/** A proof that cannot begin this soon is left to the next poll. */
const MOST_WAIT_MS = 500;

/**
 * The result of a proof: the process accepts the connections, another one does, or it ran out of time or files. On a busy machine
 * a server can take longer than we wait.
 */
export type Acceptance = 'proven' | 'refuted' | 'undecided';

/** A socket, and the user that owns it. */
export interface ProvenSocket {
  readonly uid: number;
  /** A path to connect to that always leads to this very socket. */
  readonly reach: string;
}

/**
 * Proves which process accepts the connections of a socket: some connections are made, and the process must hold as many new
 * sockets until they are closed. The kernel lists a socket only under the path that it was bound to.
 */
export class AcceptanceProof {
  readonly #root: string;
  /** One proof at a time for each user: two at once could prove each other. */
  readonly #lanes = new Map<number, Lane>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Finds out whether a process accepts the connections of a socket. */
  prove(pid: number, { uid, reach }: ProvenSocket): Promise<Acceptance> {
    const lane = this.#lanes.get(uid) ?? new Lane(1);
    this.#lanes.set(uid, lane);
    const askedAt = performance.now();
    return lane.run(async () => (performance.now() - askedAt < MOST_WAIT_MS ? this.#prove(pid, reach) : 'undecided'));
  }

  async #prove(pid: number, reach: string): Promise<Acceptance> {
    const before = this.#socketsOf(pid);
    const connections = Array.from({ length: CONNECTIONS }, () => connect({ path: reach }));
    const accepted = () => [...this.#socketsOf(pid)].filter((inode) => !before.has(inode));
    let own: readonly string[] = [];
    try {
      if (!(await areOpen(connections))) return 'undecided';
      const areAccepted = () => accepted().length >= CONNECTIONS;
      if (!(await isSoon(areAccepted))) {
        const isNonePending = pendingConnections(this.#root) === 0;
        // If none waits any more, and this process did not accept them all, another one did.
        if (!areAccepted()) return isNonePending && this.#isReadable(pid) ? 'refuted' : 'undecided';
      }
      own = accepted();
    } finally {
      for (const connection of connections) connection.destroy();
    }
    const closed = () => {
      const held = this.#socketsOf(pid);
      return own.filter((inode) => !held.has(inode));
    };
    return (await isSoon(() => closed().length >= CONNECTIONS)) ? 'proven' : 'undecided';
  }

  #isReadable(pid: number): boolean {
    return socketsOf(this.#root, pid) !== null;
  }

  #socketsOf(pid: number): ReadonlySet<string> {
    return socketsOf(this.#root, pid) ?? new Set();
  }
}

async function areOpen(connections: readonly Socket[]): Promise<boolean> {
  const open = await Promise.all(connections.map(isOpen));
  return open.every(Boolean);
}

function isOpen(connection: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    connection.once('connect', () => resolve(true));
    // Later errors are of no interest, but must not be thrown.
    connection.on('error', () => resolve(false));
  });
}

async function isSoon(holds: () => boolean): Promise<boolean> {
  for (const pauseMs of PAUSES_MS) {
    if (holds()) return true;
    await delay(pauseMs);
  }
  return holds();
}
