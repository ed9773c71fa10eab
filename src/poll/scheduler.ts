import { createTask, type ScheduledTask } from 'node-cron';
import { type Pace, runTick, type TickOptions } from './pace.ts';

/** The schedule and callbacks of a scheduler. Times are milliseconds. */
export interface SchedulerOptions extends TickOptions {
  /** A cron expression; a first field of six is seconds. */
  readonly expression: string;
  /** Called when a tick is skipped because the one before still runs. */
  readonly onSkip: () => void;
}

/** The longest timer, in milliseconds. The wall clock may be set, or the machine suspended, while a timer runs. */
const LONGEST_WAIT_MS = 1_000;

/**
 * Runs ticks on a cron schedule, never two at once.
 *
 * node-cron only computes when the next tick is due. Its own timer does not notice that the wall clock was set: after a step back by
 * an hour, it would wait an hour too long.
 */
export class Scheduler implements Pace {
  readonly #options: SchedulerOptions;
  #task: ScheduledTask | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** When the next tick is due, and when the clock was last read, Unix milliseconds. */
  #nextAt = 0;
  #checkedAt = 0;
  #running: Promise<void> | null = null;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Runs the first tick at once and the others on schedule. It settles when the first has ended. */
  start(): Promise<void> {
    this.#task = createTask(this.#options.expression, () => {});
    const now = Date.now();
    this.#plan();
    this.#wait(now);
    return this.#tickUnlessRunning();
  }

  /** The time between the next two ticks, in milliseconds. */
  intervalMs(): number {
    const [first, second] = this.#nextRuns(2);
    return first !== undefined && second !== undefined ? second - first : 0;
  }

  /** Does nothing: the values of the last tick count as fresh. */
  async freshen(): Promise<void> {}

  /** Ends the schedule and waits for a tick that is running. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#task?.destroy();
    this.#task = null;
    await this.#running;
  }

  #nextRuns(count: number): readonly number[] {
    return this.#task?.getNextRuns(count).map((run) => run.getTime()) ?? [];
  }

  #plan(): void {
    this.#nextAt = this.#nextRuns(1)[0] ?? Number.POSITIVE_INFINITY;
  }

  #wait(now: number): void {
    this.#checkedAt = now;
    this.#timer = setTimeout(() => this.#check(), Math.min(this.#nextAt - now, LONGEST_WAIT_MS));
  }

  /** Reads the clock. A tick whose time was skipped by a clock step or a suspend is due at once; after a step back the next tick is planned again. */
  #check(): void {
    const now = Date.now();
    const isDue = now >= this.#nextAt;
    if (isDue || now < this.#checkedAt) this.#plan();
    this.#wait(now);
    if (isDue) void this.#tickUnlessRunning();
  }

  async #tickUnlessRunning(): Promise<void> {
    if (this.#running) return this.#options.onSkip();
    this.#running = runTick(this.#options);
    await this.#running;
    this.#running = null;
  }
}
