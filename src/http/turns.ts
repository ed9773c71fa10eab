import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests of one connection may wait for the answer to the one before. */
const MOST_WAITING = 16;

/** Answers the requests of a connection one after the other, so that answers which a client does not read are not rendered. A connection on which too many requests wait is cut. */
export class Turns {
  readonly #answer: RequestListener;
  readonly #onTooMany: () => void;
  /** The waiting requests of each connection that has a request under way. */
  readonly #waiting = new WeakMap<Socket, (() => void)[]>();

  /** `onTooMany` is called when a connection is cut. */
  constructor(answer: RequestListener, onTooMany: () => void) {
    this.#answer = answer;
    this.#onTooMany = onTooMany;
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
    else if (!socket.destroyed) {
      socket.destroy();
      this.#onTooMany();
    }
  };

  #next(socket: Socket): void {
    const next = socket.destroyed ? undefined : this.#waiting.get(socket)?.shift();
    if (next) next();
    else this.#waiting.delete(socket);
  }
}
