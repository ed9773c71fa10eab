import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests of one connection may wait for the answer to the one before. */
const MOST_WAITING = 16;

/** Answers the requests of a connection one after the other: what a client asks for and does not read is not even rendered. A connection that sends more requests at once than may wait is cut. */
export class Turns {
  readonly #answer: RequestListener;
  /** What waits on each connection that has a request under way. */
  readonly #waiting = new WeakMap<Socket, (() => void)[]>();

  constructor(answer: RequestListener) {
    this.#answer = answer;
  }

  /** Whether a request of a connection is under way. */
  isBusy(socket: Socket): boolean {
    return this.#waiting.has(socket);
  }

  readonly take: RequestListener = (request, response) => {
    const { socket } = request;
    const waiting = this.#waiting.get(socket);
    const answer = () => {
      response.once('close', () => this.#next(socket));
      this.#answer(request, response);
    };
    if (waiting === undefined) {
      this.#waiting.set(socket, []);
      answer();
    } else if (waiting.length < MOST_WAITING) waiting.push(answer);
    else socket.destroy();
  };

  #next(socket: Socket): void {
    const next = socket.destroyed ? undefined : this.#waiting.get(socket)?.shift();
    if (next) next();
    else this.#waiting.delete(socket);
  }
}
