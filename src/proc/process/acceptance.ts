import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Lane } from '../../core/lane.ts';
import { socketsOf } from './held-sockets.ts';

/** Connections of one proof: more than anybody else makes to the same server at the same moment. */
const CONNECTIONS = 8;

/** Pauses between the looks at a process. A server that has just answered accepts within a millisecond. */
const PAUSES_MS = [0, 1, 1, 2, 4, 8, 16, 32, 64, 128];

/** A proof that cannot begin this soon is left to the next poll. */
const MOST_WAIT_MS = 500;

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

  /** Whether a process accepts the connections of a socket. */
  accepts(pid: number, { uid, reach }: ProvenSocket): Promise<boolean> {
    const lane = this.#lanes.get(uid) ?? new Lane(1);
    this.#lanes.set(uid, lane);
    const askedAt = performance.now();
    return lane.run(async () => performance.now() - askedAt < MOST_WAIT_MS && (await this.#prove(pid, reach)));
  }

  async #prove(pid: number, reach: string): Promise<boolean> {
    const before = this.#socketsOf(pid);
    const connections = Array.from({ length: CONNECTIONS }, () => connect({ path: reach }));
    const accepted = () => [...this.#socketsOf(pid)].filter((inode) => !before.has(inode));
    let own: readonly string[] = [];
    try {
      if (!(await areOpen(connections))) return false;
      if (!(await isSoon(() => accepted().length >= CONNECTIONS))) return false;
      own = accepted();
    } finally {
      for (const connection of connections) connection.destroy();
    }
    const closed = () => {
      const held = this.#socketsOf(pid);
      return own.filter((inode) => !held.has(inode));
    };
    return isSoon(() => closed().length >= CONNECTIONS);
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
