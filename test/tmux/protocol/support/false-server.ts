import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { makePrivateFolder, removeFolder } from '../../../support/machine/private-folder.ts';

/** Handles a connection; gets a folder that contains only the server's socket. */
export type Behaviour = (connection: Connection, folder: string) => void;

/** A server on a private socket that is no tmux: what it does with its connections is given. */
export class FalseServer {
  /** A folder that is removed with the server. */
  readonly folder: string;
  readonly path: string;
  /** All its connections, newest last. */
  readonly connections: Connection[] = [];
  readonly #server: Server;

  private constructor(folder: string, server: Server) {
    this.folder = folder;
    this.path = join(folder, 'x');
    this.#server = server;
  }

  /** Starts a server. One that is deaf reads nothing from its connections. */
  static async start(behave: Behaviour, { isDeaf = false } = {}): Promise<FalseServer> {
    const folder = await makePrivateFolder();
    const listener = createServer({ pauseOnConnect: isDeaf });
    const server = new FalseServer(folder, listener);
    listener.on('connection', (socket) => {
      const connection = new Connection(socket, isDeaf);
      server.connections.push(connection);
      behave(connection, folder);
    });
    listener.listen(server.path);
    await once(listener, 'listening');
    return server;
  }

  /** The newest connection. */
  get connection(): Connection {
    const connection = this.connections.at(-1);
    if (!connection) throw new Error('expected a connection');
    return connection;
  }

  /** Resolves when so many connections have come. The client of one may have left before that. */
  async accepted(count: number): Promise<void> {
    while (this.connections.length < count) await once(this.#server, 'connection');
  }

  /** Ends all connections and removes the socket. */
  async cleanup(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
    await removeFolder(this.folder);
  }
}

/** The server's side of a connection. */
export class Connection {
  readonly socket: Socket;
  /** Settles when the connection has ended on this side. */
  readonly closed: Promise<void>;
  readonly #received: Buffer[] = [];

  constructor(socket: Socket, isDeaf: boolean) {
    this.socket = socket;
    // A client that leaves resets the connection: that is no matter of the server's.
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    if (!isDeaf) socket.on('data', (piece: Buffer) => void this.#received.push(piece));
  }

  /** All that the client has sent. */
  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  /** Sends bytes. */
  send(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** Runs a function once the client has sent this many bytes. */
  whenReceived(length: number, act: () => void): void {
    const look = () => {
      if (this.received.length < length) return;
      this.socket.off('data', look);
      act();
    };
    this.socket.on('data', look);
  }

  /** Sends the same bytes for as long as the client takes them. */
  flood(bytes: Buffer): void {
    const fill = () => {
      while (!this.socket.destroyed && this.socket.write(bytes));
    };
    this.socket.on('drain', fill);
    fill();
  }

  /** Sends a byte each some milliseconds. */
  drip(bytes: Buffer, everyMs: number): void {
    let at = 0;
    const timer = setInterval(() => this.socket.write(bytes.subarray(at, ++at)), everyMs);
    this.socket.once('close', () => clearInterval(timer));
  }
}
