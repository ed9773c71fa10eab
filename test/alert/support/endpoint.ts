import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** A request that reached an endpoint. */
export interface EndpointRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What an endpoint does with a request. */
export type Answer = (response: ServerResponse, request: EndpointRequest) => void;

/** Answers with a status and a body. */
export function answers(status: number, body = '', headers: Record<string, string> = {}): Answer {
  return (response) => void response.writeHead(status, headers).end(body);
}

/** Answers as a WebSocket would. */
export const switches: Answer = (response) =>
  response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');

/** A real endpoint on loopback: it records its requests, and answers as the test wants. */
export class Endpoint {
  readonly url: string;
  readonly requests: EndpointRequest[] = [];
  answer: Answer;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<() => void>();

  private constructor(server: Server, answer: Answer, scheme: string) {
    this.#server = server;
    this.answer = answer;
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Listens on a free port of loopback, with TLS if there is a certificate. */
  static async start(answer: Answer = answers(204), tls?: ServerOptions): Promise<Endpoint> {
    const listener: RequestListener = (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.once('end', () => endpoint.#take({ path: request.url ?? '', headers: request.headers, body }, response));
    };
    const server = tls ? createTlsServer(tls, listener) : createServer(listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint: Endpoint = new Endpoint(server, answer, tls ? 'https' : 'http');
    return endpoint;
  }

  /** The bodies of the requests, as JSON. */
  bodies<T = Record<string, unknown>>(): T[] {
    return this.requests.map(({ body }) => JSON.parse(body) as T);
  }

  /** Settles when `holds` is true for the requests. */
  async until(holds: (requests: readonly EndpointRequest[]) => boolean): Promise<void> {
    while (!holds(this.requests)) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Cuts every connection and ends. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #take(request: EndpointRequest, response: ServerResponse): void {
    this.requests.push(request);
    this.answer(response, request);
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
