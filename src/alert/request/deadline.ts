/** Ends a request that takes too long. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /** Starts to run. */
  constructor(ms: number) {
    // If our process was stopped, the answer may have come in time. It is read before the next immediate.
    this.#timer = setTimeout(() => setImmediate(() => this.#controller.abort()), ms);
    this.#timer.unref();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether it has passed. */
  get hasPassed(): boolean {
    return this.signal.aborted;
  }

  /** It is not needed any more. */
  clear(): void {
    clearTimeout(this.#timer);
  }
}
