import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests of one connection may wait for the answer to the one before. */
const MOST_WAITING = 16;

/** The paths of health checks, below any prefix. What asks them may restart us if it has to wait. */
const HEALTH = /^[^?]*\/-\/(?:healthy|ready)(?:\?|$)/;

/** An answer that waits for its round. */
interface Due {
  readonly socket: Socket;
  readonly answer: () => void;
}

/** Called as the requests of the connections are answered. */
export interface TurnsObserver {
  /** A request is being answered. */
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
  readonly #observer: TurnsObserver;
  /** The waiting requests of each connection that has a request under way. */
  readonly #waiting = new WeakMap<Socket, (() => void)[]>();
  /** The answers that wait for a round: those to health checks, and all others. */
  readonly #due: Readonly<Record<'health' | 'other', Due[]>> = { health: [], other: [] };
  /** Whether a request was answered in this round. */
  #isServing = false;

  constructor(observer: TurnsObserver) {
    this.#observer = observer;
  }

  /** Whether a request of a connection is under way. */
  isBusy(socket: Socket): boolean {
    return this.#waiting.has(socket);
  }

  /** Answers a request by `answer` when its turn has come. */
  take(request: IncomingMessage, response: ServerResponse, answer: RequestListener): void {
    const { socket } = request;
    const waiting = this.#waiting.get(socket);
    const { onBegin, onWritten, onEnd, onTooMany } = this.#observer;
    const begin = () => {
      response.once('prefinish', () => onWritten(socket));
      response.once('close', () => {
        onEnd(socket);
        this.#next(socket);
      });
      this.#serve(HEALTH.test(request.url ?? '') ? 'health' : 'other', {
        socket,
        answer: () => {
          onBegin(socket);
          answer(request, response);
        },
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
  }

  #next(socket: Socket): void {
    const next = socket.destroyed ? undefined : this.#waiting.get(socket)?.shift();
    if (next) next();
    else this.#waiting.delete(socket);
  }

  /** Answers at once, if this is the first in this round: a client that sends nothing more may close its side at any moment, and would get nothing. */
  #serve(kind: 'health' | 'other', due: Due): void {
    if (this.#isServing) {
      this.#due[kind].push(due);
      return;
    }
    this.#isServing = true;
    setImmediate(this.#serveNext);
    if (!due.socket.destroyed) due.answer();
  }

  /** An immediate that is set in another one runs in the next round. */
  readonly #serveNext = (): void => {
    const answers = [nextOf(this.#due.health), nextOf(this.#due.other)].filter((due) => due !== undefined);
    this.#isServing = answers.length > 0;
    if (this.#isServing) setImmediate(this.#serveNext);
    for (const { answer } of answers) answer();
  };
}

/** Removes the answers up to the first one whose client is connected, and returns that one. */
function nextOf(due: Due[]): Due | undefined {
  let next = due.shift();
  while (next?.socket.destroyed) next = due.shift();
  return next;
}
