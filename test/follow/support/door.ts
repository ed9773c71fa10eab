import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Another address of an exporter, which can be shut while the exporter lives. */
export class Door {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** The exporter that it leads to; null while it is shut. */
  #target: string | null;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((inner) => this.#enter(inner));
  }

  static async to(target: string): Promise<Door> {
    const door = new Door(target);
    door.#server.listen(0, '127.0.0.1');
    await once(door.#server, 'listening');
    return door;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts every connection, and every new one. */
  shut(): void {
    this.lead(null);
  }

  /** Cuts every connection, and leads to `target` from now on. */
  lead(target: string | null): void {
    this.#target = target;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async remove(): Promise<void> {
    this.shut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #enter(inner: Socket): void {
    if (this.#target === null) return void inner.resetAndDestroy();
    const { hostname, port } = new URL(this.#target);
    const outer = connect(Number(port), hostname);
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
