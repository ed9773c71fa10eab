import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A request that reached a proxy: `CONNECT host:port`, or `POST http://host/path`. */
export interface ProxyRequest {
  readonly line: string;
  readonly host: string | undefined;
  readonly login: string | undefined;
}

/** A real HTTP proxy on loopback. Whatever host it is asked for, it connects to one port of this machine. */
export class ForwardProxy {
  readonly url: string;
  readonly requests: ProxyRequest[] = [];
  /** What it answers in place of connecting; null to connect. */
  refusal: number | null = null;
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, targetPort: number, scheme: string) {
    this.#server = server;
    this.#targetPort = targetPort;
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket: Socket) => this.#keep(socket));
    server.on('connect', (message: IncomingMessage, socket: Socket) => this.#tunnel(message, socket));
    server.on('request', (message: IncomingMessage, response: ServerResponse) => this.#forward(message, response));
  }

  /** Starts a proxy before a URL, with TLS if there is a certificate. */
  static async start(target: string, tls?: ServerOptions): Promise<ForwardProxy> {
    const server = tls ? createTlsServer(tls) : createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ForwardProxy(server, Number(new URL(target).port), tls ? 'https' : 'http');
  }

  /** How many connections are open, on both sides. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Cuts every connection and ends. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #record({ method, url, headers }: IncomingMessage): void {
    this.requests.push({ line: `${method} ${url}`, host: headers.host, login: headers['proxy-authorization'] });
  }

  #tunnel(message: IncomingMessage, client: Socket): void {
    this.#record(message);
    client.on('error', () => {});
    if (this.refusal !== null) return void client.end(`HTTP/1.1 ${this.refusal} No\r\n\r\n`);
    const target = connect(this.#targetPort, '127.0.0.1', () => client.write('HTTP/1.1 200 Established\r\n\r\n'));
    this.#keep(target);
    client.once('close', () => target.destroy());
    target.once('close', () => client.destroy());
    client.pipe(target).pipe(client);
  }

  #forward(message: IncomingMessage, response: ServerResponse): void {
    this.#record(message);
    if (this.refusal !== null) return void response.writeHead(this.refusal).end();
    const { pathname, search } = new URL(message.url ?? '');
    const { method, headers } = message;
    const target = { port: this.#targetPort, host: '127.0.0.1', path: pathname + search };
    const sent = request({ ...target, method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    sent.on('error', () => response.destroy());
    response.once('close', () => sent.destroy());
    message.pipe(sent);
  }
}
