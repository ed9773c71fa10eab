import type { Socket } from 'node:net';

/** How many connections there may be, and how many bytes may wait in all for clients that do not read. */
export interface CrowdLimits {
  readonly mostConnections: number;
  readonly mostUnreadBytes: number;
}

/** An answer that was written, and that its client has not read yet. */
interface Unread {
  readonly address: string;
  readonly bytes: number;
}

/**
 * The connections of all clients. If there are too many, those are cut that have waited longest without an answer under
 * way, so streams and scrapes go on. If too much waits to be read, the address is cut for which most waits, its oldest
 * answer first.
 */
export class Crowd {
  readonly #limits: () => CrowdLimits;
  readonly #onCut: () => void;
  /** By their two ends, because a TLS connection is another object than the TCP connection below it. */
  readonly #open = new Map<string | Socket, Socket>();
  /** Those to which nothing is being answered, the longest first. */
  readonly #waiting = new Set<string | Socket>();
  /** The oldest first. */
  readonly #unread = new Map<Socket, Unread>();
  #unreadBytes = 0;

  /** `onCut` is called for each connection that is cut. */
  constructor(limits: () => CrowdLimits, onCut: () => void) {
    this.#limits = limits;
    this.#onCut = onCut;
  }

  /** A client has connected. */
  enter(socket: Socket): void {
    const key = keyOf(socket);
    this.#open.set(key, socket);
    this.#waiting.add(key);
    socket.once('close', () => {
      // The same client can have connected again from the same port before this event comes.
      if (this.#open.get(key) !== socket) return;
      this.#open.delete(key);
      this.#waiting.delete(key);
    });
    if (this.#open.size > this.#limits().mostConnections) this.#makeRoom();
  }

  /** A request of a client is being answered. */
  begin(socket: Socket): void {
    this.#waiting.delete(keyOf(socket));
  }

  /** All of an answer was written. */
  written(socket: Socket): void {
    const bytes = socket.writableLength;
    if (bytes === 0 || socket.destroyed) return;
    this.#unread.set(socket, { address: socket.remoteAddress ?? '', bytes });
    this.#unreadBytes += bytes;
    this.#cutUnread(socket);
  }

  /** The system has taken all of an answer, or its connection has ended. */
  end(socket: Socket): void {
    const key = keyOf(socket);
    if (this.#open.has(key)) this.#waiting.add(key);
    this.#unreadBytes -= this.#unread.get(socket)?.bytes ?? 0;
    this.#unread.delete(socket);
  }

  /** Cuts all. */
  cut(): void {
    for (const socket of this.#open.values()) socket.destroy();
  }

  #makeRoom(): void {
    const [oldest] = this.#waiting;
    if (oldest === undefined) return;
    this.#open.get(oldest)?.destroy();
    this.#open.delete(oldest);
    this.#waiting.delete(oldest);
    this.#onCut();
  }

  /** Spares the newest: one answer may be larger than what all may leave unread. */
  #cutUnread(newest: Socket): void {
    while (this.#unreadBytes > this.#limits().mostUnreadBytes) {
      const others = [...this.#unread].filter(([socket]) => socket !== newest);
      const address = greediestOf(others.map(([, unread]) => unread));
      const [victim] = others.find(([, unread]) => unread.address === address) ?? [];
      if (victim === undefined) return;
      this.#unreadBytes -= this.#unread.get(victim)?.bytes ?? 0;
      this.#unread.delete(victim);
      victim.destroy();
      this.#onCut();
    }
  }
}

/** The address for which most bytes wait. */
function greediestOf(all: readonly Unread[]): string | undefined {
  const sums = new Map<string, number>();
  for (const { address, bytes } of all) sums.set(address, (sums.get(address) ?? 0) + bytes);
  return [...sums].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** A Unix socket has no addresses, and no TLS. */
function keyOf(socket: Socket): string | Socket {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  return remoteAddress === undefined ? socket : `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
