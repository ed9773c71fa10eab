import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests of one connection may wait for the answer to the one before. */
const MOST_WAITING = 16;

/** The paths of health checks, below any prefix. What asks them may restart us if it has to wait. */
const HEALTH = /\/-\/(?:healthy|ready)$/;

/** Called as the requests of the connections are answered. */
export interface TurnsObserver {
  /** The turn of a request on its connection has come. */
  readonly onBegin: (socket: Socket) => void;
  /** All of an answer was written. The client may not have read it. */
  readonly onWritten: (socket: Socket) => void;
  /** The system has taken all of an answer, or the connection has ended. */
  readonly onEnd: (socket: Socket) => void;
  /** A connection on which too many requests waited is cut. */
  readonly onTooMany: () => void;
}

/** Answers requests in turn. Those of a connection are answered one after the other, so that answers which a client does not read are not rendered. In each round of the event loop one is answered, and one health check, so that polls and events need not wait for all of them, and a connection with many requests goes behind the others after each. A connection on which too many requests wait is cut. */
export class Turns {
  readonly #answer: RequestListener;
  readonly #observer: TurnsObserver;
  /** The waiting requests of each connection that has a request under way. */
  readonly #waiting = new WeakMap<Socket, (() => void)[]>();
  /** The answers that wait for a round: those to health checks, and all others. */
  readonly #due: Readonly<Record<'health' | 'other', (() => void)[]>> = { health: [], other: [] };
  /** Whether a request was answered in this round. */
  #isServing = false;

  constructor(answer: RequestListener, observer: TurnsObserver) {
    this.#answer = answer;
    this.#observer = observer;
  }

  /** Whether a request of a connection is under way. */
  isBusy(socket: Socket): boolean {
    return this.#waiting.has(socket);
  }

  readonly take: RequestListener = (request, response) => {
    const { socket } = request;
    const waiting = this.#waiting.get(socket);
    const { onBegin, onWritten, onEnd, onTooMany } = this.#observer;
    const begin = () => {
      onBegin(socket);
      response.once('prefinish', () => onWritten(socket));
      response.once('close', () => {
        onEnd(socket);
        this.#next(socket);
      });
      this.#serve(HEALTH.test(request.url ?? '') ? 'health' : 'other', () => {
        if (!socket.destroyed) this.#answer(request, response);
      });
    };
    if (waiting === undefined) {
      this.#waiting.set(socket, []);
      begin();
    } else if (waiting.length < MOST_WAITING) waiting.push(begin);
    else if (!socket.destroyed) {
      socket.destroy();
      onTooMany();
    }
  };

  #next(socket: Socket): void {
    const next = socket.destroyed ? undefined : this.#waiting.get(socket)?.shift();
    if (next) next();
    else this.#waiting.delete(socket);
  }

  /** Answers at once, if this is the first in this round: a client that sends nothing more may close its side at any moment, and would get nothing. */
  #serve(kind: 'health' | 'other', answer: () => void): void {
    if (this.#isServing) {
      this.#due[kind].push(answer);
      return;
    }
    this.#isServing = true;
    setImmediate(this.#serveNext);
    answer();
  }

  /** An immediate that is set in another one runs in the next round. */
  readonly #serveNext = (): void => {
    const answers = [this.#due.health.shift(), this.#due.other.shift()].filter((answer) => answer !== undefined);
    this.#isServing = answers.length > 0;
    if (this.#isServing) setImmediate(this.#serveNext);
    for (const answer of answers) answer();
  };
}
