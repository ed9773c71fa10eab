import type { Socket } from 'node:net';

/** How many connections there may be, and how many bytes may wait in all for clients that do not read. */
export interface CrowdLimits {
  readonly mostConnections: number;
  readonly mostUnreadBytes: number;
}

/** The connections of all clients. If there are too many, or if too much waits to be read, those that have waited longest are cut. A connection with a request under way is not cut to make room, so streams and scrapes go on. */
export class Crowd {
  readonly #limits: () => CrowdLimits;
  readonly #onCut: (reason: 'crowded' | 'stalled') => void;
  /** By their two ends, because a TLS connection is another object than the TCP connection below it. */
  readonly #open = new Map<string | Socket, Socket>();
  /** Those that wait for their client, the longest first. */
  readonly #waiting = new Set<string | Socket>();
  /** The bytes of answers that were written and not read yet, the oldest first. */
  readonly #unread = new Map<Socket, number>();
  #unreadBytes = 0;

  constructor(limits: () => CrowdLimits, onCut: (reason: 'crowded' | 'stalled') => void) {
    this.#limits = limits;
    this.#onCut = onCut;
  }

  /** A client has connected. */
  enter(socket: Socket): void {
    const key = keyOf(socket);
    this.#open.set(key, socket);
    this.#waiting.add(key);
    socket.once('close', () => {
      this.#open.delete(key);
      this.#waiting.delete(key);
    });
    if (this.#open.size > this.#limits().mostConnections) this.#makeRoom();
  }

  /** A request of a client is to be answered. */
  begin(socket: Socket): void {
    this.#waiting.delete(keyOf(socket));
  }

  /** All of an answer was written. */
  written(socket: Socket): void {
    const key = keyOf(socket);
    if (this.#open.has(key)) this.#waiting.add(key);
    const bytes = socket.writableLength;
    if (bytes === 0 || socket.destroyed) return;
    this.#unread.set(socket, bytes);
    this.#unreadBytes += bytes;
    this.#cutUnread(socket);
  }

  /** The system has taken all of an answer, or its connection has ended. */
  end(socket: Socket): void {
    this.#unreadBytes -= this.#unread.get(socket) ?? 0;
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
    this.#onCut('crowded');
  }

  /** Spares the newest: one answer may be larger than what all may leave unread. */
  #cutUnread(newest: Socket): void {
    for (const socket of this.#unread.keys()) {
      if (this.#unreadBytes <= this.#limits().mostUnreadBytes || socket === newest) return;
      this.end(socket);
      socket.destroy();
      this.#onCut('stalled');
    }
  }
}

/** A Unix socket has no addresses, and no TLS. */
function keyOf(socket: Socket): string | Socket {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  return remoteAddress === undefined ? socket : `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
