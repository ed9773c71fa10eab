/** A piece of work that waits. */
interface Job {
  readonly start: () => Promise<void>;
  readonly refuse: () => void;
}

/** Does the work of many clients, one piece at a time, and serves the clients in turn. If too much waits, the newest piece of the client that has the most is refused. So a client that wants much keeps no other out. */
export class FairLane {
  /** The most pieces at one time, with the one that is under way. */
  readonly #most: number;
  /** The waiting work of each client. The first client is the next to be served. */
  readonly #waiting = new Map<string, Job[]>();
  #count = 0;
  #isWorking = false;

  constructor(most: number) {
    this.#most = most;
  }

  /** Settles as `work` does, or resolves with `refused`. */
  run<T>(client: string, work: () => Promise<T>): Promise<T | 'refused'> {
    const { promise, resolve, reject } = Promise.withResolvers<T | 'refused'>();
    const jobs = this.#waiting.get(client) ?? [];
    jobs.push({ start: () => work().then(resolve, reject), refuse: () => resolve('refused') });
    this.#waiting.set(client, jobs);
    this.#count++;
    if (this.#count > this.#most) this.#refuseOne();
    if (!this.#isWorking) void this.#work();
    return promise;
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let job = this.#next(); job; job = this.#next()) {
      await job.start();
      this.#count--;
    }
    this.#isWorking = false;
  }

  #next(): Job | undefined {
    const [first] = this.#waiting;
    if (!first) return undefined;
    const [client, jobs] = first;
    const job = jobs.shift();
    this.#waiting.delete(client);
    if (jobs.length > 0) this.#waiting.set(client, jobs);
    return job;
  }

  #refuseOne(): void {
    const [client, jobs] = [...this.#waiting].reduce((a, b) => (b[1].length >= a[1].length ? b : a));
    jobs.pop()?.refuse();
    if (jobs.length === 0) this.#waiting.delete(client);
    this.#count--;
  }
}
