import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy on loopback that can lose what it carries, like a network that is cut: connections stay open, and nothing comes through. */
export class LinkProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #outward = new Set<number>();
  #isBlocked = false;

  private constructor(targetPort: number) {
    this.#server = createServer((client) => this.#join(client, targetPort));
  }

  /** Starts it before a port of this machine, on which nothing needs to listen yet. */
  static async start(targetPort: number): Promise<LinkProxy> {
    const proxy = new LinkProxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Whether a TCP port is one of its own ends: the one it listens on, or that of a connection to its target. */
  owns(port: number): boolean {
    return port === this.port || this.#outward.has(port);
  }

  /** Lets nothing through from now on. */
  block(): void {
    this.#isBlocked = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Lets everything through again, and what waited first. */
  unblock(): void {
    this.#isBlocked = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Cuts its connections and takes no more. */
  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #join(client: Socket, port: number): void {
    const server = connect(port, '127.0.0.1');
    this.#carry(client, server);
    this.#carry(server, client);
    server.once('connect', () => {
      const outward = server.localPort ?? 0;
      this.#outward.add(outward);
      server.once('close', () => this.#outward.delete(outward));
    });
  }

  #carry(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (bytes) => {
      to.write(bytes);
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#isBlocked) from.pause();
  }
}
