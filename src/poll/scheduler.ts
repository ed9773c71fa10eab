import { createTask, type ScheduledTask } from 'node-cron';
import { type Pace, runTick, type TickOptions } from './pace.ts';

/** What a scheduler needs. Times are milliseconds. */
export interface SchedulerOptions extends TickOptions {
  /** A cron expression; a first field of six is seconds. */
  readonly expression: string;
  /** Told that a tick was left out, since the one before still ran. */
  readonly onSkip: () => void;
}

/** No timer runs longer, in milliseconds: the wall clock can be set, and the machine suspended, while it does. */
const LONGEST_WAIT_MS = 1_000;

/**
 * Runs ticks on a cron schedule, never two at once.
 *
 * node-cron only computes when the next tick is due. Its own timer would wait as long as it seemed right before the wall clock was
 * set: for an hour too long after a step back by an hour.
 */
export class Scheduler implements Pace {
  readonly #options: SchedulerOptions;
  #task: ScheduledTask | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** When the next tick is due, and when the clock was last looked at, Unix milliseconds. */
  #nextAt = 0;
  #lookedAt = 0;
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

  /** What there is counts as fresh: nobody waits for tmux. */
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
    this.#lookedAt = now;
    this.#timer = setTimeout(() => this.#look(), Math.min(this.#nextAt - now, LONGEST_WAIT_MS));
  }

  /** A tick whose time was stepped or slept over is due at once; after a step back the next one is sooner than it seemed. */
  #look(): void {
    const now = Date.now();
    const isDue = now >= this.#nextAt;
    if (isDue || now < this.#lookedAt) this.#plan();
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
